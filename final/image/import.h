/* import.h: unpacks an archive or an image layout into the store. */
#ifndef IMPORT_H
#define IMPORT_H

#include <stddef.h>

#include "id.h"
#include "store.h"

/* The length of FILE in NAME, which is FILE or FILE:TAG, for the longest FILE that exists; 0 if
 * there is none. */
size_t file_length(const char *name);

/* Imports the image NAME, which is FILE or FILE:TAG, unless that was done before. FILE may also be
 * the archive of a root filesystem. Gives the image's ID, or "" if FILE is a folder without an OCI
 * layout, which is used as it is. At most store->max_size are
 * unpacked. -1 after fail(). */
int import_file(struct store *store, const char *name, char id[ID_LENGTH + 1]);

#endif
