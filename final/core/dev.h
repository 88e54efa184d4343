/* dev.h: the container's /dev, and device nodes at any path. init.c and mounts.c call these
 * functions, which return 0, or -1 after fail(). */
#ifndef DEV_H
#define DEV_H

#include "spec.h"

/* The device nodes that every container has, as with Docker and in the specification
 * (config-linux.md, "Default Devices"). */
enum { N_DEFAULT_DEVICES = 6 };
extern const struct device default_devices[N_DEFAULT_DEVICES];

/* dev_fill() fills DEV, a tmpfs for /dev that is attached nowhere yet, with the usual symlinks, and
 * with an empty file for each of spec->devices. When DEV is attached, dev_mount_nodes() makes the
 * device nodes in the tmpfs SCRATCH, and mounts each node on its file in DEV. DEV and SCRATCH are
 * descriptors. */
int dev_fill(int dev, const struct spec *spec);
int dev_mount_nodes(int dev, const struct spec *spec, int scratch);

/* Takes the host's device nodes for spec->oci->nodes if the container has a user namespace, or is
 * made in one, where mknod(2) is not allowed: trees[i] becomes a bind mount of the host's node for
 * spec->oci->nodes[i], attached nowhere. Otherwise, and for a fifo that the host lacks, trees[i]
 * becomes -1. */
int devices_take(const struct spec *spec, int trees[]);

/* Makes spec->oci->nodes below ROOT, a descriptor, or mounts TREES in their places and closes them;
 * and makes the usual symlinks of /dev. Does nothing if there are no nodes, or if /dev is a bind
 * mount. */
int devices_make(const struct spec *spec, int root, int trees[]);

#endif
