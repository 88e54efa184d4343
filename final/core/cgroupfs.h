/* cgroupfs.h: the mount of type cgroup, by which a container sees its cgroups. */
#ifndef CGROUPFS_H
#define CGROUPFS_H

#include "cgroup.h"
#include "spec.h"

/* Makes the mount for MOUNT, whose type is "cgroup", of the container's CGROUP: a mount of type
 * cgroup2, or for v1 a tmpfs with a folder for each hierarchy. Only the attributes of MOUNT are
 * used. Returns a descriptor of the mount, which is attached nowhere and is the caller's; or -1
 * with errno set, without fail(). */
int cgroupfs_take(const struct spec *spec, const struct cgroup *cgroup, const struct mount *mount);

#endif
