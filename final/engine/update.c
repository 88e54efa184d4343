/* update.c: box update, which changes the limits of containers. */
#define _GNU_SOURCE
#include "commands.h"

#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "id.h"
#include "process.h"
#include "cgroup.h"
#include "spec.h"
#include "store.h"
#include "kept.h"
#include "options.h"
#include "state.h"
#include "target.h"

struct update {
	int argc;
	char **argv; /* the words of the command line, its name first */
};

/* Changes the limits in the cgroup, if the container runs, and then in its kept options. If the
 * second fails, the first is undone. */
static int update_place(struct target *target, const struct place *place)
{
	const struct update *update = target->data;
	const struct state *state = &target->state;
	bool running = state->phase == PHASE_RUNNING;
	struct options options = {.log_size = 10 << 20};
	struct limits old, *new = &options.limits;

	if (options_load(&options, place->dir) < 0)
		return -1;
	old = *new;
	if (options_update(&options, update->argc, update->argv) < 0 || cgroup_check(new) < 0 ||
		(running && cgroup_update(state->id, state->box, new, &old) < 0))
		return -1;
	if (options_save(&options, options.image, place->dir) == 0)
		return 0;
	if (running) {
		keep_failure();
		cgroup_update(state->id, state->box, &old, new);
	}
	return -1;
}

/* Reads the state anew, and updates the container. No box can start the container meanwhile,
 * because its place or the store is locked; but the container may end. */
static int try_update(struct target *target)
{
	struct state *state = &target->state;
	char id[ID_LENGTH + 1];
	struct place place;
	int result;

	strcpy(id, state->id);
	state_free(state);
	if (state_read(target->store, id, state) < 0 ||
		place_open(target->store, id, state->phase != PHASE_RUNNING, &place) < 0)
		return -1;
	result = update_place(target, &place);
	/* If the container has ended, its box may not know of a cgroup that was made here. */
	if (state->phase == PHASE_RUNNING && wait_for_end(target, 0) == 0 &&
		cgroup_sweep(id, false) < 0)
		result = -1;
	place_close(&place);
	return result;
}

/* Whether try_update() has failed because the container has begun or ended meanwhile. The
 * container's processes and its cgroup end before its state says so; this function waits until it
 * does. */
static bool has_changed(struct target *target)
{
	autoclose int pidfd = -1;
	struct state now;
	bool changed;

	if (target->state.phase == PHASE_RUNNING && (pidfd = state_pidfd(&target->state)) < 0)
		wait_for_end(target, clock_now() + 10);
	changed = state_read(target->store, target->state.id, &now) == 0 &&
		  now.phase != target->state.phase;
	state_free(&now);
	return changed;
}

/* Calls try_update() once more if this may help. If that fails, too, the error of the first try
 * stays noted. */
static int try_again(struct target *target)
{
	keep_failure();
	return has_changed(target) ? try_update(target) : -1;
}

static int update(struct target *target)
{
	/* With this lock, two boxes that change the same container do not undo each other's
	 * changes. */
	autoclose int lock = store_lock(target->store, LOCK_EX);

	if (lock < 0)
		return -1;
	if (try_update(target) < 0 && try_again(target) < 0)
		return fail_prefix("%s: ", target->name);
	puts(target->name);
	return 0;
}

int command_update(const struct folders *folders, int argc, char *argv[])
{
	struct options given = {0};
	struct update data = {argc, argv};
	char **names = NULL;
	sigset_t signals;

	if (options_parse(&given, argc, argv) < 0 || options_check_limits(&given) < 0)
		return report();
	names = argv + optind;
	block_signals(&signals); /* no signal may end box between freezing and thawing */
	return each_container(folders, names, update, &data);
}
