/* run.c: box run and box start. */
#define _GNU_SOURCE
#include "commands.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "flags.h"
#include "id.h"
#include "parse.h"
#include "process.h"
#include "text.h"
#include "cgroup.h"
#include "container.h"
#include "tty.h"
#include "spec.h"
#include "wait.h"
#include "image.h"
#include "store.h"
#include "kept.h"
#include "make-spec.h"
#include "monitor.h"
#include "options.h"
#include "ranges.h"
#include "state.h"

/* ---- a run ---- */

/* What one run of a container needs. */
struct run {
	struct options *options;
	struct spec *spec;
	struct store *store;
	struct place *place;
	struct state *state;
	sigset_t signals; /* the blocked signals, which box handles */
	struct relay relay; /* copies between the terminal or the pipes and the caller's files */
};

/* Returns the words of the command as one text for box ps; words after the first 4096 bytes are
 * left out. The caller frees it. NULL after fail(). */
static char *command_text(char **argv)
{
	char *text = strdup("");

	for (; text && *argv && strlen(text) < 4096; argv++) {
		char *longer = format_text("%s%s%s", text, *text ? " " : "", *argv);

		free(text);
		text = longer;
	}
	if (text && strlen(text) > 4096)
		text[4096] = '\0';
	return text;
}

/* Runs the container in the foreground. Reports all errors but those of the command itself. Returns
 * the exit status. */
static int run_here(struct run *run)
{
	struct container this, *container = &this;
	bool input = run->options->interactive;
	int status = EXIT_BOX;
	bool ok;

	ok = container_create(container, run->spec) == 0;
	if (ok && container->master >= 0)
		terminal_resize(container->master);
	ok = ok && (container->master < 0 || !input || terminal_raw() == 0) &&
	     container_start(container, &status) == 0 &&
	     note_start(run->store, run->state, container) == 0;
	if (ok && (status = container_wait(container, &run->signals, input, &run->relay)) < 0) {
		status = EXIT_BOX;
		ok = false;
	}
	terminal_restore(run->relay.flows[1].open);
	if (!ok)
		report();
	return note_end(
		run->store, run->place, run->state, container, status, !run->options->remove);
}

/* As with Docker, without -i the command finds stdin empty, and never waits for a key. */
int set_stdin(const struct options *options)
{
	autoclose int null = -1;

	if (options->interactive && options->terminal && !isatty(STDIN_FILENO))
		return failx("-t with -i: stdin is not a terminal");
	if (options->interactive && options->terminal)
		return terminal_claim();
	if (options->interactive || options->terminal)
		return 0;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return null < 0 || dup2(null, STDIN_FILENO) < 0 ? fail("/dev/null") : 0;
}

/* Runs the container, whose place is locked. Returns the exit status. */
static int run_place(struct run *run)
{
	struct options *options = run->options;
	int status;

	if (place_begin(run->store, run->place) < 0)
		return report();
	/* The monitor is not alone in a cgroup that was delegated: this process waits for it. */
	if (options->detach && cgroup_has_limits(&run->spec->limits))
		cgroup_make_room();
	if (options->detach)
		return monitor_start(run->store, run->place, run->state, options, run->spec);
	status = run_here(run);
	if (options->remove && place_remove(run->store, run->place) < 0)
		return report();
	return status;
}

/* Writes the options and the state of the new container to their files. */
static int note_container(struct run *run, const struct image *image)
{
	struct options *options = run->options;
	struct state *state = run->state;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(state->id, sizeof(state->id), "%s", run->place->id);
	snprintf(state->name, sizeof(state->name), "%s", options->name ?: "");
	state->image = strdup(options->image);
	state->command = command_text(run->spec->process.argv);
	state->created = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
	if (!state->image || !state->command)
		return fail("memory");
	if (options_save(options, image->folder ?: image->id, run->place->dir) < 0)
		return -1;
	/* note_start() will write the state soon. Only for a container that is kept is it also
	 * written before, because writing takes time on a disk. */
	return options->remove ? 0 : state_write(run->store, state);
}

/* Takes the stop signal from the image, if there is no --stop-signal. As the signal is kept with
 * the options, box stop does not need the image. */
static int set_stop_signal(struct options *options, const struct image *image)
{
	if (options->stop_signal || !image->stop_signal || !*image->stop_signal)
		return 0;
	if (parse_signal(image->stop_signal, 1) < 0)
		return fail_prefix("%s: the image's StopSignal: ", options->image);
	return options_stop_signal(options, image->stop_signal);
}

static int run_image(
	struct options *options, struct spec *spec, struct store *store, struct image *image)
{
	struct state state = {.phase = PHASE_CREATED};
	struct place place;
	struct run run = {
		.options = options, .spec = spec, .store = store, .place = &place, .state = &state};
	int status;

	block_signals(&run.signals);
	/* set_stdin() comes before anything is made, because the kernel may stop box in it until
	 * box is in the foreground. */
	if ((!options->detach && set_stdin(options) < 0) ||
		set_command(&spec->process, options, image) < 0 ||
		set_stop_signal(options, image) < 0 ||
		place_make(store, image->id, options->name, options->remove, &place) < 0)
		return report();
	if (ranges_claim(store, &place, options) < 0 ||
		make_spec(spec, options, image, store, &place) < 0 ||
		note_container(&run, image) < 0) {
		status = report();
		place_remove(store, &place);
	} else {
		status = run_place(&run);
		if (status == 0 && options->detach)
			puts(place.id);
	}
	place_close(&place);
	relay_finish(&run.relay);
	state_free(&state);
	return status;
}

int command_run(const struct folders *folders, int argc, char *argv[])
{
	/* The memory to which these point is never freed. As they are static, leak checkers see
	 * that it is still in use. */
	static struct options options = {.log_size = 10 << 20};
	static struct spec spec;
	struct image image = {0};
	struct store store;
	int status;

	if (options_parse(&options, argc, argv) < 0)
		return report();
	if (options.help)
		return options_help() < 0 ? report() : 0;
	if (!options.image) {
		failx("no image; see box run --help");
		return report();
	}
	if (folders_open(folders, &store) < 0)
		return report();
	if (image_get(&store, options.image, &image) < 0)
		status = report();
	else
		status = run_image(&options, &spec, &store, &image);
	if (sweep(&store) < 0)
		report(); /* cleaning up after another box does not change the exit status */
	image_free(&image);
	store_close(&store);
	return status;
}

/* Opens the place of a container that has ended. The store's lock makes this wait for a box update
 * that may still be changing the limits of the last run. */
static int open_ended(struct store *store, const char *id, struct place *place)
{
	autoclose int lock = store_lock(store, LOCK_SH);

	return lock < 0 ? -1 : place_open(store, id, true, place);
}

/* Whether the container runs. *PAUSED: whether it is paused. A noted error stays. */
static bool is_running(struct store *store, const char *id, bool *paused)
{
	struct state state;
	bool runs;

	keep_failure();
	runs = state_read(store, id, &state) == 0 && state.phase == PHASE_RUNNING;
	*paused = runs && state.paused;
	state_free(&state);
	return runs;
}

/* Whether the container runs, and is not paused. Then box start has nothing to do, which is no
 * error, as with Docker. Otherwise returns false, with the error noted. */
static bool runs_already(struct store *store, const char *id, const char *name)
{
	bool paused, runs = is_running(store, id, &paused);

	if (paused)
		failx("container %s is paused: see box unpause", name);
	return runs && !paused;
}

static int start_one(struct store *store, const char *name, bool attach)
{
	struct options options = {.log_size = 10 << 20};
	struct spec spec = {.n_mounts = 0};
	struct image image = {0};
	struct state state;
	struct place place;
	struct run run = {.options = &options,
		.spec = &spec,
		.store = store,
		.place = &place,
		.state = &state};
	char id[ID_LENGTH + 1];
	int status = EXIT_BOX;

	block_signals(&run.signals);
	if (state_find(store, name, id) < 0)
		return report();
	if (open_ended(store, id, &place) < 0)
		return runs_already(store, id, name) && !attach ? puts(name) < 0 : report();
	if (state_read(store, id, &state) < 0 || options_load(&options, place.dir) < 0 ||
		(attach && set_stdin(&options) < 0) ||
		load_container(store, &place, &options, &image, &spec) < 0)
		report();
	else {
		options.detach = !attach;
		status = run_place(&run);
		if (status == 0 && !attach)
			puts(name);
	}
	state_free(&state);
	image_free(&image);
	place_close(&place);
	relay_finish(&run.relay);
	return status;
}

int command_start(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"attach", no_argument, NULL, 'a'}, {0}};
	bool attach = false;
	char **names = parse_flags(argc, argv, "+a", longs, set_true, &attach);
	struct store store;
	int status = 0, one;

	if (names && !*names)
		failx("no container is named");
	if (!names || !*names || folders_open(folders, &store) < 0)
		return report();
	for (; *names; names++)
		if ((one = start_one(&store, *names, attach)) != 0)
			status = one;
	store_close(&store);
	return status;
}
