/* tree.h: the mount calls of Linux 5.2 to 5.12, under short names. */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "spec.h"

/* Whether the kernel can mount a /proc for another PID namespace, which mount_new_of() needs for
 * PID_NS (Linux 6.17). */
bool mounts_know_pids(void);

/* Mounts as descriptors, which are attached nowhere until mount_attach(). All of these functions
 * return -1 with errno set, without fail(), after an error, and otherwise a descriptor or 0.
 * ATTRIBUTES are MOUNT_ATTR_* of mount_setattr(2).
 *
 * mount_new() makes a new file system of TYPE, with SOURCE as the name in the mount table and
 * OPTIONS as for mount(8) (or NULL), and returns its descriptor, which the caller closes.
 * mount_copy() makes a bind mount of PATH relative to DIR, or of DIR itself if PATH is "". With
 * RECURSIVE it includes all mounts below PATH. It returns a descriptor, which the caller closes.
 *
 * mount_restrict() adds ATTRIBUTES to the mount TREE, and with RECURSIVE also to the mounts below
 * it. mount_map() has the mount TREE show the owners of files as USERS, a descriptor of a user
 * namespace, maps them ("ID-mapped mounts"). mount_change() makes CHANGE to the mount TREE.
 * mount_attach() mounts TREE on the file or folder TARGET, a descriptor. */
int mount_new(const char *type, const char *source, const char *options, uint64_t attributes);
int mount_copy(int dir, const char *path, bool recursive);
int mount_restrict(int tree, uint64_t attributes, bool recursive);
int mount_map(int tree, int users, bool recursive);
int mount_change(int tree, const struct mount_change *change);
int mount_attach(int tree, int target);

/* Does what mount_new() does; for the type "proc", PID_NS is a descriptor of the PID namespace that
 * is shown, or -1 for the caller's. */
int mount_new_of(
	const char *type, const char *source, const char *options, uint64_t attributes, int pid_ns);

#endif
