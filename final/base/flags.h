/* flags.h: reads the options of all command lines. */
#ifndef FLAGS_H
#define FLAGS_H

#include <getopt.h>

/* Returns the next option as getopt_long(3) does, with two differences: a long option must be
 * written out, and for an option that is unknown, or lacks its argument, the function calls failx()
 * and returns '?'. LETTERS and LONGS are those of getopt_long(3). WHO is the command, such as "box
 * run", for messages. The caller sets optind to 0 before the first call. */
int next_flag(
	int argc, char *argv[], const char *who, const char *letters, const struct option *longs);

/* Reads all options of the command of box that ARGV[0] names, and calls SET with DATA, the option's
 * letter and its value (NULL: none). SET returns -1 after fail() if the value is wrong. Returns the
 * operands, a part of ARGV, or NULL after fail(). */
char **parse_flags(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data);

/* Does what parse_flags() does, for a command that takes one container: a second operand is an
 * error. The caller checks that there is a first one. */
char **parse_one(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data);

/* The SET of a command that has no options: does nothing, and returns 0. */
int set_nothing(void *data, int letter, const char *value);

/* The SET of a command whose only option has no value: sets the bool at DATA to true, and returns
 * 0. */
int set_true(void *data, int letter, const char *value);

#endif
