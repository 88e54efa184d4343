/* exec.c: box exec, a second command in a container. */
#define _GNU_SOURCE
#include "commands.h"

#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "cleanup.h"
#include "environment.h"
#include "error.h"
#include "flags.h"
#include "list.h"
#include "process.h"
#include "cgroup.h"
#include "container.h"
#include "spec.h"
#include "tty.h"
#include "wait.h"
#include "image.h"
#include "store.h"
#include "kept.h"
#include "monitor.h"
#include "options.h"
#include "state.h"
#include "target.h"

struct exec {
	bool detach, interactive, terminal, privileged;
	struct strings env;
	const char *cwd, *user;
};

static int set_exec(void *data, int letter, const char *value)
{
	struct exec *exec = data;

	exec->detach |= letter == 'd';
	exec->interactive |= letter == 'i';
	exec->terminal |= letter == 't';
	exec->privileged |= letter == 'p';
	if (letter == 'w')
		exec->cwd = value;
	if (letter == 'u')
		exec->user = value;
	return letter == 'e' ? add_env(&exec->env, value) : 0;
}

/* Makes the spec of COMMAND: the spec of the container, changed by the options EXEC. */
static int exec_spec(struct target *target, const struct exec *exec, char **command,
	struct options *options, struct image *image, struct place *place, struct spec *spec)
{
	if (target->state.phase != PHASE_RUNNING)
		return failx("container %s is not running", target->name);
	if (place_open(target->store, target->state.id, false, place) < 0 ||
		options_load(options, place->dir) < 0)
		return -1;
	options->terminal = exec->terminal;
	options->interactive = exec->interactive;
	options->privileged |= exec->privileged;
	options->user = exec->user ?: options->user;
	options->workdir = exec->cwd ?: options->workdir;
	options->entrypoint = ""; /* none */
	options->command = command;
	for (size_t i = 0; i < exec->env.n; i++)
		if (add_env(&options->env, exec->env.list[i]) < 0)
			return -1;
	return load_container(target->store, place, options, image, spec);
}

/* What a run of box exec needs. */
struct job {
	const struct exec *exec;
	const struct spec *spec;
	struct target target;
	sigset_t signals;
};

/* Runs the command, and returns the exit status. If BOX is not -1, calls background_tell() for BOX
 * when the process has started, or has failed to start. */
static int exec_in(const struct job *job, int box)
{
	autoclose int pidfd = state_pidfd(&job->target.state);
	struct container container = no_container;
	struct cgroup cgroup = {.n = 0};
	struct relay relay = {.signals = 0};
	int status = EXIT_BOX;
	bool ok;

	ok = pidfd >= 0 && cgroup_open(&cgroup, job->target.state.id) == 0 &&
	     container_join(&container, &job->spec->process, &job->spec->namespaces, pidfd,
		     &cgroup) == 0 &&
	     cgroup_follow(&cgroup, job->target.state.id, container.pid) == 0;
	cgroup_close(&cgroup);
	if (ok && container.master >= 0)
		terminal_resize(container.master);
	ok = ok && (container.master < 0 || !job->exec->interactive || terminal_raw() == 0) &&
	     container_start(&container, &status) == 0;
	if (box >= 0)
		background_tell(box, ok ? 0 : status);
	if (ok && (status = container_wait(
			   &container, &job->signals, job->exec->interactive, &relay)) < 0) {
		status = EXIT_BOX;
		ok = false;
	}
	terminal_restore(relay.flows[1].open);
	if (!ok)
		report();
	container_destroy(&container);
	relay_finish(&relay);
	return status;
}

/* box exec -d, as a function for background(): stays as the parent of the process, as the monitor
 * of box run -d does. If this parent dies, so does the process. */
static void exec_detached(void *data, int box)
{
	if (chdir("/") < 0) { /* the caller's folder may be unmounted meanwhile */
		fail("/");
		background_tell(box, EXIT_BOX);
	} else {
		exec_in(data, box);
	}
}

static int run_exec(struct store *store, const struct exec *exec, char **words)
{
	struct options options = {0};
	struct image image = {0};
	struct place place = {.dir = -1};
	struct spec spec = {.n_mounts = 0};
	struct job job = {.exec = exec, .spec = &spec};
	int status = EXIT_BOX;

	block_signals(&job.signals);
	if (find_target(store, words[0], &job.target) < 0 ||
		exec_spec(&job.target, exec, words + 1, &options, &image, &place, &spec) < 0)
		report();
	else if (job.target.state.paused) {
		failx("container %s is paused", words[0]);
		report();
	} else if (exec->detach)
		status = background(exec_detached, &job);
	else
		status = set_stdin(&options) < 0 ? report() : exec_in(&job, -1);
	image_free(&image);
	place_close(&place);
	state_free(&job.target.state);
	return status;
}

int command_exec(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"detach", no_argument, NULL, 'd'},
		{"interactive", no_argument, NULL, 'i'}, {"tty", no_argument, NULL, 't'},
		{"env", required_argument, NULL, 'e'}, {"workdir", required_argument, NULL, 'w'},
		{"user", required_argument, NULL, 'u'}, {"privileged", no_argument, NULL, 'p'},
		{0}};
	struct exec exec = {0};
	struct store store;
	char **words = parse_flags(argc, argv, "+dite:w:u:", longs, set_exec, &exec);
	int status;

	if (!words)
		return report();
	if (!words[0] || !words[1]) {
		failx("no %s; see box exec --help", words[0] ? "command" : "container");
		return report();
	}
	if (folders_open(folders, &store) < 0)
		return report();
	status = run_exec(&store, &exec, words);
	store_close(&store);
	return status;
}
