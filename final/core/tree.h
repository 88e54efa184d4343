/* tree.h: the mount calls of Linux 5.2 to 5.12, by their names. */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "spec.h"

/* Whether the kernel can mount a /proc of another PID namespace, as PIDS of mounts_make(). */
bool mounts_know_pids(void);

/* The new mount calls by their names, for descriptors; errno only, no fail(). A copy or a new mount
 * is attached nowhere yet. ATTRIBUTES are MOUNT_ATTR_* of mount_setattr(2). */
int mount_new(const char *type, const char *source, const char *options, uint64_t attributes);
int mount_copy(int dir, const char *path, bool recursive);
int mount_restrict(int tree, uint64_t attributes, bool recursive);
int mount_change(int tree, const struct mount_change *change);
int mount_attach(int tree, int target);

/* As mount_new(); of a /proc, PIDS is a descriptor of the PID namespace that it shows (-1: the
 * caller's). */
int mount_new_of(
	const char *type, const char *source, const char *options, uint64_t attributes, int pids);

#endif
