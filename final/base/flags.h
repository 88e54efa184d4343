/* flags.h: options of all command lines. */
#ifndef FLAGS_H
#define FLAGS_H

#include <getopt.h>

/* As getopt_long(3), but a long option is matched as a whole, and what is not right is refused by
 * '?' after fail(): WHO is "box run", and optind 0 before the first. */
int next_flag(
	int argc, char *argv[], const char *who, const char *letters, const struct option *longs);

/* Reads the options of a command of box; SET gets the letter and the value. Returns the operands,
 * or NULL after fail(). */
char **parse_flags(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data);

/* The same for a command that takes one container: a second operand is an error. */
char **parse_one(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data);

/* SET of a command without options. */
int set_nothing(void *data, int letter, const char *value);

/* SET of a command that has one option, without a value: DATA is a bool. */
int set_true(void *data, int letter, const char *value);

#endif
