/* parse.h: words that people type: sizes, counts, IDs, signals. */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Returns the number of the signal that TEXT names, in upper or lower case and with or without SIG:
 * any name of signal(7), RTMIN, RTMIN+N, RTMAX-N or RTMAX; or a number from LEAST to NSIG - 1. -1
 * after failx() for anything else. */
int parse_signal(const char *text, int least);

/* Whether TEXT is a number that can be the ID of a user or a group: only digits, and less than 2^32
 * - 1, which chown(2) takes as "unchanged". If so, sets *ID to it. Notes no error. */
bool parse_id(const char *text, uint32_t *id);

/* Sets *SIZE to the number of bytes that TEXT means: a number such as 64 or 1.5, which may be
 * followed by a unit in powers of 1024, as in 64m, 64MB or 64MiB. The size must be at least 1, and
 * less than 9 * 10^18. Returns 0, or -1 after failx(). */
int parse_size(const char *text, int64_t *size);

/* Sets *COUNT to the whole number that TEXT means, which must be at least LEAST. Returns 0, or -1
 * after failx(). */
int parse_count(const char *text, int64_t least, int64_t *count);

/* Does what parse_size() does, but also takes 0. */
int parse_size_or_none(const char *text, int64_t *size);

#endif
