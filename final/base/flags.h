/* flags.h: reads the options of all command lines. */
#ifndef FLAGS_H
#define FLAGS_H

#include <getopt.h>

/* Returns the next option as getopt_long(3) does, with two differences: a long option must be
 * written out, and an option that is unknown, or lacks its argument, makes it call fail() and
 * return
 * '?'. LETTERS and LONGS are those of getopt_long(3); WHO begins the message, such as "box run".
 * The caller sets optind to 0 before the first call. */
int next_flag(
	int argc, char *argv[], const char *who, const char *letters, const struct option *longs);

/* Reads all options of the command of box that ARGV[0] names, and calls SET with DATA, the option's
 * letter and its value (NULL: none). SET returns -1 after fail() if the value is wrong. Returns the
 * operands, a part of ARGV, or NULL after fail(). */
char **parse_flags(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data);

/* Does the same for a command that takes one container: a second operand is an error. */
char **parse_one(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data);

/* The SET of a command that has no options. */
int set_nothing(void *data, int letter, const char *value);

/* The SET of a command that has one option, without a value: it sets the bool at DATA. */
int set_true(void *data, int letter, const char *value);

#endif
