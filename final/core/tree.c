/* tree.c: the mount calls of Linux 5.2 to 5.12: mounts as descriptors, attached nowhere. */
#define _GNU_SOURCE
#include "tree.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that header */

#include "cleanup.h"
#include "spec.h"

int mount_attach(int tree, int target)
{
	return syscall(SYS_move_mount, tree, "", target, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int mount_copy(int dir, const char *path, bool recursive)
{
	return syscall(SYS_open_tree, dir, path,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
			(recursive ? AT_RECURSIVE : 0));
}

int mount_restrict(int tree, uint64_t attributes, bool recursive)
{
	struct mount_attr attr = {.attr_set = attributes};

	return syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
		&attr, sizeof(attr));
}

int mount_map(int tree, int users, bool recursive)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = users};

	return syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
		&attr, sizeof(attr));
}

int mount_change(int tree, const struct mount_change *change)
{
	struct mount_attr attr = {.attr_set = change->set,
		.attr_clr = change->clear,
		.propagation = change->propagation};

	return syscall(SYS_mount_setattr, tree, "",
		AT_EMPTY_PATH | (change->recursive ? AT_RECURSIVE : 0), &attr, sizeof(attr));
}

/* Lets the new /proc CONTEXT show the PID namespace PID_NS, which works since Linux 6.17 (the
 * kernel's Documentation/filesystems/proc.rst). */
static int set_pids(int context, int pid_ns)
{
	return syscall(SYS_fsconfig, context, FSCONFIG_SET_FD, "pidns", NULL, pid_ns);
}

/* Sets OPTIONS, written as for mount(8): "size=64m,newinstance". */
static int configure(int context, const char *options)
{
	autofree char *copy = strdup(options ? options : "");
	char *rest = copy, *key, *value;

	if (!copy)
		return -1;
	while ((key = strsep(&rest, ","))) {
		if (!*key)
			continue;
		if ((value = strchr(key, '=')))
			*value++ = '\0';
		if (syscall(SYS_fsconfig, context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			    key, value, 0) < 0)
			return -1;
	}
	return 0;
}

int mount_new_of(
	const char *type, const char *source, const char *options, uint64_t attributes, int pid_ns)
{
	autoclose int context = syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);

	if (context < 0 ||
		syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", source, 0) < 0 ||
		(pid_ns >= 0 && set_pids(context, pid_ns) < 0) || configure(context, options) < 0 ||
		syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}

int mount_new(const char *type, const char *source, const char *options, uint64_t attributes)
{
	return mount_new_of(type, source, options, attributes, -1);
}

bool mounts_know_pids(void)
{
	autoclose int context = syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC),
		      own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	return context >= 0 && own >= 0 && set_pids(context, own) == 0;
}
