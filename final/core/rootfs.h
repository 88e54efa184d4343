/* rootfs.h: the container's root; called by init.c. */
#ifndef ROOTFS_H
#define ROOTFS_H

#include "spec.h"

/* Mounts the root on spec->rootfs, and opens it. For an overlay *SCRATCH becomes the descriptor of
 * a tmpfs from which single files can be mounted; it is gone when the root is entered. Else it is
 * -1. */
int rootfs_mount(const struct spec *spec, int *scratch);

/* Makes ROOT, that is it, the root of the mount namespace, and lets go of the old one. */
int rootfs_enter(const struct spec *spec, int root);

/* Sets spec->root_attributes, when all that the root lacked has been made. */
int rootfs_restrict(const struct spec *spec);

#endif
