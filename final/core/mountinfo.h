/* mountinfo.h: reads lines of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
#ifndef MOUNTINFO_H
#define MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>

/* A mount. The texts are parts of the line that was read. */
struct mountinfo {
	int64_t id, parent; /* its own ID, and the ID of the mount on which it is */
	unsigned major, minor; /* the numbers in st_dev of its files */
	const char *root; /* the folder of the file system that is mounted */
	const char *target; /* where it is mounted */
	const char *type; /* of the file system, such as "tmpfs" */
	const char *options; /* of the file system, separated by commas */
};

/* Reads LINE, which may end with a newline, into MOUNT. LINE is changed: the names in it become the
 * real names (see unescape_octal()), and end with a NUL. Returns false if LINE is not a line of
 * mountinfo. */
bool mountinfo_read(char *line, struct mountinfo *mount);

#endif
