/* freeze.h: a container that is stopped while box works on it. */
#ifndef FREEZE_H
#define FREEZE_H

#include <stdbool.h>
#include <sys/types.h>

/* A container that is frozen. A child of box, the keeper, freezes it, and thaws it as soon as box
 * ends, even by SIGKILL. */
struct freeze {
	const char *id; /* the caller's */
	pid_t keeper;
	int life; /* a socket to the keeper, which ends when box closes this socket or dies */
	bool mine; /* the keeper has frozen it; `box pause` had not */
};

/* Freezes the container ID, unless `box pause` has frozen it already. Waits while another command
 * holds the container frozen, or pauses or unpauses it; a signal of ending_signals() ends that wait
 * with an error. FREEZE points to ID until freeze_end(). Returns 0; or -1 after fail(), and then
 * freeze_end() is not called. */
int freeze_begin(struct freeze *freeze, const char *id);

/* Thaws the container, if freeze_begin() has frozen it. It is an error if another command, such as
 * `box stop`, has thawed the container before, or if the keeper has died: then the container may
 * have run meanwhile. Returns 0, or -1 after fail(). */
int freeze_end(struct freeze *freeze);

/* For `box pause` and `box unpause`: freezes the container ID (FROZEN), or thaws it, until another
 * command changes that. Waits while another command holds it frozen. Returns 0; 1 if the container
 * is frozen, or thawed, already; or -1 after fail(). */
int freeze_stay(const char *id, bool frozen);

#endif
