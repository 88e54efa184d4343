/* cgroupfs.c: the mount of type cgroup, by which a container sees its cgroup. */
#define _GNU_SOURCE
#include "cgroupfs.h"

#include <fcntl.h>
#include <sched.h>
#include <stddef.h>

#include "cleanup.h"
#include "cgroup.h"
#include "cgroup-v1.h"
#include "spec.h"
#include "tree.h"

int cgroupfs_take(const struct spec *spec, const struct cgroup *cgroup, const struct mount *mount)
{
	const struct hierarchy *h;
	autoclose int tree = -1;
	struct cgroup own;

	/* A container without a cgroup stays in those of box. */
	if (cgroup->n == 0) {
		if (cgroup_own(&own) < 0)
			return -1;
		cgroup = &own;
	}
	h = &cgroup->hierarchies[0];
	if (cgroup->n != 1 || !h->v2)
		return v1_take_all(spec, cgroup, mount->attributes);
	/* In a cgroup namespace a new mount shows the container's cgroup and what is below it;
	 * without a cgroup namespace, the folder of the container's cgroup is bind mounted. */
	if (spec->namespaces.made & CLONE_NEWCGROUP)
		return mount_new("cgroup2", "cgroup", NULL, mount->attributes);
	tree = mount_copy(AT_FDCWD, h->path, false);
	return tree < 0 || mount_restrict(tree, mount->attributes, false) < 0 ? -1
									      : steal_fd(&tree);
}
