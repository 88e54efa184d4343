/* rootfs.h: the container's root folder. init.c calls these. */
#ifndef ROOTFS_H
#define ROOTFS_H

#include "spec.h"

/* Mounts the container's root on root->path, and returns a descriptor of it, which is the
 * caller's. For an overlay *SCRATCH becomes a descriptor of a tmpfs, in which files can be made
 * that are mounted one by one; the mount of that tmpfs disappears with the old root in
 * enter_rootfs(). Otherwise *SCRATCH stays as it is. */
int mount_rootfs(const struct root *root, int *scratch);

/* Makes FD, of mount_rootfs(), the root of the mount namespace, and detaches the old root. */
int enter_rootfs(const struct root *root, int fd);

/* Sets root->attributes on the mount of "/", when all that is to be made in it has been
 * made. */
int restrict_rootfs(const struct root *root);

#endif
