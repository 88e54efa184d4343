/* parse.h: words that people type: sizes, counts, IDs, signals. */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Returns the number of the signal that TEXT names, in upper or lower case and with or without SIG:
 * any name of signal(7), RTMIN, RTMIN+N, RTMAX-N or RTMAX; or a number of at least LEAST. -1 after
 * fail() for anything else. */
int parse_signal(const char *text, int least);

/* Whether TEXT is a number that can be a user's or a group's ID, which is put into ID: digits
 * alone, and less than 2^32 - 1, which chown(2) takes as "unchanged". Notes no error. */
bool parse_id(const char *text, uint32_t *id);

/* Gives the SIZE in bytes that TEXT says: a number such as 64 or 1.5, and perhaps a unit, in powers
 * of 1024 and as people like to write it: 64m, 64MB, 64MiB. It must be at least 1. Returns 0, or -1
 * after fail(). */
int parse_size(const char *text, int64_t *size);

/* Gives the whole number of at least LEAST that TEXT says. Returns 0, or -1 after fail(). */
int parse_count(const char *text, int64_t least, int64_t *count);

/* Does the same as parse_size(), but takes 0, too. */
int parse_size_or_none(const char *text, int64_t *size);

#endif
