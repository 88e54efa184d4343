/* cgroup-v1.h: what differs with cgroup v1. cgroup-v1.c and cgroup-v1-change.c can be deleted when
 * nobody needs v1 any more. Each of these functions is called once, at the place where v1 differs,
 * which the comment names. Only the files cgroup*.c and device-rules.c include this.
 *
 * A container has a cgroup of v1, a struct hierarchy like that of v2, for each controller that it
 * needs. What differs by a word is not here, but where it is: cgroup_join() ("tasks"), oom_open(),
 * the columns for v1 of resources.c, and the loops over struct cgroup. cgroup_follow() of cgroup.h
 * is of use for v1 alone, and is in cgroup-v1-change.c. */
#ifndef CGROUP_V1_H
#define CGROUP_V1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "spec.h"

struct base;
struct mountinfo;

/* add_mount(): whether MOUNT is a hierarchy that box can use. Fills in BASE, except for its path,
 * and sets OWN to the path of this process's cgroup there, by OWN_CGROUPS, the text of
 * /proc/self/cgroup. */
bool v1_base(
	struct base *base, const struct mountinfo *mount, const char *own_cgroups, char own[512]);

/* cgroup_go_below(): marks in CHOSEN the hierarchies of CGROUP that TEXT begins with, as
 * CONTROLLER[,CONTROLLER...]:PATH. Returns -1 after failx() if one of them is not there. */
int v1_choose(const struct cgroup *cgroup, const char *text, bool chosen[MAX_HIERARCHIES]);

/* limit_is_missing(): whether the first of CONTROLLERS has a hierarchy that is not mounted. Then
 * what the user can do has been noted. */
bool v1_is_unmounted(unsigned controllers);

/* make_cgroup_in(): prepares H, and the cgroups between BASE and H, for the first process. */
int v1_prepare(const struct base *base, const struct hierarchy *h);

/* hierarchy_limit(), try_freeze() and hierarchy_is_frozen(), if H is of v1. */
int v1_limit(const struct hierarchy *h, unsigned controllers, const struct limits *limits);
int v1_freeze(const struct hierarchy *h, bool frozen);
bool v1_is_frozen(const struct hierarchy *h, bool surely);

/* cgroup_usage(): fills in what is still -1 in USAGE. */
void v1_usage(const struct cgroup *cgroup, struct usage *usage);

/* devices_control(): as that does. Returns 1 if no hierarchy of v1 controls devices. */
int v1_devices(const struct cgroup *cgroup, const struct device_rule *rules, size_t n);

/* cgroupfs_take(): a tmpfs with a folder for each hierarchy, that of v2 included. */
int v1_take_all(const struct spec *spec, const struct cgroup *cgroup, uint64_t attributes);

/* cgroup_update(): v1_update() writes LIMITS for those of the controllers WANTED that v1 has.
 * Returns the set of these, or -1. Where the container ID has no cgroup yet, one is made, and added
 * to CGROUP; v1_move_all() puts the container's processes into those from the number FIRST on. The
 * container is frozen meanwhile, so that no process can fork and leave a child behind. */
int v1_update(struct cgroup *cgroup, const char *id, unsigned wanted, const struct limits *limits);
int v1_move_all(const struct cgroup *cgroup, const char *id, size_t first);

#endif
