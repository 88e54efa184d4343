/* oci-create.c: the commands create, start and run. */
#define _GNU_SOURCE
#include "oci-commands.h"

#include <jansson.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "id.h"
#include "path.h"
#include "process.h"
#include "text.h"
#include "container.h"
#include "hooks.h"
#include "namespaces.h"
#include "spec.h"
#include "tty.h"
#include "wait.h"
#include "oci-bundle.h"
#include "oci-config.h"
#include "oci-log.h"
#include "oci-notify.h"
#include "oci-output.h"
#include "oci-state.h"
#include "oci-systemd.h"

/* The current time as in RFC 3339, with nanoseconds. */
static const char *now_text(void)
{
	static char text[32];
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + strlen(text), 12, ".%09ldZ", now.tv_nsec);
	return text;
}

/* Writes config.json and state.json of the container, before any other part of the container is
 * made. */
static int note_oci(struct oci *oci, struct bundle *bundle, const char *config)
{
	char unique[ID_LENGTH + 1];

	oci->bundle = bundle->folder;
	oci->rootfs = bundle->spec.root.path;
	oci->created = now_text();
	/* The cgroup needs a unique name: another ROOT may have a container with this ID. */
	random_id(unique);
	if (scope_name(oci, bundle, unique) < 0)
		return -1;
	oci->cgroup = bundle->spec.cgroup ?: format_text("%.40s-%.16s", oci->id, unique);
	oci->version = SPEC_VERSION;
	oci->annotations = json_object_get(bundle->json, "annotations");
	oci->own_pids = bundle->spec.namespaces.made & CLONE_NEWPID;
	if (!oci->cgroup || oci_write_file(oci, "config.json", config) < 0)
		return -1;
	return oci_write(oci);
}

/* Writes into state.json that PID is the first process. */
static int note_pid(struct oci *oci, pid_t pid)
{
	oci->pid = pid;
	oci->start = start_time(pid);
	return oci_write(oci);
}

/* With --debug, logs the main parts of SPEC. */
static void tell_spec(const struct spec *spec)
{
	for (size_t i = 0; oci_namespace_names[i]; i++)
		if (spec->namespaces.made & oci_namespace_types[i])
			debug_oci("new namespace: %s", oci_namespace_names[i]);
	for (size_t i = 0; i < spec->namespaces.n_joins; i++)
		debug_oci("namespace of %s", spec->namespaces.joins[i].path);
	for (size_t i = 0; i < spec->n_mounts; i++)
		debug_oci("mount on %s: %s of %s", spec->mounts[i].target,
			spec->mounts[i].type ?: "bind", spec->mounts[i].source);
}

static int create_container(struct container *container, struct oci *oci, struct bundle *bundle)
{
	struct spec *spec = &bundle->spec;
	int status, result;
	pid_t keeper;

	if (oci_complete_spec(bundle, oci) < 0 ||
		(spec->process.detached && oci_make_gate(oci, bundle->extras.gate) < 0) ||
		scope_start(oci, bundle, &keeper) < 0)
		return -1;
	tell_spec(spec);
	result = container_create(container, spec);
	scope_release(keeper);
	if (result < 0)
		return -1;
	for (size_t i = 0; i < container->cgroup.n; i++)
		debug_oci("cgroup %s", container->cgroup.hierarchies[i].path);
	debug_oci("process %d waits to execute %s", container->pid, spec->process.argv[0]);
	if (note_pid(oci, container->pid) < 0 || oci_give_terminal(container) < 0 ||
		(spec->process.detached && container_start(container, &status) < 0) ||
		oci_write_pid_file(container->pid) < 0) {
		keep_failure();
		container_destroy(container);
		return -1;
	}
	/* Box-oci closes its own ends of the fifos, so that the fifo "status" ends when the process
	 * closes it by exec. */
	for (int i = 0; i < 2 && spec->process.detached; i++)
		close_fd(&bundle->extras.gate[i]);
	return 0;
}

/* Removes what is left of a container that could not be made. The noted error stays. */
static void undo(struct oci *oci, const struct bundle *bundle)
{
	keep_failure();
	if (bundle->extras.hooks.state)
		hooks_run(&bundle->extras.hooks, HOOK_POSTSTOP, "stopped", 0);
	oci_remove(oci);
}

/* Makes the container with the ID of the command line. After an error nothing of the container is
 * left. */
static int make(struct container *container, struct oci *oci, struct bundle *bundle, bool detached)
{
	autofree char *folder = real_path(oci_line.bundle ?: ".");
	autofree char *config = folder ? oci_read_config(folder) : NULL;

	*container = no_container;
	if (!folder)
		return fail_prefix("the bundle ");
	if (!config || oci_read(bundle, config, steal_pointer(&folder)) < 0)
		return -1;
	if (geteuid() != 0 && !namespaces_users(&bundle->spec.namespaces))
		return failx(
			"linux.namespaces: without a user namespace, only root can make the container; podman unshare, or unshare -r, makes a user root");
	bundle->spec.process.detached = detached;
	if (oci_check_console(&bundle->spec) < 0 ||
		oci_make(oci, oci_line.root, oci_line.words[0]) < 0)
		return -1;
	if (notify_prepare(oci, &bundle->spec) < 0 ||
		(oci_line.env.n > 0 && oci_add_environment(bundle) < 0) ||
		note_oci(oci, bundle, config) < 0 || create_container(container, oci, bundle) < 0) {
		undo(oci, bundle);
		return -1;
	}
	return 0;
}

int oci_command_create(void)
{
	static struct bundle bundle;
	struct container container;
	autooci struct oci oci = {.dir = -1};

	if (make(&container, &oci, &bundle, true) < 0)
		return -1;
	container_release(&container);
	return 0;
}

/* Lets the process of the created container execute its program, and runs the hooks that follow. Of
 * SPEC, only the hooks are used. */
static int start_oci(struct oci *oci, const struct spec *spec)
{
	autonotify struct notify notify = no_notify;

	if (oci->status == OCI_STOPPED)
		return failx("cannot start a container that has stopped");
	if (oci->status != OCI_CREATED)
		return failx("cannot start an already running container");
	debug_oci("process %d may execute", oci->pid);
	if (notify_listen(oci, &notify) < 0 || oci_open_gate(oci) < 0)
		return -1;
	/* The process runs already: an error of these hooks is only reported (runtime-spec,
	 * config.md, "Poststart"). */
	if (hooks_run(&spec->oci->hooks, HOOK_POSTSTART, "running", oci->pid) < 0)
		report_oci(0);
	flock(oci->dir, LOCK_UN); /* other commands may go on */
	if (notify_wait(&notify) < 0)
		report_oci(0);
	return 0;
}

int oci_command_start(void)
{
	static struct bundle bundle;
	autooci struct oci oci = {.dir = -1};
	int result = oci_open(&oci, oci_line.root, oci_line.words[0], true);

	if (result == 0)
		result = oci_load_bundle(&bundle, &oci);
	if (result == 0)
		result = start_oci(&oci, &bundle.spec);
	return result;
}

static int run_in_foreground(struct container *container, struct oci *oci,
	const struct bundle *bundle, struct relay *relay)
{
	const struct spec *spec = &bundle->spec;
	autonotify struct notify notify = no_notify;
	int status, result = notify_listen(oci, &notify);

	if (result == 0)
		result = container_start(container, &status);
	if (result == 0 && notify_serve(&notify) < 0)
		report_oci(0);
	if (result == 0 && hooks_run(&spec->oci->hooks, HOOK_POSTSTART, "running", oci->pid) < 0)
		report_oci(0);
	flock(oci->dir, LOCK_UN); /* other commands may go on */
	if (result == 0)
		result = oci_wait(container, relay);
	terminal_restore(relay->flows[1].open);
	if (result < 0) {
		keep_failure();
		container_destroy(container);
		undo(oci, bundle);
		return -1;
	}
	if (oci_line.keep) {
		container_release(container);
		return result;
	}
	if (container_destroy(container) < 0 || oci_remove(oci) < 0)
		return -1;
	if (hooks_run(&spec->oci->hooks, HOOK_POSTSTOP, "stopped", 0) < 0)
		report_oci(0);
	return result;
}

int oci_command_run(void)
{
	static struct bundle bundle;
	struct container container;
	struct relay relay = {.signals = 0};
	autooci struct oci oci = {.dir = -1};
	int result = make(&container, &oci, &bundle, oci_line.detach);

	if (result < 0)
		return -1;
	if (!oci_line.detach) {
		result = run_in_foreground(&container, &oci, &bundle, &relay);
		relay_finish(&relay);
		return result;
	}
	oci_look(&oci);
	if ((result = start_oci(&oci, &bundle.spec)) < 0) {
		keep_failure();
		container_destroy(&container);
		undo(&oci, &bundle);
	} else
		container_release(&container);
	return result;
}
