/* target.h: what the commands share that take the names of containers. */
#ifndef TARGET_H
#define TARGET_H

#include "store.h"
#include "kept.h"
#include "state.h"

/* One of the containers that a command was given. */
struct target {
	struct store *store;
	struct state state;
	const char *name; /* as the user wrote it */
	void *data; /* of the command, for all its containers */
	double deadline; /* by clock_now(), for the container to end; 0: it was not told to */
	int fd; /* a file that the command has opened, and that is closed for it; -1: none */
};

/* Finds the container NAME in STORE, and reads its state, which the caller releases by
 * state_free(). -1 after fail(), with the errno of state_find(). */
int find_target(struct store *store, const char *name, struct target *target);

/* Opens the store of PLACES, sweeps it, and calls ACT for each container of NAMES, which is
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

/* Whether all is done with one container before the next one is opened, or all are opened first.
 * With OR_NONE, a container that does not exist is reported, but the exit status stays 0. */
enum order { ONE_BY_ONE, AT_ONCE, AT_ONCE_OR_NONE };

/* Does what each_container() does with several functions: with AT_ONCE, calls the first of ROUNDS
 * (NULL-terminated) for all containers, then the next one for all. So all containers are told to
 * end before the first is waited for. A container with which one round fails is left out of the
 * next ones. Returns the exit status. */
int act_in_rounds(const struct folders *folders, char *names[], enum order order,
	const act_t rounds[], void *data);

#endif
