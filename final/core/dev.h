/* dev.h: the container's /dev, and device nodes of any path; called by init.c. */
#ifndef DEV_H
#define DEV_H

#include "spec.h"

/* Fills DEV, a tmpfs for /dev that is attached nowhere yet, with links, and with files for the
 * nodes of spec->devices. Then, when it is attached, mounts the nodes on them, made in SCRATCH. */
int dev_fill(int dev, const struct spec *spec);
int dev_mount_nodes(int dev, const struct spec *spec, int scratch);

/* The host's nodes, where a user namespace may not make any: trees, attached nowhere; or -1. */
int devices_take(const struct spec *spec, int trees[]);

/* Makes spec->nodes, and the usual symlinks, below ROOT. */
int devices_make(const struct spec *spec, int root, int trees[]);

#endif
