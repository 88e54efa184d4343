/* cgroupfs.c: the mount of type cgroup, by which a container sees its cgroups. */
#define _GNU_SOURCE
#include "cgroupfs.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that header */

#include "cleanup.h"
#include "cgroup.h"
#include "spec.h"
#include "tree.h"

/* Takes the mount of one hierarchy. In a cgroup namespace a new mount shows the container's cgroup
 * and what is below it; without one the folder of the container's cgroup is bind mounted. */
static int take_one(const struct spec *spec, const struct hierarchy *h, uint64_t attributes)
{
	autoclose int tree = -1;

	if (spec->namespaces.made & CLONE_NEWCGROUP)
		return mount_new(
			h->v2 ? "cgroup2" : "cgroup", "cgroup", h->v2 ? NULL : h->list, attributes);
	tree = mount_copy(AT_FDCWD, h->path, false);
	return tree < 0 || mount_restrict(tree, attributes, false) < 0 ? -1 : steal_fd(&tree);
}

/* Makes a symlink for each controller of a hierarchy that has several: cpu -> cpu,cpuacct. */
static int link_names(int folder, const char *controllers)
{
	autofree char *copy = strdup(controllers);
	char *rest = copy;

	if (!copy)
		return -1;
	for (char *name; strchr(controllers, ',') && (name = strsep(&rest, ","));)
		if (symlinkat(controllers, folder, name) < 0)
			return -1;
	return 0;
}

static int fill(
	const struct spec *spec, const struct cgroup *cgroup, int folder, uint64_t attributes)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		const struct hierarchy *h = &cgroup->hierarchies[i];
		const char *name = h->v2                                  ? "unified"
				   : strcmp(h->list, "name=systemd") == 0 ? "systemd"
									  : h->list;
		autoclose int tree = -1, target = -1;

		if ((tree = take_one(spec, h, attributes)) < 0)
			return -1;
		if (mkdirat(folder, name, 0755) < 0)
			return -1;
		target = openat(folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (target < 0 || mount_attach(tree, target) < 0 || link_names(folder, h->list) < 0)
			return -1;
	}
	return 0;
}

int cgroupfs_take(const struct spec *spec, const struct cgroup *cgroup, const struct mount *mount)
{
	autoclose int target = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), top = -1, copy = -1;

	if (cgroup->n == 1 && cgroup->hierarchies[0].v2)
		return take_one(spec, &cgroup->hierarchies[0], mount->attributes);
	/* Before Linux 6.15 open_tree(2) copies only what is attached: so it covers / for a
	 * moment. */
	top = mount_new("tmpfs", "tmpfs", "mode=755", mount->attributes & ~MOUNT_ATTR_RDONLY);
	if (target < 0 || top < 0 || mount_attach(top, target) < 0)
		return -1;
	if (fill(spec, cgroup, top, mount->attributes) == 0)
		copy = mount_copy(top, "", true);
	if (fchdir(top) < 0 || umount2(".", MNT_DETACH) < 0 || fchdir(target) < 0)
		return -1;
	return steal_fd(&copy);
}
