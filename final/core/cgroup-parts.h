/* cgroup-parts.h: what the files cgroup-*.c share among themselves. Nobody else includes it. */
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
struct base {
	char path[320]; /* its path in the file system, such as /sys/fs/cgroup */
	char list[128]; /* v1: the names of its controllers, as /proc/self/cgroup lists them */
	unsigned controllers; /* v1: the same controllers, as a set */
	bool v2;
	/* the box process that may be moved out of this cgroup (0: this process); -1: none */
	pid_t box;
};
_Static_assert(
	(int)MAX_HIERARCHIES > (int)N_CONTROLLERS, "a container has a cgroup in each hierarchy");

/* All bases. The one with the best way to kill all processes comes first: v2, then v1's freezer,
 * then v1's pids. bases_find() fills the array in, at its first call; on a machine without cgroups
 * it stays empty. */
extern struct base bases[N_CONTROLLERS + 2];
extern size_t n_bases;
int bases_find(void);

/* Whether bases[I] is the top of v2. It is the last of the bases of v2: one that was delegated to
 * box comes before it. */
bool bases_is_top(size_t i);

/* The set of the controllers whose names are in WORDS, separated by commas or spaces. Unknown names
 * are ignored. */
unsigned controllers_in(const char *words);

/* Fills in H for the cgroup of the container ID below BASE; its descriptor H->dir is set to -1. ID
 * is a container's ID, or a path that begins with '/'. False if the cgroup's path is too long. */
bool hierarchy_name(const struct base *base, const char *id, struct hierarchy *h);

/* The name of the extended attribute by which box marks a cgroup that it has made at a given path.
 * A cgroup at a given path without this mark is not the container's, whatever the container's state
 * says. */
extern const char cgroup_mark[];

/* Opens the cgroups of the container ID that are there, in all bases. There may be none: then
 * cgroup->n is 0, and that is no error. With EVERYWHERE, if no base of v2 has it, it is also looked
 * for in the cgroups that were delegated to other boxes. */
int cgroup_open_all(struct cgroup *cgroup, const char *id, bool everywhere);

/* Writes TEXT to FILE in the folder DIR. Returns -1 with errno; it does not call fail(). */
int try_write(int dir, const char *file, const char *text);

/* Writes TEXT to FILE in the cgroup H. Returns -1 after fail(), with errno. */
int hierarchy_write(const struct hierarchy *h, const char *file, const char *text);

/* Writes NUMBER to FILE in the cgroup H; -1 is no limit, for which the files of v2, and pids.max,
 * want "max". Returns -1 after fail(), with errno. */
int hierarchy_put(const struct hierarchy *h, const char *file, int64_t number);

/* Writes to H the limits for CONTROLLERS. A limit that LIMITS do not name is written as "no
 * limit". */
int hierarchy_limit(const struct hierarchy *h, unsigned controllers, const struct limits *limits);

/* Returns the set of controllers that are needed for what LIMITS name. */
unsigned limited(const struct limits *limits);

/* Enables for H, which is below BASE of v2, those of CONTROLLERS that BASE has itself. Returns the
 * set of these, or -1 after fail(). */
int take_controllers(const struct base *base, const struct hierarchy *h, unsigned controllers);

/* Makes the cgroup of ID below BASE, adds it to CGROUP, and writes LIMITS for CONTROLLERS to it; on
 * v2, for those of CONTROLLERS that BASE has. Returns the set of controllers that now can limit
 * there, or -1 after fail(). Without CONTROLLERS, a BASE that may not be written is no error:
 * nothing is added, and 0 is returned. */
int make_cgroup_in(struct cgroup *cgroup, const struct base *base, const char *id,
	unsigned controllers, const struct limits *limits);

/* Notes why the first of CONTROLLERS is not available, and what the user can do. Returns -1. */
int limit_is_missing(unsigned controllers);

/* Whether H is frozen, or about to be. With SURELY: whether it is frozen already, so that nothing
 * in it runs any more. */
bool hierarchy_is_frozen(const struct hierarchy *h, bool surely);

/* Calls VISIT with DATA for each process in H and in the cgroups below it. Returns how many of the
 * calls returned true. */
size_t each_process(const struct hierarchy *h, bool (*visit)(pid_t pid, void *data), void *data);

/* Removes the folder box/ in which H was, unless another container is in it. On v2 it also tries to
 * remove "box.self" beside it, which make_room() makes. Changes h->path. */
void hierarchy_remove_above(struct hierarchy *h);

#endif
