/* cgroup-parts.h: what the files cgroup-*.c have in common, and nobody else needs. */
#ifndef CGROUP_PARTS_H
#define CGROUP_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cgroup.h"
#include "spec.h"

/* The controllers that box uses, as bits of a set; and the hierarchy of v1 that has none, by which
 * systemd knows to which unit a process belongs. */
enum {
	CONTROLLER_FREEZER = 1,
	CONTROLLER_PIDS = 2,
	CONTROLLER_MEMORY = 4,
	CONTROLLER_CPU = 8,
	CONTROLLER_CPUSET = 16,
	N_CONTROLLERS = 16,
	CONTROLLER_SYSTEMD = 1 << (N_CONTROLLERS - 1)
};
extern const char *const cgroup_controllers[N_CONTROLLERS];

/* A cgroup in which box makes its folder box/: the top of a mounted hierarchy, or a cgroup of v2
 * that was delegated to box. */
struct base {
	char path[320];
	char list[128]; /* of v1: the names of these controllers */
	unsigned controllers; /* of v1 */
	bool v2;
	pid_t box; /* the one box that is in this cgroup itself: 0 for this process, -1 for none */
};
_Static_assert(
	(int)MAX_HIERARCHIES > (int)N_CONTROLLERS, "a container has a cgroup in each hierarchy");

/* All of them, the best handle on processes first. bases_find() fills them in, once; a machine
 * without cgroups has none. */
extern struct base bases[N_CONTROLLERS + 2];
extern size_t n_bases;
int bases_find(void);

/* Whether base I is the top of v2, the last of its bases. */
bool bases_is_top(size_t i);

/* The controllers whose names are among WORDS, divided by commas or spaces. */
unsigned controllers_in(const char *words);

/* Finds this process's line, "ID:LIST:PATH" (cgroups(7)), for the hierarchy of v1 with one of
 * CONTROLLERS; for v2, when there are none. */
bool own_cgroup(unsigned controllers, char list[128], char path[512]);

/* Fills in H what the container ID has below BASE, but for the descriptor. False when the path is
 * too long. */
bool hierarchy_name(const struct base *base, const char *id, struct hierarchy *h);

/* The attribute of a folder whose path was given: it is the container's. Others stay, whatever a
 * state says. */
extern const char cgroup_mark[];

/* Opens what there is of the container ID. EVERYWHERE: where the bases of v2, the last of which is
 * its top, do not have it, another box's may. */
int cgroup_open_all(struct cgroup *cgroup, const char *id, bool everywhere);

/* Writes TEXT to FILE of DIR. Returns -1 with errno, and leaves failure() alone. */
int try_write(int dir, const char *file, const char *text);

/* Writes TEXT to FILE of H. Returns -1 after fail(). */
int hierarchy_write(const struct hierarchy *h, const char *file, const char *text);

/* Writes what LIMITS say of CONTROLLERS to H. */
int hierarchy_limit(const struct hierarchy *h, unsigned controllers, const struct limits *limits);

/* The controllers that LIMITS need. */
unsigned limited(const struct limits *limits);

/* Lets H, which is below BASE of v2, have those of CONTROLLERS that BASE has. Returns these. */
int take_controllers(const struct base *base, const struct hierarchy *h, unsigned controllers);

/* Makes that of BASE, with the limits for CONTROLLERS; of v2, with those that it has. Returns what
 * these are, or -1. */
int cgroup_make_in(struct cgroup *cgroup, const struct base *base, const char *id,
	unsigned controllers, const struct limits *limits);

/* Says why the first of CONTROLLERS cannot be had, and what to do. Returns -1. */
int limit_is_missing(unsigned controllers);

/* Whether H is frozen, or about to be; with SURELY, whether nothing in it runs any more. */
bool hierarchy_is_frozen(const struct hierarchy *h, bool surely);

/* Calls VISIT for each process in H and below. Returns how often it said yes. */
size_t each_process(const struct hierarchy *h, bool (*visit)(pid_t pid, void *data), void *data);

/* Removes box/ of H, unless another container is in it. Changes the path of H. */
void hierarchy_remove_above(struct hierarchy *h);

#endif
