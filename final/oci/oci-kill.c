/* oci-kill.c: the commands kill and delete. */
#define _GNU_SOURCE
#include "oci-commands.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "parse.h"
#include "cgroup.h"
#include "hooks.h"
#include "spec.h"
#include "oci-bundle.h"
#include "oci-config.h"
#include "oci-log.h"
#include "oci-state.h"

static int kill_first(const struct oci *oci, int signal)
{
	autoclose int pidfd = oci_pidfd(oci);

	if (pidfd < 0)
		return -1;
	if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0)
		return fail("signal container %s", oci->id);
	/* On cgroup v1, a frozen process does not die before it is thawed. */
	if (signal == SIGKILL && oci->status == OCI_PAUSED)
		cgroup_thaw(oci->cgroup);
	return 0;
}

/* Sends SIGNAL to all processes of the container. SIGKILL is sent by cgroup_kill(), from which no
 * process escapes by a fork; or, without a cgroup, to the first process, with which its PID
 * namespace ends. */
static int kill_all(const struct oci *oci, int signal)
{
	struct cgroup cgroup;
	autofree pid_t *pids = NULL;
	ssize_t n;
	int result = 0;

	if (cgroup_open(&cgroup, oci->cgroup) <
		0) /* systemd has removed it with the last process */
		return oci->unit && oci->status == OCI_STOPPED ? 0 : -1;
	if (cgroup.n == 0 && (signal == SIGKILL || !oci->own_pids))
		return oci->status == OCI_STOPPED ? 0 : kill_first(oci, signal);
	if (signal == SIGKILL)
		result = cgroup_kill(&cgroup);
	else if ((n = oci_pids(oci, &pids)) < 0)
		result = -1;
	else
		for (ssize_t i = 0; i < n; i++)
			kill(pids[i], signal);
	cgroup_close(&cgroup);
	return result;
}

static int kill_oci(const struct oci *oci, int signal, bool all)
{
	/* Without a new PID namespace, the end of the first process does not end the others. */
	return all || (signal == SIGKILL && !oci->own_pids) ? kill_all(oci, signal)
							    : kill_first(oci, signal);
}

/* Whether no process is left to which SIGNAL could be sent. Without a new PID namespace, other
 * processes may outlive the first one, and SIGKILL is for all of them. */
static bool is_over(const struct oci *oci, int signal)
{
	autofree pid_t *pids = NULL;

	if (oci->status != OCI_STOPPED || oci_line.all)
		return false;
	return oci->own_pids || signal != SIGKILL || oci_pids(oci, &pids) <= 0;
}

int oci_command_kill(void)
{
	const char *name = oci_line.n_words > 1 ? oci_line.words[1] : "TERM";
	int signal = parse_signal(name, 0); /* as kill(2): 0 asks whether the process is there */
	autooci struct oci oci = {.dir = -1};

	if (signal < 0 || oci_open(&oci, oci_line.root, oci_line.words[0], false) < 0)
		return -1;
	if (is_over(&oci, signal))
		return failx("container not running");
	return kill_oci(&oci, signal, oci_line.all);
}

static int wait_until_stopped(struct oci *oci)
{
	double deadline = clock_now() + 10;

	for (; oci->status != OCI_STOPPED; oci_look(oci))
		if (!nap(0.01, deadline))
			return failx("container %s does not end", oci->id);
	return 0;
}

static int delete_oci(struct oci *oci)
{
	static struct bundle bundle;
	bool loaded = oci_load_bundle(&bundle, oci) == 0;
	int result;

	if (oci->status != OCI_STOPPED && (oci->status == OCI_CREATED || oci_line.force)) {
		result = kill_oci(oci, SIGKILL, false);
		oci_look(oci); /* the container may have ended by itself meanwhile */
		if ((result < 0 && oci->status != OCI_STOPPED) || wait_until_stopped(oci) < 0)
			return -1;
	}
	if (oci->status != OCI_STOPPED)
		return failx("cannot delete container %s that is not stopped: %s", oci->id,
			oci_status_names[oci->status]);
	result = cgroup_sweep(oci->cgroup, true);
	if (oci_remove(oci) < 0)
		result = -1;
	if (loaded && hooks_run(&bundle.extras.hooks, HOOK_POSTSTOP, "stopped", 0) < 0)
		report_oci(0);
	return result;
}

/* Removes a container without a readable state.json: create was killed before it had made the rest
 * of the container. */
static int delete_broken(struct oci *oci)
{
	if (flock(oci->dir, LOCK_EX | LOCK_NB) < 0)
		return failx("container %s is being created", oci->id);
	return oci_remove(oci);
}

int oci_command_delete(void)
{
	autooci struct oci oci = {.dir = -1};

	if (oci_line.force && !oci_exists(oci_line.root, oci_line.words[0]))
		return 0;
	if (oci_open(&oci, oci_line.root, oci_line.words[0], true) < 0)
		return oci_line.force && oci.dir >= 0 ? delete_broken(&oci) : -1;
	return delete_oci(&oci);
}
