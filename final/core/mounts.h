/* mounts.h: a container's volumes and file systems, the list spec->mounts. init.c and container.c
 * call these functions, which return 0, or -1 after fail(), unless their comment says more. */
#ifndef MOUNTS_H
#define MOUNTS_H

#include <stdbool.h>

#include "cgroup.h"
#include "spec.h"

/* Whether box takes MOUNT itself, and sends it to the child (mapped.h). */
bool mount_is_sent(const struct mount *mount);

/* take_mounts() makes a copy of the source of each bind mount, attached nowhere: trees[i] becomes a
 * descriptor of the copy for spec->mounts[i]. It becomes -1 for an optional mount whose source is
 * missing, and for a source in the container's own root, which attach_mounts() copies later.
 * Mounts of mount_is_sent() are left out. take_mounts() is called by root of the host,
 * while paths still lead to the host.
 *
 * mount_take_outside() takes the copy for one of the mounts that are left out. It returns a
 * descriptor of the copy, which the caller closes, or -1 after fail().
 *
 * make_mounts() makes all other mounts, as root of the container, who is to own them. It makes the
 * files of spec->mounts[i].text in SCRATCH, a descriptor of a tmpfs. A /proc that it mounts shows
 * the PID namespace PID_NS, a descriptor, or the caller's own if PID_NS is -1. */
int take_mounts(const struct spec *spec, int trees[]);
int mount_take_outside(const struct spec *spec, const struct mount *mount);
int make_mounts(
	const struct spec *spec, const struct cgroup *cgroup, int pid_ns, int scratch, int trees[]);

/* attach_mounts() attaches all TREES below ROOT, a descriptor of the container's root, and closes
 * them, except for each tmpfs that is to be read-only. restrict_mounts() makes these tmpfs mounts
 * read-only and closes them; it is called when everything in them has been made. */
int attach_mounts(const struct spec *spec, int root, int scratch, int trees[]);
int restrict_mounts(const struct spec *spec, int trees[]);

#endif
