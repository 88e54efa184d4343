/* rootfs.c: the container's root folder. */
#define _GNU_SOURCE
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that header */

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "overlay.h"
#include "path.h"
#include "covered.h"
#include "spec.h"
#include "tree.h"

/* Mounts on PLACE a tmpfs in which box makes all files that it mounts one by one later, and returns
 * a descriptor of it. Before Linux 6.15 open_tree(2) copies only a mount that is attached, so this
 * tmpfs has to be attached; and to unmount it would take up to a millisecond. So it is attached
 * where the container's root covers it afterwards, and stays there. */
static int mount_scratch(int place)
{
	autoclose int tree = mount_new("tmpfs", "box", "size=4m,mode=755,uid=0,gid=0",
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);

	if (tree < 0 || mount_attach(tree, place) < 0)
		return fail("mount a tmpfs");
	return steal_fd(&tree);
}

/* Mounts the image's layers, which are never changed, below a folder for what the container writes.
 * The lowest layer has the files and folders on which box mounts something: see make_base() in
 * store.c. The overlay covers the folder of the layers only in the container's own mount namespace.
 *
 * Option volatile, for a root that is thrown away after the run: mount and unmount do not wait
 * until the host's dirty pages are written to the disk (40 ms for 50 MB).
 *
 * Option redirect_dir=nofollow: a folder of a layer that is renamed is copied. So the upper folder
 * alone shows what has changed, without references to other paths. */
int mount_overlay(const struct root *root, int *scratch)
{
	autoclose int layers = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct overlay overlay = {.dir = layers,
		.lower = root->lower,
		.upper = root->upper,
		.work = root->work,
		.options = root->temporary ? "redirect_dir=nofollow,volatile"
					   : "redirect_dir=nofollow"};

	debug("mount an overlay on %s, upper folder %s", root->path, root->upper);
	if (layers < 0)
		return fail("%s", root->path);
	if (scratch && (*scratch = mount_scratch(layers)) < 0)
		return -1;
	return overlay_mount(root->path, &overlay);
}

/* Opens the folder PATH, or if this process may not look for it, the last folder on the way there.
 * Returns the descriptor, or -1 with errno set. */
static int open_towards(const char *path)
{
	autofree char *copy = strdup(path);
	char *end;
	int fd = -1;

	while (copy && (fd = open(copy, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 && errno == EACCES &&
		(end = strrchr(copy, '/')) > copy)
		*end = '\0';
	return fd;
}

/* Mounts the overlay GIVEN, which box has made, and returns a descriptor of it. Without the rights
 * of the host's root, this process need not be able to reach root->path: any folder does as a place
 * that is left by pivot_root(2), but for "/" itself. */
static int mount_given(const struct root *root, int given, int *scratch)
{
	autoclose int place = open_towards(root->path);
	int fd;

	if (place < 0)
		return fail("%s", root->path);
	if ((*scratch = mount_scratch(place)) < 0)
		return -1;
	if (mount_attach(given, place) < 0 || (fd = fcntl(given, F_DUPFD_CLOEXEC, 3)) < 0)
		return fail("mount the overlay");
	return fd;
}

/* Mounts rootfs on itself, because pivot_root(2) needs a mount. As with runc the path must not
 * contain a symlink: otherwise the owner of a bundle could replace its rootfs by a symlink to any
 * folder of the host. */
static int mount_bind(const struct root *root)
{
	autoclose int target = open_settled(AT_FDCWD, root->path, O_PATH | O_DIRECTORY);
	autoclose int tree = target < 0 ? -1 : mount_copy(target, "", true);

	debug("mount %s on itself", root->path);
	if (target < 0 && errno == ELOOP)
		return failx("the root %s: a symlink is in its path", root->path);
	return tree < 0 || mount_attach(tree, target) < 0 ? fail("mount the root %s", root->path)
							  : 0;
}

int mount_rootfs(const struct root *root, int given, int *scratch)
{
	int fd;

	if (given >= 0)
		return mount_given(root, given, scratch);
	if ((root->upper ? mount_overlay(root, scratch) : mount_bind(root)) < 0)
		return -1;
	fd = open_settled(AT_FDCWD, root->path, O_PATH | O_DIRECTORY);
	return fd < 0 ? fail("%s", root->path) : fd;
}

/* For a system that runs from the kernel's first root, which pivot_root(2) cannot replace: moves
 * the new root on top of the old one. */
static int move_root(const struct root *root)
{
	autofclose FILE *mounts = NULL;

	if (covered_open(&mounts) < 0)
		return -1;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return fail("move %s to /", root->path);
	if (covered_drop(mounts) < 0)
		return -1;
	return chroot(".") < 0 || chdir("/") < 0 ? fail("chroot %s", root->path) : 0;
}

int enter_rootfs(const struct root *root, int fd)
{
	if (fchdir(fd) < 0)
		return fail("chdir %s", root->path);
	if (root->no_pivot)
		return move_root(root);
	/* The old root is now mounted on top of the new one, and "." is the last name that leads to
	 * it. */
	debug("pivot_root to %s, and umount2 of the old root", root->path);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return fail("pivot_root %s", root->path);
	if (umount2(".", MNT_DETACH) < 0)
		return fail("umount the old root");
	return chdir("/") < 0 ? fail("chdir /") : 0;
}

int restrict_rootfs(const struct root *root)
{
	autoclose int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || mount_restrict(fd, root->attributes, false) < 0)
		return fail("restrict the root's mount");
	return 0;
}
