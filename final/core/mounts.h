/* mounts.h: a container's volumes and file systems, the list spec->mounts. init.c and container.c
 * call these. */
#ifndef MOUNTS_H
#define MOUNTS_H

#include "cgroup.h"
#include "spec.h"

/* take_mounts() makes a copy of each bind mount's source, attached nowhere: trees[i] becomes its
 * descriptor for spec->mounts[i], or -1 for an optional one that is missing, and for one whose
 * source is in the container's own root, which attach_mounts() takes. It leaves ID-mapped mounts
 * out. It is called by root of the host, while paths still lead to the host.
 *
 * mount_take_mapped() takes one ID-mapped mount, with the user namespace USERS, a descriptor, and
 * returns the descriptor of the mount. Box calls it, because it needs privileges in the user
 * namespace that owns the file system, which is the host's (mount_setattr(2)).
 *
 * make_mounts() makes all other mounts, as the user who is to own them: the container's root. It
 * makes the files of spec->mounts[i].text in SCRATCH, and /proc for the PID namespace PIDS, a
 * descriptor, or with -1 for the caller's. */
int take_mounts(const struct spec *spec, int trees[]);
int mount_take_mapped(const struct spec *spec, const struct mount *mount, int users);
int make_mounts(
	const struct spec *spec, const struct cgroup *cgroup, int pids, int scratch, int trees[]);

/* attach_mounts() attaches all TREES below ROOT, the container's root, and closes them, except for
 * each tmpfs that is to be read-only. restrict_mounts() makes these read-only and closes them, when
 * everything in them has been made. */
int attach_mounts(const struct spec *spec, int root, int scratch, int trees[]);
int restrict_mounts(const struct spec *spec, int trees[]);

#endif
