/* cgroup-parts.h: what the files of core/ that are about cgroups share among themselves.
 * Functions that return an int return 0, or -1 after fail(), unless their comment says more. */
#ifndef CGROUP_PARTS_H
#define CGROUP_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "spec.h"

/* The controllers that box uses, as bits of a set. The last bit is the hierarchy of v1 that has no
 * controller, "name=systemd", in which systemd keeps track of the processes of its units. */
enum {
	CONTROLLER_FREEZER = 1,
	CONTROLLER_PIDS = 2,
	CONTROLLER_MEMORY = 4,
	CONTROLLER_CPU = 8,
	CONTROLLER_CPUSET = 16,
	N_CONTROLLERS = 16,
	CONTROLLER_SYSTEMD = 1 << (N_CONTROLLERS - 1)
};
/* The controllers' names; element I is the name of the controller 1 << I. */
extern const char *const cgroup_controllers[N_CONTROLLERS];

/* A cgroup below which box makes the cgroups of containers: the top of a mounted hierarchy, or a
 * cgroup of v2 that was delegated to box. */
struct cgroup_base {
	char path[320]; /* its path in the file system, such as /sys/fs/cgroup */
	char list[128]; /* v1: the names of its controllers, as /proc/self/cgroup lists them */
	unsigned controllers; /* v1: the same controllers, as a set */
	bool v2;
	/* the PID of a box process that lives in this cgroup, and may be moved below it to make
	 * room, see make_room(); 0: this process; -1: none */
	pid_t box_pid;
	/* at the top of a hierarchy: the path of this process's cgroup relative to it, "" or "/a/b"
	 */
	const char *own;
	size_t top; /* the length of the path of the hierarchy's top, with which path begins */
};
_Static_assert(
	(int)MAX_HIERARCHIES > (int)N_CONTROLLERS, "a container has a cgroup in each hierarchy");

/* All bases. The base with the best way to kill all processes comes first: v2, then v1's freezer,
 * then v1's pids. The first call of bases_find() fills the array in; on a machine without cgroups
 * it stays empty. */
extern struct cgroup_base bases[N_CONTROLLERS + 2];
extern size_t n_bases;
int bases_find(void);

/* Whether bases[I] is the top of v2, which is the last base of v2: a cgroup that was delegated to
 * box comes before it. */
bool bases_is_top(size_t i);

/* The set of the controllers whose names are in WORDS, separated by commas or spaces. Unknown names
 * are ignored. */
unsigned controllers_in(const char *words);

/* Fills in H for the cgroup of the container ID below BASE, and sets its descriptor h->dir to -1.
 * ID is a container's ID, or a path that begins with '/'. Returns false if the cgroup's path is too
 * long. */
bool hierarchy_name(const struct cgroup_base *base, const char *id, struct hierarchy *h);

/* Opens all cgroups that the container ID has, in all bases. If there are none, cgroup->n is 0, and
 * that is no error. With EVERYWHERE, if no base of v2 has a cgroup of ID, the cgroups that were
 * delegated to other boxes are searched, too. The caller calls cgroup_close(). */
int cgroup_open_all(struct cgroup *cgroup, const char *id, bool everywhere);

/* Writes TEXT to FILE in the folder DIR. Returns 0, or -1 with errno set; does not call fail(). */
int try_write(int dir, const char *file, const char *text);

/* Writes TEXT to FILE in the cgroup H. Returns 0, or -1 after fail(), with errno set. */
int hierarchy_write(const struct hierarchy *h, const char *file, const char *text);

/* Writes the limits that belong to CONTROLLERS from LIMITS to H. A limit that LIMITS does not name
 * is removed from H. */
int hierarchy_limit(const struct hierarchy *h, unsigned controllers, const struct limits *limits);

/* Returns the set of controllers that the limits in LIMITS need. */
unsigned limited(const struct limits *limits);

/* Enables for H, which is below the v2 cgroup BASE, those of CONTROLLERS that BASE has itself.
 * Returns the set of the controllers that it has enabled, or -1 after fail(). */
int take_controllers(
	const struct cgroup_base *base, const struct hierarchy *h, unsigned controllers);

/* Makes the cgroup of ID below BASE, adds it to CGROUP, and writes those of LIMITS to it that
 * belong to CONTROLLERS; on v2, only for the controllers that BASE has. Returns the set of
 * controllers that can now limit the container there, or -1 after fail(). If CONTROLLERS is empty
 * and box may not write to BASE, nothing is added, and 0 is returned. */
int make_cgroup_in(struct cgroup *cgroup, const struct cgroup_base *base, const char *id,
	unsigned controllers, const struct limits *limits);

/* Fails with a message that says why the first of CONTROLLERS is not available, and what the user
 * can do. Returns -1. */
int limit_is_missing(unsigned controllers);

/* Fails with a message that says that this user, who is not root of the machine, has no cgroup for
 * LIMIT, and what the user can do. Returns -1. */
int no_cgroup_for(const char *limit);

/* Whether H is frozen, or about to be. With SURELY: whether H is frozen already, so that none of
 * its processes runs any more. */
bool hierarchy_is_frozen(const struct hierarchy *h, bool surely);

/* Calls VISIT with DATA for each process in H and in the cgroups below it. Returns how many of the
 * calls returned true. */
size_t each_process(const struct hierarchy *h, bool (*visit)(pid_t pid, void *data), void *data);

#endif
