/* cgroup-change.c: changes the limits of a container that runs. */
#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "cgroup-parts.h"
#include "freeze.h"
#include "spec.h"

/* Returns the controllers whose limits differ between NEW and OLD. Without a memory limit, a limit
 * of swap is not in force, and does not count. */
static unsigned changed(const struct limits *new, const struct limits *old)
{
	unsigned memory = new->memory != old->memory || new->memory_swap != old->memory_swap;

	return (memory && (new->memory || old->memory) ? CONTROLLER_MEMORY : 0) |
	       (new->pids != old->pids ? CONTROLLER_PIDS : 0) |
	       (new->cpu_quota != old->cpu_quota ? CONTROLLER_CPU : 0) |
	       (strcmp(new->cpuset_cpus ?: "", old->cpuset_cpus ?: "") != 0 ? CONTROLLER_CPUSET
									    : 0);
}

/* Enables the controllers WANTED for H, a cgroup of v2 of the container that the process BOX runs,
 * and writes LIMITS for those that can be had. Returns these, or -1. */
static int update_v2(struct hierarchy *h, pid_t box, unsigned wanted, const struct limits *limits)
{
	struct base base = {.v2 = true, .box = -1};
	autofree char *processes = read_file_at(h->dir, "../../cgroup.procs", 1 << 20);
	char own[16];
	int had;

	snprintf(base.path, sizeof(base.path), "%.*s",
		(int)(strlen(h->path) - ID_LENGTH - strlen("/box/")), h->path);
	snprintf(own, sizeof(own), "%d\n", box);
	/* no other process is in it: so box can be moved to make room */
	if (processes && strcmp(processes, own) == 0)
		base.box = box;
	if ((had = take_controllers(&base, h, wanted)) < 0)
		return -1;
	h->controllers = had;
	return hierarchy_limit(h, had, limits) < 0 ? -1 : had;
}

/* Writes LIMITS for the controllers WANTED to the container's cgroup in the v1 hierarchy BASE. If
 * the container has none there, it is made; no process is in it yet. */
static int update_v1(struct cgroup *cgroup, const struct base *base, const char *id,
	unsigned wanted, const struct limits *limits)
{
	for (size_t i = 0; i < cgroup->n; i++)
		if (!cgroup->hierarchies[i].v2 &&
			cgroup->hierarchies[i].controllers == base->controllers)
			return hierarchy_limit(&cgroup->hierarchies[i], wanted, limits);
	wanted &= limited(limits);
	return wanted && cgroup_make_in(cgroup, base, id, wanted, limits) < 0 ? -1 : 0;
}

/* Writes LIMITS for the controllers WANTED, to v2 as far as it has them, else to v1. */
static int update_all(struct cgroup *cgroup, const char *id, pid_t box, unsigned wanted,
	const struct limits *limits)
{
	int had = 0;

	if (cgroup->hierarchies[0].v2 &&
		(had = update_v2(&cgroup->hierarchies[0], box, wanted, limits)) < 0)
		return -1;
	wanted &= ~had;
	for (size_t i = 0; i < n_bases; i++) {
		if (bases[i].v2 || !(wanted & bases[i].controllers))
			continue;
		if (update_v1(cgroup, &bases[i], id, wanted & bases[i].controllers, limits) < 0)
			return -1;
		wanted &= ~bases[i].controllers;
	}
	wanted &= limited(limits);
	return wanted ? limit_is_missing(wanted) : 0;
}

/* The argument of move_process(): the cgroups to put a process into are those of CGROUP from the
 * number FIRST on. ERROR is the last errno, or 0. */
struct move {
	const struct cgroup *cgroup;
	size_t first;
	int error;
};

static bool move_process(pid_t pid, void *data)
{
	struct move *move = data;
	char text[32];

	snprintf(text, sizeof(text), "%d", pid);
	for (size_t i = move->first; i < move->cgroup->n; i++)
		if (try_write(move->cgroup->hierarchies[i].dir, "cgroup.procs", text) < 0 &&
			errno != ESRCH) /* the process has ended */
			move->error = errno;
	return true;
}

/* Puts all processes of the container ID into the cgroups of CGROUP from the number FIRST on. The
 * container is frozen meanwhile, so that no process can fork and leave a child behind. */
static int move_all(const struct cgroup *cgroup, const char *id, size_t first)
{
	const struct hierarchy *h = &cgroup->hierarchies[0];
	struct move move = {.cgroup = cgroup, .first = first};
	struct freeze freeze;

	if (freeze_begin(&freeze, id) < 0)
		return -1;
	if (hierarchy_is_frozen(h, true))
		each_process(h, move_process, &move);
	else
		move.error = ETIMEDOUT;
	freeze_end(&freeze);
	errno = move.error;
	return errno ? fail("move processes of %s to %s", h->path, h[first].path) : 0;
}

int cgroup_follow(const struct cgroup *cgroup, const char *id, pid_t pid)
{
	struct cgroup now;
	struct move move = {.cgroup = &now};

	if (cgroup_open_all(&now, id, true) < 0)
		return -1;
	if (now.n > cgroup->n)
		move_process(pid, &move);
	cgroup_close(&now);
	errno = move.error;
	return errno ? fail("limits of container %.12s", id) : 0;
}

int cgroup_update(const char *id, pid_t box, const struct limits *limits, const struct limits *old)
{
	unsigned wanted = changed(limits, old);
	struct cgroup cgroup;
	int result = 0;
	size_t n;

	if (cgroup_check(limits) < 0 || cgroup_open(&cgroup, id) < 0)
		return -1;
	if (cgroup.n == 0)
		return wanted ? limit_is_missing(wanted) : 0;
	n = cgroup.n;
	if (update_all(&cgroup, id, box, wanted, limits) < 0 ||
		(cgroup.n > n && move_all(&cgroup, id, n) < 0)) {
		keep_failure();
		result = -1;
		for (size_t i = 0; i < cgroup.n; i++) {
			struct hierarchy *h = &cgroup.hierarchies[i];

			if (i < n || rmdir(h->path) < 0)
				hierarchy_limit(h, h->controllers & wanted, old);
			else
				hierarchy_remove_above(h);
		}
	}
	cgroup_close(&cgroup);
	return result;
}
