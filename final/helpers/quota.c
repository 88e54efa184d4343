/* quota.c: counts what is unpacked takes from the disk, before it is written. */
#define _GNU_SOURCE
#include "quota.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "job.h"

/* Bytes that each entry counts, besides its data and its texts: the block of the disk that a
 * folder, a long symlink or the end of a file takes. */
enum { ENTRY_COST = 4096 };

static char last_folder[4096]; /* the folder of the last entry; "": the top */

void charge(const char *name, uint64_t size)
{
	if ((job.charged += size) > job.max_bytes)
		die("%.512s: more than --max-size, %" PRIu64 " bytes, are unpacked, of which each "
		    "file counts %d and its name",
			name, job.max_bytes, ENTRY_COST);
}

void count_bytes(const char *name, uint64_t size)
{
	job.bytes += size;
	charge(name, size);
}

void count_piece(const char *name, struct pieces *pieces, uint64_t offset, uint64_t piece_size)
{
	uint64_t end = offset + piece_size, from = offset - offset % ENTRY_COST;
	uint64_t to = end + -end % ENTRY_COST, due;

	if (offset >= pieces->end && from < pieces->covered)
		from = pieces->covered; /* it begins in the last block of the last piece */
	pieces->end = end;
	pieces->covered = to;
	pieces->size += piece_size;
	pieces->blocks += to > from ? to - from : 0;
	job.bytes += piece_size;
	/* The first block is counted by count_entry(). */
	due = pieces->blocks > ENTRY_COST ? pieces->blocks - ENTRY_COST : 0;
	due = due > pieces->size ? due : pieces->size;
	charge(name, due - pieces->charged);
	pieces->charged = due;
}

void count_entry(const char *name)
{
	if (++job.entries > job.max_entries)
		die("%s: more than %" PRIu64 " files", name, job.max_entries);
	charge(name, ENTRY_COST + strlen(name));
}

void count_missing_folders(const char *name)
{
	const char *last = strrchr(name, '/');
	size_t length = last ? last - name : 0;
	autofree char *folder = NULL;
	char *slash;

	if (length == strlen(last_folder) && memcmp(name, last_folder, length) == 0)
		return;
	if (length < sizeof(last_folder))
		snprintf(last_folder, sizeof(last_folder), "%.*s", (int)length, name);
	folder = strdup(name);
	while (folder && (slash = strrchr(folder, '/'))) {
		*slash = '\0';
		if (faccessat(AT_FDCWD, folder, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return;
		count_entry(folder);
	}
}
