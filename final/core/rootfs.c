/* rootfs.c: the container's root, and its /dev. */
#define _GNU_SOURCE
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "overlay.h"
#include "path.h"
#include "covered.h"
#include "spec.h"
#include "tree.h"

/* Before Linux 6.15 open_tree(2) copies attached mounts alone; to take one away costs the kernel a
 * wait of up to a millisecond. So one tmpfs for all is attached where the root covers it. */
static int mount_scratch(const struct spec *spec)
{
	autoclose int tree = mount_new("tmpfs", "box", "size=4m,mode=755", 0);
	autoclose int target = open(spec->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (tree < 0 || target < 0 || mount_attach(tree, target) < 0)
		return fail("mount a tmpfs");
	return steal_fd(&tree);
}

/*
 * The image's layers, never changed, below one folder for what the container writes. Below all is
 * what box mounts on: see make_base() in store.c.
 *
 * volatile: what is written is thrown away after the run, so no mount or unmount waits for the
 * host's dirty pages (40 ms with 50 MB of them).
 *
 * It covers the folder of the layers, in the container's own mount namespace alone.
 *
 * nofollow: a folder that is renamed is copied. So what was written tells by itself what changed.
 */
static int mount_overlay(const struct spec *spec, int *scratch)
{
	autoclose int layers = open(spec->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct overlay overlay = {.dir = layers,
		.lower = spec->lower,
		.upper = spec->upper,
		.work = spec->work,
		.options = spec->temporary ? "redirect_dir=nofollow,volatile"
					   : "redirect_dir=nofollow"};

	if (layers < 0)
		return fail("%s", spec->rootfs);
	if ((*scratch = mount_scratch(spec)) < 0)
		return -1;
	return overlay_mount(spec->rootfs, &overlay);
}

/* pivot_root(2) wants a mount: rootfs on itself. As with runc no symlink leads there: who has
 * filled a bundle's rootfs might put one in its place, to any folder of the host. */
static int mount_bind(const struct spec *spec)
{
	autoclose int target = open_settled(AT_FDCWD, spec->rootfs, O_PATH | O_DIRECTORY);
	autoclose int tree = target < 0 ? -1 : mount_copy(target, "", true);

	if (target < 0 && errno == ELOOP)
		return failx("the root %s: a symlink is in its path", spec->rootfs);
	return tree < 0 || mount_attach(tree, target) < 0 ? fail("mount the root %s", spec->rootfs)
							  : 0;
}

int rootfs_mount(const struct spec *spec, int *scratch)
{
	int fd;

	if ((spec->upper ? mount_overlay(spec, scratch) : mount_bind(spec)) < 0)
		return -1;
	fd = open_settled(AT_FDCWD, spec->rootfs, O_PATH | O_DIRECTORY);
	return fd < 0 ? fail("%s", spec->rootfs) : fd;
}

/* The kernel's first root cannot be pivoted: it is covered. */
static int move_root(const struct spec *spec)
{
	autofclose FILE *mounts = NULL;

	if (covered_open(&mounts) < 0)
		return -1;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return fail("move %s to /", spec->rootfs);
	if (covered_drop(mounts) < 0)
		return -1;
	return chroot(".") < 0 || chdir("/") < 0 ? fail("chroot %s", spec->rootfs) : 0;
}

int rootfs_enter(const struct spec *spec, int root)
{
	if (fchdir(root) < 0)
		return fail("chdir %s", spec->rootfs);
	if (spec->no_pivot)
		return move_root(spec);
	/* The old root lands on top of the new one, where "." names it for the last time. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return fail("pivot_root %s", spec->rootfs);
	if (umount2(".", MNT_DETACH) < 0)
		return fail("umount the old root");
	return chdir("/") < 0 ? fail("chdir /") : 0;
}

int rootfs_restrict(const struct spec *spec)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0 || mount_restrict(root, spec->root_attributes, false) < 0)
		return fail("restrict the root's mount");
	return 0;
}
