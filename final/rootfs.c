/* rootfs.c: the container's root, and its /dev. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

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

static int read_link_at(int dir, const char *name, char link[PATH_MAX])
{
	ssize_t size = readlinkat(dir, name, link, PATH_MAX - 1);

	link[size < 0 ? 0 : size] = '\0';
	return size > 0 ? 0 : -1;
}

/* Each component by itself, as the container's root shows it. What is missing is also made where a
 * symlink says that it is, as many an image's /etc/resolv.conf and /var/run do; after LINKS of
 * them, that is ELOOP. */
static int make_path(int root, const char *path, bool folder, int links)
{
	char link[PATH_MAX];
	autofree char *copy = strdup(path);
	autoclose int dir = open_in_root(root, "/", O_PATH | O_DIRECTORY, 0);
	int fd = -1;

	if (!copy || dir < 0)
		return -1;
	for (char *name = copy + strspn(copy, "/"), *next; *name; name = next) {
		char end;
		bool last;

		next = name + strcspn(name, "/");
		last = !next[strspn(next, "/")];
		end = *next;
		*next = '\0';
		if (last && !folder) {
			int file = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

			if (file < 0 && errno != EEXIST && errno != EROFS)
				return -1;
			close_fd(&file);
		} else if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST && errno != EROFS)
			return -1;
		/* By the whole name so far: a symlink in it may lead anywhere below the root. */
		fd = open_in_root(root, copy, O_PATH | (last && !folder ? 0 : O_DIRECTORY), 0);
		if (fd < 0 && errno == ENOENT && read_link_at(dir, name, link) == 0) {
			autofree char *there =
				*link == '/'
					? strdup(link)
					: format_text("%.*s%s", (int)(name - copy), copy, link);

			errno = ELOOP;
			if (there && links > 0)
				fd = make_path(root, there, !last || folder, links - 1);
		}
		if (fd < 0)
			return -1;
		close_fd(&dir);
		dir = fd;
		*next = end;
		next += strspn(next, "/");
	}
	return steal_fd(&dir);
}

int make_in_root(int root, const char *path, bool folder)
{
	return make_path(root, path, folder, 8);
}

int dev_fill(int dev, const struct spec *spec)
{
	static const char *const links[][2] = {
		{"/proc/self/fd", "fd"},
		{"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"},
		{"/proc/self/fd/2", "stderr"},
		{"pts/ptmx", "ptmx"},
		{"/proc/kcore", "core"},
	};

	for (size_t i = 0; i < spec->n_devices; i++) {
		autoclose int file =
			openat(dev, spec->devices[i].path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		if (file < 0)
			return fail("make /dev/%s", spec->devices[i].path);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0)
			return fail("make /dev/%s", links[i][1]);
	return 0;
}

static int mount_node(int dev, const struct device *device, int scratch)
{
	const struct mount_change safe = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
	dev_t number = makedev(device->major, device->minor);
	autoclose int target = openat(dev, device->path, O_PATH | O_NOFOLLOW | O_CLOEXEC),
		      tree = -1;

	/* A tmpfs that was asked for may cover box's /dev: it shows the same nodes. */
	if (mknodat(scratch, device->path, device->mode, number) < 0 && errno != EEXIST)
		return -1;
	tree = mount_copy(scratch, device->path, false);
	return target < 0 || tree < 0 || mount_change(tree, &safe) < 0 ? -1
								       : mount_attach(tree, target);
}

/* Docker's capabilities have MKNOD. So every mount is nodev, that of /dev too, but those of the
 * nodes: a node that the container makes opens nothing. */
int dev_mount_nodes(int dev, const struct spec *spec, int scratch)
{
	mode_t before = umask(0);
	int result = 0;

	for (size_t i = 0; result == 0 && i < spec->n_devices; i++)
		if (mount_node(dev, &spec->devices[i], scratch) < 0)
			result = fail("make /dev/%s", spec->devices[i].path);
	umask(before);
	return result;
}
