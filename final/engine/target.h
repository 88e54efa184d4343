/* target.h: what commands on containers have in common. */
#ifndef TARGET_H
#define TARGET_H

#include "store.h"
#include "kept.h"
#include "state.h"

/* One container of such a command, opened. */
struct target {
	struct store *store;
	struct state state;
	const char *name; /* as it was given */
	void *data; /* the command's */
	double deadline; /* of clock_now(), for what it was told */
	int fd; /* closed with it; -1: none */
};

int open_target(struct store *store, const char *name, struct target *target);

/* Calls ACT for each of NAMES, and goes on after one fails. Returns the exit status. */
int each_container(
	const struct places *places, char *names[], int (*act)(struct target *), void *data);

/* Waits until the box that runs the container has cleaned up, or clock_now() is DEADLINE (0: only
 * looks; INFINITY: however long). Returns 1 if it has not. */
int wait_for_end(struct target *target, double deadline);

/* What is done with a container. */
typedef int (*act_t)(struct target *);

/* How several containers are taken; with OR_NONE, one that is not there is said, but no error. */
enum order { ONE_BY_ONE, AT_ONCE, AT_ONCE_OR_NONE };

/* Opens NAMES, and calls the first of ROUNDS (NULL-terminated) for each, then the next one: so none
 * waits for another one's end. One that fails is left out of what follows. Returns the exit status.
 */
int act_in_rounds(const struct places *places, char *names[], enum order order,
	const act_t rounds[], void *data);

#endif
