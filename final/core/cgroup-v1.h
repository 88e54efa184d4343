/* cgroup-v1.h: what differs with cgroup v1. cgroup-v1.c and cgroup-v1-change.c can be deleted when
 * nobody needs v1 any more. Each of these functions is called once, at the place where v1 differs,
 * which the comment names. Only the files cgroup*.c and device-rules.c include this.
 *
 * A container has a cgroup of v1, a struct hierarchy like that of v2, for each controller that it
 * needs. Code in which v1 differs by a single word, such as a file's name, is not here: see
 * cgroup_join() ("tasks"), oom_open(), the columns for v1 in resources.c, and the loops over struct
 * cgroup. cgroup_follow() of cgroup.h is needed for v1 alone, and is in cgroup-v1-change.c.
 * Functions that return an int return 0, or -1 after fail(), unless their comment says more. */
#ifndef CGROUP_V1_H
#define CGROUP_V1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "spec.h"

struct cgroup_base;
struct mountinfo;

/* Called by add_mount(). Returns whether MOUNT is a hierarchy of v1 that box can use. If so, fills
 * in BASE, except for its path, and sets OWN to the path of this process's cgroup in that
 * hierarchy. OWN_CGROUPS is the text of /proc/self/cgroup. */
bool v1_base(struct cgroup_base *base, const struct mountinfo *mount, const char *own_cgroups,
	char own[512]);

/* Called by cgroup_go_below(). TEXT is CONTROLLER[,CONTROLLER...]:PATH. Sets CHOSEN to true for the
 * hierarchies of CGROUP that have these controllers. It is an error if CGROUP lacks one of them. */
int v1_choose(const struct cgroup *cgroup, const char *text, bool chosen[MAX_HIERARCHIES]);

/* Called by limit_is_missing(). Returns whether the first of CONTROLLERS belongs to a hierarchy of
 * v1 that is not mounted. If so, failx() has been called with the mount command that helps. */
bool v1_is_unmounted(unsigned controllers);

/* Called by make_cgroup_in(). Gives H, and the cgroups between BASE and H, the CPUs and memory
 * nodes without which no process can join a cpuset (cpuset(7)). */
int v1_prepare(const struct cgroup_base *base, const struct hierarchy *h);

/* Returns the CPUs of the cgroup above H: in v1 a new cgroup has none, and no process could run in
 * it. The caller frees the text; NULL after fail(). */
char *v1_cpus_above(const struct hierarchy *h);

/* These do the work of try_freeze() and hierarchy_is_frozen() if H is of v1. v1_freeze() returns -1
 * with errno set, without fail(). */
int v1_freeze(const struct hierarchy *h, bool frozen);
bool v1_is_frozen(const struct hierarchy *h, bool surely);

/* Called by cgroup_usage(). Fills in those fields of USAGE that are still -1, as far as v1 knows
 * them. */
void v1_usage(const struct cgroup *cgroup, struct usage *usage);

/* Does what devices_control() does. Returns 1 if no hierarchy of v1 controls devices. */
int v1_devices(const struct cgroup *cgroup, const struct device_rule *rules, size_t n);

/* Called by cgroupfs_take(). Makes a tmpfs with a folder for each hierarchy, v2 included, and
 * returns a descriptor of its mount, which is the caller's; or -1 with errno set,
 * without fail(). */
int v1_take_all(const struct spec *spec, const struct cgroup *cgroup, uint64_t attributes);

/* Called by cgroup_update(). v1_update() writes LIMITS for those of the controllers WANTED that v1
 * has. It returns the set of these controllers, or -1 after fail(). In a hierarchy where the
 * container ID has no cgroup yet, it makes one, and adds it to CGROUP. v1_move_all() then puts the
 * container's processes into the cgroups of CGROUP from the number FIRST on. It freezes the
 * container meanwhile, so that no process can fork and leave a child behind. */
int v1_update(struct cgroup *cgroup, const char *id, unsigned wanted, const struct limits *limits);
int v1_move_all(const struct cgroup *cgroup, const char *id, size_t first);

#endif
