/* freeze.h: a container that stands still while box works on it. */
#ifndef FREEZE_H
#define FREEZE_H

#include <stdbool.h>
#include <sys/types.h>

/* One that is frozen, by a process that thaws it as soon as box ends, even by SIGKILL. */
struct freeze {
	const char *id;
	pid_t keeper;
	int life; /* a socket, of which the keeper has the other end */
	bool mine; /* not paused before */
};

/* Freezes the container ID, unless `box pause` has done so: then it stays as it is. Waits for
 * others that do the same, and for `box pause` and `box unpause`; a signal of ending_signals() ends
 * that. -1 after noting why. */
int freeze_begin(struct freeze *freeze, const char *id);

/* Thaws the container. Returns -1 after noting it if another command, such as `box stop`, had
 * thawed it before, or if the keeper had died. */
int freeze_end(struct freeze *freeze);

/* Freezes ID, or thaws it, for as long as the user likes. Waits as freeze_begin() does. Returns 1
 * if it is so already. */
int freeze_stay(const char *id, bool frozen);

#endif
