/* read-archive.h: reads the entries of an archive, and their data. It writes nothing. */
#ifndef READ_ARCHIVE_H
#define READ_ARCHIVE_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stddef.h>

#include "quota.h"

/* Reads the archive from FD to its end, and calls EACH with each of its entries and its name, as
 * relative() gives it. Ends the process at an error of the archive, or at a limit of the job. */
void read_archive(int fd, void (*each)(struct archive_entry *entry, const char *name));

/* Reads the next piece of the data of ENTRY, which is called NAME, and counts it: *SIZE bytes at
 * *DATA, from *OFFSET on. PIECES is zero before the first one. Returns false behind the last one.
 */
bool read_piece(struct archive_entry *entry, const char *name, struct pieces *pieces,
	const void **data, size_t *size, la_int64_t *offset);

/* Returns NAME without '/' at its beginning and end, and "." for the root. The caller frees it. */
char *relative(const char *name);

#endif
