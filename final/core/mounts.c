/* mounts.c: a container's volumes and file systems. masks.c hides those parts of them that the
 * container must not see.
 *
 * Every mount is made attached nowhere, as a descriptor (open_tree(2), fsmount(2)). The source of a
 * bind mount is looked up on the host; its target is looked up in the container, by open_in_root().
 * So no symlink of the image can lead the source, or the target, out of the container to
 * the host. */
#define _GNU_SOURCE
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that header */

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "file.h"
#include "path.h"
#include "resolve.h"
#include "cgroup.h"
#include "cgroupfs.h"
#include "copyup.h"
#include "dev.h"
#include "spec.h"
#include "tree.h"

/* Makes a file with mount->text in the tmpfs SCRATCH, and takes a bind mount of it. The container
 * can write to this file, and nothing of it is left afterwards. */
static int take_text(const struct mount *mount, int scratch)
{
	const char *name = strrchr(mount->target, '/') + 1;
	autoclose int copy = -1,
		      file = openat(scratch, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

	if (file < 0 || write_all(file, mount->text, strlen(mount->text)) < 0 ||
		(copy = mount_copy(scratch, name, false)) < 0 ||
		mount_restrict(copy, mount->attributes, false) < 0)
		return -1;
	return steal_fd(&copy);
}

/* The options of an overlay name folders of the host: they may contain commas, and be longer than
 * the 255 bytes that fsconfig(2) takes. mount(2) takes the options as one text, but attaches the
 * overlay; so it is attached at PLACE for a moment. */
static int take_overlay(
	const char *source, const char *options, uint64_t attributes, const char *place)
{
	autoclose int tree = -1;

	/* the kernel reads one page, and would ignore the rest */
	if (options && strlen(options) >= 4096) {
		errno = E2BIG;
		return -1;
	}
	if (mount(source, place, "overlay", 0, options) < 0)
		return -1;
	tree = mount_copy(AT_FDCWD, place, false);
	return umount2(place, MNT_DETACH) < 0 || tree < 0 ||
			       mount_restrict(tree, attributes, false) < 0
		       ? -1
		       : steal_fd(&tree);
}

/* Returns the part of PATH below FOLDER, or NULL if PATH is not below FOLDER. Only the texts are
 * compared. A PATH with ".." may lead anywhere, and counts as not below FOLDER. */
static const char *part_below(const char *path, const char *folder)
{
	for (;;) {
		size_t length;

		folder += strspn(folder, "/");
		path += strspn(path, "/");
		length = strcspn(folder, "/");
		if (length == 0)
			break;
		if (strcspn(path, "/") != length || strncmp(path, folder, length) != 0)
			return NULL;
		folder += length;
		path += length;
	}
	for (const char *up = path; (up = strstr(up, "..")); up += 2)
		if ((up == path || up[-1] == '/') && (up[2] == '/' || up[2] == '\0'))
			return NULL;
	return *path ? path : ".";
}

/* Returns the part of a bind mount's source below the container's own root, or NULL. At such a path
 * an earlier mount of the container may be visible, so attach_mounts() takes the source when the
 * earlier mounts are attached. For an overlay the result is NULL: no bind mount names a path below
 * its root, which only box knows. */
static const char *source_in_root(const struct spec *spec, const struct mount *mount)
{
	return spec->root.upper || mount->type || mount->text || mount->id_mapped
		       ? NULL
		       : part_below(mount->source, spec->root.path);
}

/* Copies the mount's source, attached nowhere. ROOT is the container's root if the source is below
 * it; -1 if the source is a path of the host. */
static int copy_source(const struct spec *spec, const struct mount *mount, int root)
{
	autoclose int place = -1;

	if (root >= 0)
		place = open_in_root(root, source_in_root(spec, mount), O_PATH, 0);
	else if (mount->settled)
		place = open_settled(AT_FDCWD, mount->source, O_PATH);
	else
		return mount_copy(AT_FDCWD, mount->source, mount->recursive);
	return place < 0 ? -1 : mount_copy(place, "", mount->recursive);
}

/* A copy of a shared mount is in the same peer group as its source: mounts made on one of them
 * appear on the other. Unless MOUNT asks for MS_SHARED, mounts on the copy do not appear on the
 * source; and if MOUNT asks for no propagation at all, the copy is private. */
static int take_bind(const struct spec *spec, const struct mount *mount, int root)
{
	struct mount_change alone = {.propagation = MS_PRIVATE, .recursive = true};
	autoclose int tree = copy_source(spec, mount, root);
	bool shared = false;

	for (size_t i = 0; i < mount->n_changes; i++) {
		shared |= (mount->changes[i].propagation & MS_SHARED) != 0;
		if (mount->changes[i].propagation)
			alone.propagation = MS_SLAVE;
	}
	if (tree < 0 || (!shared && mount_change(tree, &alone) < 0) ||
		mount_restrict(tree, mount->attributes, mount->recursive) < 0)
		return -1;
	return steal_fd(&tree);
}

/* Whether MOUNT is a tmpfs that is to become read-only at the end, such as the one above the
 * hierarchies of cgroup v1: before that, box puts other mounts and files into it. This is done only
 * for a tmpfs, which is box's alone: a file system on a disk may have files of others. */
static bool is_late(const struct mount *mount)
{
	bool read_only = mount->attributes & MOUNT_ATTR_RDONLY;

	for (size_t i = 0; i < mount->n_changes; i++) {
		read_only |= (mount->changes[i].set & MOUNT_ATTR_RDONLY) != 0;
		read_only &= !(mount->changes[i].clear & MOUNT_ATTR_RDONLY);
	}
	return read_only && mount->type &&
	       (strcmp(mount->type, "tmpfs") == 0 || strcmp(mount->type, "cgroup") == 0);
}

/* Lets box write to TREE, a mount that is to be read-only later; but not to the mounts below TREE,
 * such as the hierarchies of cgroup v1, and not to cgroup v2, where a new folder would be
 * a cgroup. */
static int open_for_writing(int tree)
{
	struct mount_change writable = {.clear = MOUNT_ATTR_RDONLY};
	struct statfs fs;

	if (fstatfs(tree, &fs) < 0)
		return -1;
	return fs.f_type == TMPFS_MAGIC ? mount_change(tree, &writable) : 0;
}

/* Takes one mount, attached nowhere. For a bind mount, ROOT is as for copy_source(). Returns its
 * descriptor, or -1 with errno: of some mounts the caller accepts ENOENT or ENODEV. */
static int take_mount(const struct spec *spec, const struct cgroup *cgroup, int pid_ns,
	const struct mount *mount, int scratch, int root)
{
	autoclose int tree = -1;

	debug("%s %s for %s",
		mount->type   ? "fsmount"
		: mount->text ? "write"
			      : "open_tree",
		mount->text ? "a new file" : mount->source, mount->target);
	if (mount->text)
		return take_text(mount, scratch);
	if (mount->type && strcmp(mount->type, "cgroup") == 0)
		tree = cgroupfs_take(spec, cgroup, mount);
	else if (mount->type && strcmp(mount->type, "overlay") == 0)
		tree = take_overlay(
			mount->source, mount->options, mount->attributes, spec->root.path);
	else if (mount->type)
		tree = mount_new_of(mount->type, mount->source, mount->options, mount->attributes,
			strcmp(mount->type, "proc") == 0 ? pid_ns : -1);
	else if ((tree = take_bind(spec, mount, root)) < 0)
		return -1;
	for (size_t i = 0; tree >= 0 && i < mount->n_changes; i++)
		if (mount_change(tree, &mount->changes[i]) < 0)
			return -1;
	return tree >= 0 && is_late(mount) && open_for_writing(tree) < 0 ? -1 : steal_fd(&tree);
}

/* Notes from errno why MOUNT was not taken. Returns -1. */
static int not_taken(const struct mount *mount)
{
	if (mount->settled && errno == ELOOP)
		return failx("mount %s at %s: there is a symlink in its path, which box follows "
			     "only when it makes the container",
			mount->source, mount->target);
	return fail("mount %s at %s", mount->text ? "a file" : mount->source, mount->target);
}

bool mount_is_sent(const struct mount *mount)
{
	return mount->id_mapped || mount->by_box;
}

/* With BINDS, takes the bind mounts but those that box takes; without BINDS, all mounts of other
 * kinds. */
static int take_some(const struct spec *spec, const struct cgroup *cgroup, int pid_ns, int scratch,
	int trees[], bool binds)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct mount *mount = &spec->mounts[i];

		if (binds != !(mount->type || mount->text) || mount_is_sent(mount))
			continue;
		trees[i] = -1;
		if (source_in_root(spec, mount)) /* attach_mounts() takes it */
			continue;
		trees[i] = take_mount(spec, cgroup, pid_ns, mount, scratch, -1);
		if (trees[i] < 0 && !(mount->optional && (errno == ENODEV || errno == ENOENT)))
			return not_taken(mount);
	}
	return 0;
}

int take_mounts(const struct spec *spec, int trees[])
{
	return take_some(spec, NULL, -1, -1, trees, true);
}

int mount_take_outside(const struct spec *spec, const struct mount *mount)
{
	int tree = take_mount(spec, NULL, -1, mount, -1, -1);

	return tree < 0 ? not_taken(mount) : tree;
}

int make_mounts(
	const struct spec *spec, const struct cgroup *cgroup, int pid_ns, int scratch, int trees[])
{
	return take_some(spec, cgroup, pid_ns, scratch, trees, false);
}

/* Gives the new file system TREE the permissions of the folder TARGET, which TREE is to cover, and
 * with mount->copy_up a copy of the contents of TARGET. */
static int resemble(const struct mount *mount, int target, int tree)
{
	autoclose int from = openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0 || fchmodat(tree, ".", st.st_mode & 07777, 0) < 0)
		return fail("mount at %s", mount->target);
	return mount->copy_up ? copy_up(from, tree) : 0;
}

/* Refuses a mount on a file of /proc or /sys. A volume at /proc/sys/x, or at a symlink to it, would
 * uncover what is masked there. A copy (copy_up) would show files that are masked later, and paths
 * of the host that box itself has open. */
static int refuse_kernel_files(int target, const char *name)
{
	struct statfs fs;

	if (fstatfs(target, &fs) < 0)
		return fail("mount at %s", name);
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
		return failx("mount at %s: not inside /proc or /sys", name);
	return 0;
}

/* A mount of /proc or /sys is refused if a symlink of the image is in its path, as with runc: the
 * paths that are masked, and those that box itself uses, begin with /proc and /sys, and must not
 * lead elsewhere. */
static int refuse_symlink(const struct mount *mount, int root)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS};
	autoclose int target = -1;

	if (!mount->type || (strcmp(mount->type, "proc") != 0 && strcmp(mount->type, "sysfs") != 0))
		return 0;
	target = open_resolved(root, mount->target, &how);
	return target < 0 && errno == ELOOP
		       ? failx("mount at %s: a symlink of the image, not a folder", mount->target)
		       : 0;
}

static int attach(
	const struct spec *spec, const struct mount *mount, int root, int scratch, int tree)
{
	bool is_dev = mount->type && !spec->oci->nodes && strcmp(mount->target, "/dev") == 0;
	struct stat st, top, here;
	autoclose int target = -1;
	bool resembles = false;

	if (fstat(tree, &st) < 0)
		return fail("mount %s", mount->source);
	if (mount->copy_up || mount->copy_mode) {
		resembles = (target = open_in_root(root, mount->target, O_PATH, 0)) >= 0;
		close_fd(&target);
	}
	if (refuse_symlink(mount, root) < 0)
		return -1;
	target = make_in_root(root, mount->target, S_ISDIR(st.st_mode));
	if (target < 0 && mount->optional)
		return 0;
	if (target < 0 || fstat(target, &here) < 0 || fstat(root, &top) < 0)
		return fail("mount at %s", mount->target);
	if (S_ISDIR(st.st_mode) != S_ISDIR(here.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? ENOTDIR : EISDIR; /* move_mount(2) would say EINVAL */
		return fail("mount at %s", mount->target);
	}
	if (here.st_dev == top.st_dev && here.st_ino == top.st_ino)
		return failx("mount at %s: that is the root itself", mount->target);
	if ((mount->copy_up || (!mount->type && !mount->text && !mount->on_kernel_files)) &&
		refuse_kernel_files(target, mount->target) < 0)
		return -1;
	if (resembles && resemble(mount, target, tree) < 0)
		return -1;
	/* /dev is filled before it is attached: then no file of the image can be in the way. */
	if (is_dev && dev_fill(tree, spec) < 0)
		return -1;
	debug("move_mount to %s", mount->target);
	if (mount_attach(tree, target) < 0)
		return fail("mount at %s", mount->target);
	return is_dev ? dev_mount_nodes(tree, spec, scratch) : 0;
}

int attach_mounts(const struct spec *spec, int root, int scratch, int trees[])
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct mount *mount = &spec->mounts[i];

		if (source_in_root(spec, mount) &&
			(trees[i] = take_mount(spec, NULL, -1, mount, -1, root)) < 0)
			return fail("mount %s at %s", mount->source, mount->target);
		if (trees[i] >= 0 && attach(spec, mount, root, scratch, trees[i]) < 0)
			return -1;
		if (!is_late(mount))
			close_fd(&trees[i]);
	}
	return 0;
}

int restrict_mounts(const struct spec *spec, int trees[])
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		if (trees[i] >= 0 && mount_restrict(trees[i], MOUNT_ATTR_RDONLY, false) < 0)
			return fail("make %s read-only", spec->mounts[i].target);
		close_fd(&trees[i]);
	}
	return 0;
}
