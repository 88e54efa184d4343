/* life.c: the commands that end, pause and remove containers: stop, kill, wait, rm, pause, unpause
 * and prune. */
#define _GNU_SOURCE
#include "commands.h"

#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "flags.h"
#include "id.h"
#include "parse.h"
#include "text.h"
#include "cgroup.h"
#include "freeze.h"
#include "kill.h"
#include "image.h"
#include "store.h"
#include "kept.h"
#include "options.h"
#include "state.h"
#include "status.h"
#include "target.h"

/* ---- stop, kill, wait, rm ---- */

enum { PATIENCE = 60 }; /* seconds that a process may take to end after SIGKILL */

/* Sends SIGNAL to the first process. SURELY: by container_kill(), which sends SIGKILL instead if
 * the first process does not handle SIGNAL. */
static int send(struct target *target, int signal, bool surely)
{
	autoclose int pidfd = state_pidfd(&target->state);

	if (pidfd < 0)
		return -1;
	if (surely)
		return container_kill(target->state.pid, pidfd, signal);
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0
		       ? fail("signal container %.12s", target->state.id)
		       : 0;
}

/* Thaws the container, which would not act on a signal while it is frozen, and gives it SECONDS to
 * end. */
static void wake_to_end(struct target *target, int64_t seconds)
{
	cgroup_thaw(target->state.id);
	target->deadline = clock_now() + seconds;
}

/* Sends SIGNAL, and gives the container SECONDS to end. Errors of send() are ignored: a container
 * without a process is about to end by itself. */
static void tell_to_end(struct target *target, int signal, bool surely, int64_t seconds)
{
	send(target, signal, surely);
	wake_to_end(target, seconds);
}

/* Waits for the end of the container, if it was told to end. */
static int see_it_end(struct target *target)
{
	return target->deadline > 0 && wait_for_end(target, target->deadline) == 1
		       ? failx("container %s does not end", target->name)
		       : 0;
}

/* Whether the container was removed meanwhile: by another box, or, with --rm, by its own. */
static bool is_gone(struct store *store, const char *id)
{
	return faccessat(store->containers, id, F_OK, 0) < 0;
}

/* Returns the signal that box run has noted, from --stop-signal or from the image; SIGTERM if there
 * is none; -1 after fail(). */
static int stop_signal(struct target *target)
{
	struct options options = {0};
	struct place place;
	int signal = SIGTERM;

	if (place_open(target->store, target->state.id, false, &place) < 0)
		return is_gone(target->store, target->state.id) ? SIGTERM : -1;
	if (options_load(&options, place.dir) < 0)
		signal = -1;
	else if (options.stop_signal)
		signal = parse_signal(options.stop_signal, 1);
	place_close(&place);
	return signal;
}

static int print_name(struct target *target)
{
	puts(target->name);
	return 0;
}

struct stop {
	int64_t seconds; /* to wait before SIGKILL */
	double deadline; /* for all containers, counted from the last signal; 0: not set yet */
};

static int stop(struct target *target)
{
	const struct stop *how = target->data;
	int signal;

	if (target->state.phase != PHASE_RUNNING)
		return 0;
	if ((signal = stop_signal(target)) < 0)
		return -1;
	tell_to_end(target, signal, true, how->seconds);
	return 0;
}

static int stop_surely(struct target *target)
{
	struct stop *how = target->data;

	how->deadline = how->deadline ?: clock_now() + how->seconds;
	if (target->state.phase == PHASE_RUNNING && wait_for_end(target, how->deadline) == 1)
		tell_to_end(target, SIGKILL, false, PATIENCE);
	return 0;
}

static int set_stop(void *data, int letter, const char *value)
{
	(void)letter;
	return parse_count(value, 0, &((struct stop *)data)->seconds);
}

int command_stop(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"time", required_argument, NULL, 't'}, {0}};
	struct stop how = {.seconds = 10};
	char **names = parse_flags(argc, argv, "+t:", longs, set_stop, &how);

	return names ? act_in_rounds(folders, names, AT_ONCE,
			       (const act_t[]){stop, stop_surely, see_it_end, print_name, NULL},
			       &how)
		     : report();
}

static int kill_one(struct target *target)
{
	const int *signal = target->data;

	if (send(target, *signal, false) < 0)
		return -1;
	if (*signal == SIGKILL)
		wake_to_end(target, PATIENCE);
	return 0;
}

static int set_signal(void *data, int letter, const char *value)
{
	(void)letter;
	return (*(int *)data = parse_signal(value, 1)) < 0 ? -1 : 0;
}

int command_kill(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"signal", required_argument, NULL, 's'}, {0}};
	int signal = SIGKILL;
	char **names = parse_flags(argc, argv, "+s:", longs, set_signal, &signal);

	return names ? act_in_rounds(folders, names, AT_ONCE,
			       (const act_t[]){kill_one, see_it_end, print_name, NULL}, &signal)
		     : report();
}

/* Opens the file "status" before the container ends: with --rm the file is removed then. See
 * place_end(). */
static int open_status(struct target *target)
{
	target->fd = status_open(target->store, target->state.id);
	return target->fd < 0 ? failx("%s: no such container", target->name) : 0;
}

static int wait_one(struct target *target)
{
	int status;

	if (wait_for_end(target, INFINITY) < 0)
		return -1;
	/* -1: box was killed, and the kernel has killed the container with it */
	status = status_read(target->fd);
	printf("%d\n", status < 0 ? 128 + SIGKILL : status);
	return fflush(stdout) == 0 ? 0 : fail("stdout");
}

int command_wait(const struct folders *folders, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	char **names = parse_flags(argc, argv, "+", none, set_nothing, NULL);

	return names ? act_in_rounds(folders, names, AT_ONCE,
			       (const act_t[]){open_status, wait_one, NULL}, NULL)
		     : report();
}

/* Removes the container ID, which does not run. */
static int remove_container(struct store *store, const char *id)
{
	struct place place;
	int result = place_open(store, id, true, &place);

	if (result == 0) {
		result = place_remove(store, &place);
		place_close(&place);
	}
	return result;
}

static int end_to_remove(struct target *target)
{
	const bool *force = target->data;

	if (target->state.phase != PHASE_RUNNING)
		return 0;
	if (!*force)
		return failx("container %s is running: stop it first, or box rm -f", target->name);
	tell_to_end(target, SIGKILL, false, PATIENCE);
	return 0;
}

static int rm(struct target *target)
{
	const bool *force = target->data;

	if (see_it_end(target) < 0)
		return -1;
	if (remove_container(target->store, target->state.id) < 0 &&
		!(*force && is_gone(target->store, target->state.id)))
		return -1;
	return print_name(target);
}

int command_rm(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"force", no_argument, NULL, 'f'}, {0}};
	bool force = false;
	char **names = parse_flags(argc, argv, "+f", longs, set_true, &force);

	return names ? act_in_rounds(folders, names, force ? AT_ONCE_OR_NONE : AT_ONCE,
			       (const act_t[]){end_to_remove, rm, NULL}, &force)
		     : report();
}

/* ---- pause, unpause ---- */

static int pause_one(struct target *target)
{
	const bool *frozen = target->data;
	int result;

	if (target->state.phase != PHASE_RUNNING)
		return failx("container %s is not running", target->name);
	if ((result = freeze_stay(target->state.id, *frozen)) < 0)
		return -1;
	if (result > 0)
		return failx("container %s is %s", target->name, *frozen ? "paused" : "not paused");
	puts(target->name);
	return 0;
}

int command_pause(const struct folders *folders, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	bool frozen = strcmp(argv[0], "pause") == 0;
	char **names = parse_flags(argc, argv, "+", none, set_nothing, NULL);

	return names ? each_container(folders, names, pause_one, &frozen) : report();
}

/* ---- prune ---- */

struct prune {
	bool force, all;
	bool any; /* at least one container was removed */
	int status; /* the exit status */
	uint64_t bytes; /* the bytes that were freed */
};

static int prune_one(struct store *store, struct state *state, void *data)
{
	struct prune *prune = data;
	struct target target = {.store = store, .state = *state};
	autofree char *upper = NULL;
	uint64_t bytes;

	/* If another box holds the lock, that box is about to start the container, or to
	 * remove it. */
	if (state->phase == PHASE_RUNNING || wait_for_end(&target, 0) == 1)
		return 0;
	if (!(upper = format_text("%s/containers/%s/upper", store->path, state->id)))
		return -1;
	bytes = tree_size(upper);
	if (remove_container(store, state->id) < 0) {
		if (!is_gone(store, state->id))
			prune->status = report();
		return 0;
	}
	printf("%s%s\n", prune->any ? "" : "Deleted Containers:\n", state->id);
	prune->any = true;
	prune->bytes += bytes;
	return 0;
}

static bool is_sure(const struct prune *prune)
{
	char answer[8] = "";

	fprintf(stderr,
		"WARNING! This will remove all containers that do not run%s.\n"
		"Are you sure you want to continue? [y/N] ",
		prune->all ? ", and all images that no container uses" : "");
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	return strcasecmp(answer, "y") == 0;
}

static int set_prune(void *data, int letter, const char *value)
{
	struct prune *prune = data;

	(void)value;
	prune->force |= letter == 'f';
	prune->all |= letter == 'a';
	return 0;
}

int command_prune(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {
		{"force", no_argument, NULL, 'f'}, {"all", no_argument, NULL, 'a'}, {0}};
	struct prune prune = {0};
	struct store store;
	char **rest = parse_flags(argc, argv, "+fa", longs, set_prune, &prune), size[16];

	if (rest && *rest)
		failx("%s: box prune takes no names; see box rm", *rest);
	if (!rest || *rest || folders_open(folders, &store) < 0)
		return report();
	if (prune.force || is_sure(&prune)) {
		if (sweep(&store) < 0)
			prune.status = report();
		if (state_each(&store, true, prune_one, &prune) < 0)
			prune.status = report();
		if (prune.any)
			putchar('\n');
		if (prune.all && image_prune(&store, &prune.bytes) < 0)
			prune.status = report();
		printf("Total reclaimed space: %s\n", human_size(prune.bytes, size));
	}
	store_close(&store);
	return prune.status;
}
