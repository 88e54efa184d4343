/* masks.c: what a container cannot see, or cannot change, in its /proc and /sys. The
 * steps call the two lists hidden and read_only. */
#define _GNU_SOURCE
#include "masks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that header */

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "path.h"
#include "spec.h"
#include "tree.h"

/* Covers the folder TARGET. One empty file system covers all folders: a copy of its first mount is
 * cheaper than another file system. *EMPTY is a descriptor of that first mount, or -1 before there
 * is one. Before Linux 6.15 only a mount that is attached can be copied, so the first one is
 * attached before it is copied. */
static int cover_folder(int target, int *empty)
{
	const uint64_t attributes =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	autoclose int tree = *empty >= 0 ? mount_copy(*empty, "", false)
					 : mount_new("tmpfs", "tmpfs",
						   "size=0,nr_inodes=2,mode=755", attributes);

	if (tree < 0 || mount_attach(tree, target) < 0)
		return -1;
	if (*empty < 0)
		*empty = steal_fd(&tree);
	return 0;
}

static bool is_file(const struct stat *st, int fd)
{
	struct stat other;

	return fd >= 0 && fstat(fd, &other) == 0 && st->st_dev == other.st_dev &&
	       st->st_ino == other.st_ino;
}

/* Covers TARGET: a file by a bind mount of the descriptor "null", which is /dev/null, and a folder
 * by *EMPTY. A file or folder that is covered already, perhaps under another name, is not covered
 * again. */
static int mask(int target, int null, int *empty)
{
	struct stat st;
	autoclose int tree = -1;

	if (fstat(target, &st) < 0)
		return -1;
	if (is_file(&st, null) || is_file(&st, *empty))
		return 0;
	if (S_ISDIR(st.st_mode))
		return cover_folder(target, empty);
	tree = mount_copy(null, "", false);
	return tree < 0 ? -1 : mount_attach(tree, target);
}

static int mask_all(int root, const char *const *paths)
{
	autoclose int null = open_in_root(root, "/dev/null", O_PATH | O_NOFOLLOW, 0), empty = -1;
	struct stat st;

	if (null < 0 || fstat(null, &st) < 0)
		return fail("/dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return failx("/dev/null is not the null device");
	for (; *paths; paths++) {
		autoclose int target = open_in_root(root, *paths, O_PATH, 0);

		if (target < 0 ? errno != ENOENT && errno != ENOTDIR
			       : mask(target, null, &empty) < 0)
			return fail("mask %s", *paths);
	}
	return 0;
}

/* Returns the ID of the mount on which FD is (statx(2), STATX_MNT_ID, Linux 5.8), or 0. */
static uint64_t mount_id(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 || !(st.stx_mask & STATX_MNT_ID))
		return 0;
	return st.stx_mnt_id;
}

/* Makes TARGET read-only by a mount, and adds the mount's ID to the *N elements of MADE. A target
 * on one of the mounts in MADE is read-only already. */
static int make_constant(int target, uint64_t made[], size_t *n)
{
	uint64_t id = mount_id(target);
	autoclose int tree = -1;

	for (size_t i = 0; i < *n; i++)
		if (id && id == made[i])
			return 0;
	if ((tree = mount_copy(target, "", true)) < 0 ||
		mount_restrict(tree, MOUNT_ATTR_RDONLY, true) < 0 || mount_attach(tree, target) < 0)
		return -1;
	made[(*n)++] = mount_id(tree);
	return 0;
}

static int make_all_constant(int root, const char *const *paths)
{
	uint64_t *made;
	size_t n = 0;
	int result = 0;

	while (paths[n])
		n++;
	if (!(made = calloc(n + 1, sizeof(*made))))
		return fail("memory");
	for (n = 0; result == 0 && *paths; paths++) {
		autoclose int target = open_in_root(root, *paths, O_PATH, 0);

		if (target < 0 ? errno != ENOENT && errno != ENOTDIR
			       : make_constant(target, made, &n) < 0)
			result = fail("make %s read-only", *paths);
	}
	free(made);
	return result;
}

int mask_paths(const struct spec *spec)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return fail("/");
	if (spec->masked || spec->constant)
		debug("mask parts of /proc and /sys, make others read-only");
	if (spec->masked && *spec->masked && mask_all(root, spec->masked) < 0)
		return -1;
	return spec->constant ? make_all_constant(root, spec->constant) : 0;
}
