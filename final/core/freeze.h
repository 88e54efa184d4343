/* freeze.h: a container that is stopped while box works on it. */
#ifndef FREEZE_H
#define FREEZE_H

#include <stdbool.h>
#include <sys/types.h>

/* A container that is frozen. A process of its own, the keeper, freezes it, and thaws it as soon as
 * box ends, even by SIGKILL. */
struct freeze {
	const char *id; /* the caller's */
	pid_t keeper;
	int life; /* a socket to the keeper, which ends with box */
	bool mine; /* the keeper has frozen it; it was not paused before */
};

/* Freezes the container ID; if `box pause` has done so already, it stays as it is. Waits while
 * another command holds the container frozen, or pauses or unpauses it; a signal of
 * ending_signals() ends that wait with an error. FREEZE points to ID until freeze_end(). */
int freeze_begin(struct freeze *freeze, const char *id);

/* Thaws the container, if freeze_begin() has frozen it. It is an error if another command, such as
 * `box stop`, has thawed it before, or if the keeper has died: then the container may have run
 * meanwhile. */
int freeze_end(struct freeze *freeze);

/* For `box pause` and `box unpause`: freezes the container ID (FROZEN), or thaws it, until another
 * command changes that. Waits while another command holds it frozen. Returns 0; 1 if it is in that
 * state already; or -1 after fail(). */
int freeze_stay(const char *id, bool frozen);

#endif
