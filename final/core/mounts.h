/* mounts.h: volumes and file systems; called by init.c. */
#ifndef MOUNTS_H
#define MOUNTS_H

#include "cgroup.h"
#include "spec.h"

/* Takes the bind mounts of spec, attached nowhere: trees[i] for mounts[i], -1 for an optional one
 * that is missing, and for a source in the container's own root, which mounts_attach() takes.
 * Called while names still lead to the host, and by its root. Then makes the other mounts, as the
 * root that is to own them; files of spec->mounts[i].text in SCRATCH, and /proc of the PID
 * namespace PIDS, unless that is -1. ID-mapped ones are taken by mount_take_mapped() instead, one
 * by one, with a descriptor of the user namespace USERS: that takes privileges over the file
 * system, which are the host's (mount_setattr(2)). */
int mounts_take(const struct spec *spec, int trees[]);
int mount_take_mapped(const struct spec *spec, const struct mount *mount, int users);
int mounts_make(
	const struct spec *spec, const struct cgroup *cgroup, int pids, int scratch, int trees[]);

/* Attaches them below ROOT, the container's, and closes them, but for each tmpfs that is to be
 * read-only: mounts_restrict() makes it so, and closes it, when all is in it. */
int mounts_attach(const struct spec *spec, int root, int scratch, int trees[]);
int mounts_restrict(const struct spec *spec, int trees[]);

#endif
