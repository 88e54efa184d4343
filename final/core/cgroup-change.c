/* cgroup-change.c: changes the limits of a running container. */
#define _GNU_SOURCE
#include "cgroup.h"

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
#include "cgroup-v1.h"
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

/* Enables the controllers WANTED, as far as they are available, for H, the container's cgroup of
 * v2, and writes their LIMITS. BOX is the PID of the box that runs the container. Returns the set
 * of controllers that were enabled, or -1 after fail(). */
static int update_v2(struct hierarchy *h, pid_t box, unsigned wanted, const struct limits *limits)
{
	struct cgroup_base base = {.v2 = true, .box_pid = -1};
	autofree char *processes = read_file_at(h->dir, "../cgroup.procs", 1 << 20);
	char own[16];
	int had;

	snprintf(base.path, sizeof(base.path), "%.*s",
		(int)(strlen(h->path) - ID_LENGTH - strlen("/box.")), h->path);
	snprintf(own, sizeof(own), "%d\n", box);
	/* no process but box is in the base: so box can be moved to make room */
	if (processes && strcmp(processes, own) == 0)
		base.box_pid = box;
	if ((had = take_controllers(&base, h, wanted)) < 0)
		return -1;
	h->controllers = had;
	return hierarchy_limit(h, had, limits) < 0 ? -1 : had;
}

/* Writes LIMITS for the controllers WANTED: to v2 for the controllers that v2 has, to v1 for the
 * others. */
static int update_all(struct cgroup *cgroup, const char *id, pid_t box, unsigned wanted,
	const struct limits *limits)
{
	int had = 0;

	if (cgroup->hierarchies[0].v2 &&
		(had = update_v2(&cgroup->hierarchies[0], box, wanted, limits)) < 0)
		return -1;
	wanted &= ~had;
	if ((had = v1_update(cgroup, id, wanted, limits)) < 0)
		return -1;
	wanted &= ~had & limited(limits);
	return wanted ? limit_is_missing(wanted) : 0;
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
		(cgroup.n > n && v1_move_all(&cgroup, id, n) < 0)) {
		keep_failure();
		result = -1;
		for (size_t i = 0; i < cgroup.n; i++) {
			struct hierarchy *h = &cgroup.hierarchies[i];

			if (i < n || rmdir(h->path) < 0)
				hierarchy_limit(h, h->controllers & wanted, old);
		}
	}
	cgroup_close(&cgroup);
	return result;
}
