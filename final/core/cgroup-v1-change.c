/* cgroup-v1-change.c: changes limits of a running container on v1, and makes the cgroups that the
 * new limits need. */
#define _GNU_SOURCE
#include "cgroup-v1.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "error.h"
#include "cgroup-parts.h"
#include "freeze.h"
#include "spec.h"

/* Writes LIMITS for the controllers WANTED to the container's cgroup in the hierarchy BASE. If the
 * container has no cgroup there, makes one, in which no process is yet. */
static int update(struct cgroup *cgroup, const struct cgroup_base *base, const char *id,
	unsigned wanted, const struct limits *limits)
{
	for (size_t i = 0; i < cgroup->n; i++)
		if (!cgroup->hierarchies[i].v2 &&
			cgroup->hierarchies[i].controllers == base->controllers)
			return hierarchy_limit(&cgroup->hierarchies[i], wanted, limits);
	wanted &= limited(limits);
	return wanted && make_cgroup_in(cgroup, base, id, wanted, limits) < 0 ? -1 : 0;
}

int v1_update(struct cgroup *cgroup, const char *id, unsigned wanted, const struct limits *limits)
{
	unsigned had = 0;

	for (size_t i = 0; i < n_bases; i++) {
		unsigned here = bases[i].v2 ? 0 : wanted & ~had & bases[i].controllers;

		if (here && update(cgroup, &bases[i], id, here, limits) < 0)
			return -1;
		had |= here;
	}
	return had;
}

/* The argument of move_process(): it puts a process into the cgroups of CGROUP from the number
 * FIRST on. ERROR is the last errno, or 0. */
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
			errno != ESRCH) /* ESRCH: the process has ended */
			move->error = errno;
	return true;
}

int v1_move_all(const struct cgroup *cgroup, const char *id, size_t first)
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
