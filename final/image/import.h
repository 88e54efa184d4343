/* import.h: an archive or a layout -> an image of the store. */
#ifndef IMPORT_H
#define IMPORT_H

#include <stddef.h>

#include "id.h"
#include "store.h"

/* The length of FILE in FILE or FILE:TAG; 0 when there is no such file. */
size_t file_length(const char *name);

/* Imports FILE or FILE:TAG, unless it was before. Gives its ID; or "" if it is a folder that is a
 * root filesystem. */
int import_file(struct store *store, const char *name, char id[ID_LENGTH + 1]);

#endif
