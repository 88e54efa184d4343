/* dev.h: the container's /dev, and device nodes at any path. init.c and mounts.c call these. */
#ifndef DEV_H
#define DEV_H

#include "spec.h"

/* The nodes that every container has, as Docker and the specification have them (config-linux.md,
 * "Default Devices"). */
enum { N_DEFAULT_DEVICES = 6 };
extern const struct device default_devices[N_DEFAULT_DEVICES];

/* dev_fill() fills DEV, a tmpfs for /dev that is attached nowhere yet, with the usual symlinks, and
 * with an empty file for each of spec->devices. When DEV is attached, dev_mount_nodes() makes the
 * device nodes in SCRATCH, a tmpfs, and mounts each on its file. */
int dev_fill(int dev, const struct spec *spec);
int dev_mount_nodes(int dev, const struct spec *spec, int scratch);

/* Takes the host's device nodes for spec->oci->nodes, where a user namespace may not make any:
 * trees[i] becomes a copy of the mount for spec->oci->nodes[i], attached nowhere, or -1. */
int devices_take(const struct spec *spec, int trees[]);

/* Makes spec->oci->nodes below ROOT, or mounts and closes TREES there, and makes the usual symlinks
 * of /dev. Does nothing without nodes, or where /dev is a bind mount. */
int devices_make(const struct spec *spec, int root, int trees[]);

#endif
