/* job.h: what box-unpack has to do, and has done so far; how it tells the errors of libarchive. */
#ifndef JOB_H
#define JOB_H

#include <archive.h>
#include <stdbool.h>
#include <stdint.h>

#include "messages.h"

/* The archive, a file or a pipe. */
enum { ARCHIVE_FD = STDIN_FILENO };

/* Bytes that are read at once. */
enum { CHUNK = 1 << 18 };

/* A kind of event that is reported once, with the number of times that it has happened. */
struct tally {
	uint64_t count;
	char first[512];
};

extern struct job {
	/* "layer" or "over": whiteouts have a meaning, and box will verify the digest. */
	bool is_layer;
	bool is_over; /* "over": the layers below are seen, too; a whiteout removes files */
	bool is_copy;
	bool is_users; /* in a user namespace, where fuse-overlayfs may mount what is unpacked */
	bool has_mark_files; /* .wh.NAME in the working folder is such a mark */
	int memory; /* MiB of memory that may be used */
	struct archive *reader; /* of the archive that is unpacked */
	uint64_t bytes; /* of files' data */
	uint64_t charged, max_bytes, entries, max_entries; /* what counts, and how much may */
	struct tally left_out, warnings;
	struct tally foreign; /* entries whose owner or group the user namespace lacks */
} job;

/* Counts in TALLY what has happened to NAME, and the CAUSE unless that is NULL. */
void count(struct tally *tally, const char *name, const char *cause);

/* Tells unpack.c of TALLY, as a warning that begins with WHAT, if there was something to count. */
void tell_tally(const struct tally *tally, const char *what);

/* libarchive's text of what went wrong with ARCHIVE. The next call overwrites it. */
const char *said(struct archive *archive);

/* What went wrong with NAME: libarchive's text, and that of errno, unless it is part of the first.
 * The next call overwrites it. */
const char *cause(struct archive *archive, const char *name);

/* Ends if RESULT, of a function of libarchive, is an error of NAME; counts a warning. */
void check(struct archive *archive, int result, const char *name);

#endif
