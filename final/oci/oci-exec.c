/* oci-exec.c: the command exec. */
#define _GNU_SOURCE
#include "oci-commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cleanup.h"
#include "error.h"
#include "parse.h"
#include "text.h"
#include "cgroup.h"
#include "container.h"
#include "privileges.h"
#include "spec.h"
#include "tty.h"
#include "wait.h"
#include "oci-bundle.h"
#include "oci-config.h"
#include "oci-log.h"
#include "oci-output.h"
#include "oci-state.h"

/* Adds the groups of --additional-gids to the groups of the process, as runc does. */
static int add_groups(struct process *to)
{
	gid_t *groups = calloc(to->n_groups + oci_line.gids.n, sizeof(*groups));

	if (!groups)
		return fail("memory");
	for (size_t i = 0; i < to->n_groups; i++)
		groups[i] = to->groups[i];
	to->groups = groups;
	for (size_t i = 0; i < oci_line.gids.n; i++) {
		const char *text = oci_line.gids.list[i];

		if (!parse_id(text, &groups[to->n_groups]))
			return failx("--additional-gids %s: not the number of a group", text);
		to->n_groups++;
	}
	return 0;
}

/* Changes the process of BUNDLE, which config.json describes, as the command line of exec says. */
static int exec_by_words(struct bundle *bundle)
{
	struct process *to = &bundle->spec.process;
	uint64_t more = 0;

	if (oci_line.n_words < 2)
		return failx("exec: no process is named: ID COMMAND..., or --process FILE");
	to->argv = oci_line.words + 1;
	to->terminal = oci_line.terminal;
	to->rows = to->columns = 0; /* this is the size of the container's own terminal */
	to->cwd = oci_line.cwd ?: to->cwd;
	to->no_new_privileges |= oci_line.no_new_privs;
	if (oci_line.user) {
		const char *group = strchr(oci_line.user, ':');

		to->user = group ? oci_line.user : format_text("%s:0", oci_line.user);
	}
	if (oci_line.gids.n > 0 && add_groups(to) < 0)
		return -1;
	for (size_t i = 0; i < oci_line.caps.n; i++)
		if (capabilities_change(&more, oci_line.caps.list[i], true) < 0)
			return -1;
	to->capabilities.bounding |= more;
	to->capabilities.effective |= more;
	to->capabilities.permitted |= more;
	if (to->capabilities.inheritable) {
		to->capabilities.inheritable |= more;
		to->capabilities.ambient |= more;
	}
	return to->user ? oci_add_environment(bundle) : -1;
}

static int exec_spec(struct bundle *bundle, const struct oci *oci)
{
	autofree char *text = NULL;

	if (oci->status == OCI_STOPPED)
		return failx("cannot exec in a stopped container");
	if (oci->status == OCI_PAUSED && !oci_line.ignore_paused)
		return failx("cannot exec in a paused container");
	if (oci_load_bundle(bundle, oci) < 0)
		return -1;
	if (oci_line.process && (!(text = oci_read_input(oci_line.process)) ||
					oci_read_process(bundle, text, oci_line.process) < 0))
		return -1;
	if (!oci_line.process && exec_by_words(bundle) < 0)
		return -1;
	bundle->spec.process.detached = oci_line.detach;
	return oci_complete_spec(bundle, oci);
}

/* Opens the container's cgroup, or the cgroups below it that --cgroup names. */
static int open_cgroup(struct cgroup *cgroup, const struct oci *oci)
{
	if (cgroup_open(cgroup, oci->cgroup) < 0)
		return -1;
	for (size_t i = 0; i < oci_line.cgroups.n; i++)
		if (cgroup_go_below(cgroup, oci_line.cgroups.list[i]) < 0)
			return fail_prefix("--cgroup %s: ", oci_line.cgroups.list[i]);
	return 0;
}

static int exec_in(struct container *container, struct bundle *bundle, const struct oci *oci)
{
	autoclose int pidfd = oci_pidfd(oci);
	struct cgroup cgroup = {.n = 0};
	struct relay relay = {.signals = 0};
	int status, result = -1;

	if (pidfd < 0 || open_cgroup(&cgroup, oci) < 0 ||
		(!oci_line.ignore_paused && cgroup_check_runs(&cgroup) < 0) ||
		container_join(container, &bundle->spec.process, &bundle->spec.namespaces, pidfd,
			&cgroup) < 0) {
		cgroup_close(&cgroup);
		return -1;
	}
	cgroup_close(&cgroup);
	if (oci_give_terminal(container) == 0 && container_start(container, &status) == 0) {
		debug_oci("process %d has joined process %d, and executes %s", container->pid,
			oci->pid, bundle->spec.process.argv[0]);
		if (oci_write_pid_file(container->pid) == 0)
			result = oci_line.detach ? 0 : oci_wait(container, &relay);
	}
	terminal_restore(relay.flows[1].open);
	if (result < 0) {
		keep_failure();
		container_destroy(container);
	} else
		container_release(container);
	relay_finish(&relay);
	return result;
}

int oci_command_exec(void)
{
	static struct bundle bundle;
	struct container container = no_container;
	autooci struct oci oci = {.dir = -1};
	int result = oci_open(&oci, oci_line.root, oci_line.words[0], false);

	if (result == 0)
		result = exec_spec(&bundle, &oci);
	if (result == 0)
		result = exec_in(&container, &bundle, &oci);
	return result < 0 ? report_oci(EXEC_FAILED) : result;
}
