/* parse.h: words that people type: sizes, counts, IDs, signals. */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* The number of the signal that TEXT names: all of signal(7), in any case, with SIG or without;
 * RTMIN, RTMIN+N, RTMAX-N, RTMAX; or a number of at least LEAST. -1 after fail() for anything else.
 */
int parse_signal(const char *text, int least);

/* Whether TEXT is a number that can be an ID, put into ID: digits alone, and below 2^32 - 1, which
 * stands for "none", chown(2). Notes no error. */
bool parse_id(const char *text, uint32_t *id);

/* A number of at least 1, with a unit of powers of 1024 after it or none: 64, 64m, 64MB, 64MiB.
 * Returns -1 after fail(). */
int parse_size(const char *text, int64_t *size);

/* A whole number of at least LEAST. */
int parse_count(const char *text, int64_t least, int64_t *count);

/* The same, but 0 is a size, too. */
int parse_size_or_none(const char *text, int64_t *size);

#endif
