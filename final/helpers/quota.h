/* quota.h: counts what is unpacked takes from the disk, before it is written, against the limits of
 * the job. All functions end the process when a limit is reached. */
#ifndef QUOTA_H
#define QUOTA_H

#include <stdint.h>

/* What the pieces of a file take from the disk. Holes of sparse files cost nothing, but the pieces
 * between them take whole blocks. */
struct pieces {
	uint64_t end, covered; /* the end of the last piece, and that of its last block */
	uint64_t size, blocks; /* bytes of all pieces, and of all their blocks */
	uint64_t charged; /* bytes that were counted for them so far */
};

/* Counts SIZE bytes that NAME is about to take from the disk. */
void charge(const char *name, uint64_t size);

/* Counts SIZE bytes of data that the file NAME is about to take. */
void count_bytes(const char *name, uint64_t size);

/* Counts a piece of the file NAME, which begins at OFFSET. */
void count_piece(const char *name, struct pieces *pieces, uint64_t offset, uint64_t piece_size);

/* Counts the entry NAME: a file, a folder, a link. */
void count_entry(const char *name);

/* Counts the folders on the way to NAME that libarchive is about to make: one name may have two
 * thousand of them. Those of the last entry were counted before. */
void count_missing_folders(const char *name);

#endif
