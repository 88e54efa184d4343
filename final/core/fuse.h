/* fuse.h: the root of a container in a user namespace that box is in, too: an overlay of the
 * kernel's, or where the kernel refuses that, one of fuse-overlayfs(1). */
#ifndef FUSE_H
#define FUSE_H

#include <sys/types.h>

#include "spec.h"

/* Mounts the overlay of ROOT, which has root->outside, on root->path, in the mount namespace of
 * this process, which becomes a new one, and of which the container's child has a copy. *DAEMON
 * becomes the PID of fuse-overlayfs, a child of this process; or 0 if the kernel has made the
 * mount. Returns 0, or -1 after fail(), when nothing is mounted. */
int fuse_mount(const struct root *root, pid_t *daemon);

/* Unmounts what fuse_mount() has mounted for ROOT, and ends DAEMON, unless that is 0. The container
 * has ended. */
void fuse_unmount(const struct root *root, pid_t daemon);

#endif
