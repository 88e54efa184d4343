/* rootfs.h: the container's root folder. init.c calls these functions, which return -1 after
 * fail(). */
#ifndef ROOTFS_H
#define ROOTFS_H

#include "spec.h"

/* Mounts the container's root on root->path, or near it, and returns a descriptor of the root,
 * which the caller closes. GIVEN is a descriptor of the root's overlay if box has made it
 * (mapped.h), or -1. For an overlay *SCRATCH becomes a descriptor of a tmpfs, which the caller
 * closes, too: files that are made in this tmpfs can be mounted one by one. The mount of the tmpfs
 * disappears with the old root in enter_rootfs(). Without an overlay *SCRATCH stays as it is. */
int mount_rootfs(const struct root *root, int given, int *scratch);

/* Mounts the root's overlay on root->path, over the tmpfs of mount_rootfs() unless SCRATCH is NULL.
 * Changes the working folder. Returns 0; an error is that of overlay_mount(), also in errno. */
int mount_overlay(const struct root *root, int *scratch);

/* Makes FD, a descriptor of mount_rootfs(), the root of the mount namespace (pivot_root(2)), and
 * detaches the old root. Returns 0. */
int enter_rootfs(const struct root *root, int fd);

/* Sets root->attributes on the mount of "/". It is called when everything in that mount has been
 * made. Returns 0. */
int restrict_rootfs(const struct root *root);

#endif
