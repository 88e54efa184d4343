/* target.h: the common part of all commands that take the names of containers. */
#ifndef TARGET_H
#define TARGET_H

#include "store.h"
#include "kept.h"
#include "state.h"

/* One of the containers that the user has named. */
struct target {
	struct store *store;
	struct state state;
	const char *name; /* as the user wrote it */
	void *data; /* the command's own data, common to all its containers */
	double deadline; /* by clock_now(), for the end of the container; 0: not told to end */
	int fd; /* a file that the command has opened; act_in_rounds() closes it; -1: none */
};

/* Finds the container NAME in STORE, and reads its state, which the caller releases by
 * state_free(). Returns 0, or -1 after fail(), with the errno of state_find(). */
int find_target(struct store *store, const char *name, struct target *target);

/* Opens the store of FOLDERS, calls sweep(), and calls ACT for each container of NAMES, which is
 * NULL-terminated. ACT finds DATA in its target, and returns 0, or -1 after fail(); the error is
 * reported, and the next container follows. Returns the exit status. */
int each_container(
	const struct folders *folders, char *names[], int (*act)(struct target *), void *data);

/* Waits until the box that runs the container has cleaned up and released the place's lock, or
 * until clock_now() is DEADLINE (0: does not wait; INFINITY: waits without end). Returns 0; 1 if
 * box still holds the lock; or -1 after fail(). */
int wait_for_end(struct target *target, double deadline);

/* What a command does with a container: returns 0, or -1 after fail(). */
typedef int (*act_t)(struct target *);

/* ONE_BY_ONE: all rounds are done for one container before the next container is opened. AT_ONCE:
 * all containers are opened first. AT_ONCE_OR_NONE: the same, but the exit status stays 0 if a
 * container does not exist, which is reported. */
enum order { ONE_BY_ONE, AT_ONCE, AT_ONCE_OR_NONE };

/* Does what each_container() does, with several functions: with AT_ONCE, calls the first of ROUNDS
 * (NULL-terminated) for all containers, then the second for all, and so on. So a command can tell
 * all containers to end before it waits for the first. After a round has failed for a container,
 * the container is left out of the following rounds. Returns the exit status. */
int act_in_rounds(const struct folders *folders, char *names[], enum order order,
	const act_t rounds[], void *data);

#endif
