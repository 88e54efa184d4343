/* cgroup-kill.c: stops, lists and kills the processes of a cgroup, and removes it. */
#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <fts.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "text.h"
#include "cgroup-parts.h"
#include "cgroup-v1.h"

static int try_freeze(const struct hierarchy *h, bool frozen)
{
	if (!h->v2)
		return v1_freeze(h, frozen);
	return try_write(h->dir, "cgroup.freeze", frozen ? "1" : "0");
}

/* The length of the last pause, in seconds, and the time of clock_now() at which to give up; both
 * are 0 at first. */
struct patience {
	double pause, deadline;
};

/* Sleeps, each time a little longer. Returns false when 5 seconds have passed since the first
 * call. */
static bool wait_more(struct patience *patience)
{
	if (patience->deadline == 0)
		patience->deadline = clock_now() + 5;
	patience->pause += patience->pause / 4 + 0.0002;
	return nap(patience->pause, patience->deadline);
}

bool hierarchy_is_frozen(const struct hierarchy *h, bool surely)
{
	autofree char *text = NULL;

	if (!h->v2)
		return v1_is_frozen(h, surely);
	text = read_file_at(h->dir, surely ? "cgroup.events" : "cgroup.freeze", 4096);
	return text && (surely ? strstr(text, "frozen 1") != NULL : *text == '1');
}

int cgroup_check_runs(const struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->n; i++)
		if (hierarchy_is_frozen(&cgroup->hierarchies[i], true))
			return failx("the cgroup %s is frozen, or one above it",
				cgroup->hierarchies[i].path);
	return 0;
}

int cgroup_freeze(const struct cgroup *cgroup, bool frozen)
{
	const struct hierarchy *h = &cgroup->hierarchies[0];
	struct patience patience = {0};

	if (cgroup->n == 0)
		return failx("the container has no cgroup, so it cannot be %s",
			frozen ? "paused" : "resumed");
	if (try_freeze(h, frozen) < 0)
		return fail("%s", h->path);
	while (frozen && !hierarchy_is_frozen(h, true))
		if (!wait_more(&patience)) {
			try_freeze(h, false);
			return failx("processes in %s do not stop: they wait for a disk, perhaps",
				h->path);
		}
	return 0;
}

/* Calls VISIT with DATA for each process in the cgroup whose folder is PATH. */
static size_t each_listed(const char *path, bool (*visit)(pid_t pid, void *data), void *data)
{
	autofree char *file = format_text("%s/cgroup.procs", path);
	autofclose FILE *procs = file ? fopen(file, "re") : NULL;
	size_t visited = 0;
	pid_t pid;

	/* 0 stands for a process that this PID namespace does not show */
	while (procs && fscanf(procs, "%d", &pid) == 1)
		visited += pid > 0 && visit(pid, data);
	return visited;
}

size_t each_process(const struct hierarchy *h, bool (*visit)(pid_t pid, void *data), void *data)
{
	char *const paths[] = {(char *)h->path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR | FTS_XDEV, NULL);
	size_t visited = 0;

	for (FTSENT *entry; tree && (entry = fts_read(tree));)
		if (entry->fts_info == FTS_DP)
			visited += each_listed(entry->fts_path, visit, data);
	if (tree)
		fts_close(tree);
	return visited;
}

struct pids {
	pid_t *list;
	size_t n;
	bool failed;
};

static bool list_process(pid_t pid, void *data)
{
	struct pids *pids = data;
	pid_t *more = pids->failed ? NULL : reallocarray(pids->list, pids->n + 1, sizeof(*more));

	if (!more) {
		pids->failed = true;
		return false;
	}
	pids->list = more;
	pids->list[pids->n++] = pid;
	return true;
}

static int by_pid(const void *a, const void *b)
{
	const pid_t *one = a, *two = b;

	return (*one > *two) - (*one < *two);
}

ssize_t cgroup_pids(const struct cgroup *cgroup, pid_t **pids)
{
	struct pids found = {0};
	size_t n = 0;

	if (cgroup->n > 0)
		each_process(&cgroup->hierarchies[0], list_process, &found);
	*pids = found.list;
	if (found.failed)
		return fail("memory");
	if (found.n > 0)
		qsort(found.list, found.n, sizeof(*found.list), by_pid);
	/* a process that was moved to another cgroup meanwhile may be in the list twice */
	for (size_t i = 0; i < found.n; i++)
		if (n == 0 || found.list[i] != found.list[n - 1])
			found.list[n++] = found.list[i];
	return n;
}

static bool kill_process(pid_t pid, void *data)
{
	(void)data;
	return kill(pid, SIGKILL) == 0;
}

static int remove_nested(const char *path, const struct stat *st, int type, struct FTW *level)
{
	(void)st;
	if (type == FTW_DP && level->level > 0)
		/* a busy cgroup stays, as do those above it; remove_hierarchy() tries again */
		rmdir(path);
	return 0;
}

/* Kills the processes in H. Before Linux 5.14, and on v1, there is no cgroup.kill. Then H is frozen
 * meanwhile, so that no process can fork, and thawed afterwards, because a frozen process of v1
 * dies only when it is thawed. Returns whether there may be more processes. */
static bool kill_once(const struct hierarchy *h)
{
	bool killed;

	if (try_write(h->dir, "cgroup.kill", "1") == 0)
		return false;
	try_freeze(h, true);
	killed = each_process(h, kill_process, NULL) > 0;
	try_freeze(h, false);
	return killed;
}

int cgroup_kill(const struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		struct patience patience = {0};

		while (kill_once(&cgroup->hierarchies[i]))
			if (!wait_more(&patience))
				return failx(
					"processes in %s do not end", cgroup->hierarchies[i].path);
	}
	return 0;
}

/* Removes the cgroup box.self beside H, which make_room() makes; it stays if box is in it. */
static void remove_room(const struct hierarchy *h)
{
	char path[sizeof(h->path) + sizeof("/box.self")];

	if (h->given || !h->v2)
		return;
	snprintf(path, sizeof(path), "%.*s/box.self", (int)(strrchr(h->path, '/') - h->path),
		h->path);
	rmdir(path);
}

/* Kills the processes in H, removes its folder, and closes it. If the folder does not exist any
 * more (ENOENT), another box has removed it: that is no error. */
static int remove_hierarchy(struct hierarchy *h)
{
	struct patience patience = {0};
	bool more = true;

	debug("rmdir %s", h->path);
	while (rmdir(h->path) < 0 && errno != ENOENT) {
		if (errno != EBUSY || !more) {
			close_fd(&h->dir);
			return fail("the cgroup %s stays", h->path);
		}
		kill_once(h);
		nftw(h->path, remove_nested, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
		more = wait_more(&patience);
	}
	close_fd(&h->dir);
	remove_room(h);
	return 0;
}

int remove_cgroup(struct cgroup *cgroup)
{
	int result = 0;

	for (size_t i = 0; i < cgroup->n; i++)
		if (remove_hierarchy(&cgroup->hierarchies[i]) < 0)
			result = -1;
	cgroup->n = 0;
	return result;
}

int cgroup_sweep(const char *id, bool everywhere)
{
	struct cgroup cgroup;

	return cgroup_open_all(&cgroup, id, everywhere) < 0 ? -1 : remove_cgroup(&cgroup);
}

void cgroup_thaw(const char *id)
{
	struct cgroup cgroup = {.n = 0};

	if (cgroup_open(&cgroup, id) == 0 && cgroup.n > 0)
		cgroup_freeze(&cgroup, false);
	cgroup_close(&cgroup);
}

int cgroup_exists(const char *id)
{
	struct cgroup cgroup = {.n = 0};
	int exists = cgroup_open(&cgroup, id) < 0 ? -1 : cgroup.n > 0;

	cgroup_close(&cgroup);
	return exists;
}

bool cgroup_frozen(const char *id)
{
	struct cgroup cgroup = {.n = 0};
	bool frozen = cgroup_open(&cgroup, id) == 0 && cgroup.n > 0 &&
		      hierarchy_is_frozen(&cgroup.hierarchies[0], false);

	cgroup_close(&cgroup);
	return frozen;
}
