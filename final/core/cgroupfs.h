/* cgroupfs.h: what a container sees of its cgroups. */
#ifndef CGROUPFS_H
#define CGROUPFS_H

#include "cgroup.h"
#include "spec.h"

/* A tree for a mount of type cgroup. */
int cgroupfs_take(const struct spec *spec, const struct cgroup *cgroup, const struct mount *mount);

#endif
