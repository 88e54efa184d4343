/* dev.c: the container's /dev, and device nodes at any path. */
#define _GNU_SOURCE
#include "dev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that header */

#include "cleanup.h"
#include "error.h"
#include "path.h"
#include "users.h"
#include "namespaces.h"
#include "spec.h"
#include "tree.h"

const struct device default_devices[N_DEFAULT_DEVICES] = {
	{"null", S_IFCHR | 0666, 1, 3},
	{"zero", S_IFCHR | 0666, 1, 5},
	{"full", S_IFCHR | 0666, 1, 7},
	{"random", S_IFCHR | 0666, 1, 8},
	{"urandom", S_IFCHR | 0666, 1, 9},
	{"tty", S_IFCHR | 0666, 5, 0},
};

/* The symlinks of each /dev (runtime-linux.md, "Dev symbolic links"). */
static const char *const links[][2] = {
	{"/proc/self/fd", "fd"},
	{"/proc/self/fd/0", "stdin"},
	{"/proc/self/fd/1", "stdout"},
	{"/proc/self/fd/2", "stderr"},
	{"pts/ptmx", "ptmx"},
};
enum { N_LINKS = sizeof(links) / sizeof(*links) };

int devices_take(const struct spec *spec, int trees[])
{
	bool bound = namespaces_users(&spec->namespaces) || !users_are_initial();

	for (size_t i = 0; i < spec->oci->n_nodes; i++) {
		trees[i] =
			bound ? mount_copy(AT_FDCWD, spec->oci->nodes[i].device.path, false) : -1;
		if (bound && trees[i] < 0 && !S_ISFIFO(spec->oci->nodes[i].device.mode))
			return fail("device %s of the host", spec->oci->nodes[i].device.path);
	}
	return 0;
}

/* Opens the folder that contains PATH, and makes the folder if it is missing. *NAME becomes the
 * last part of PATH. Returns the descriptor, or -1 with errno set. */
static int open_folder(int root, const char *path, const char **name)
{
	autofree char *folder = strdup(path);

	*name = strrchr(path, '/') + 1;
	if (!folder)
		return -1;
	folder[*name - path] = '\0';
	return make_in_root(root, folder, true);
}

/* Gives a new node its owner and mode. Its folder may be in a volume to which others can write. So
 * the file that has the NAME now is opened without following a symlink, and changed only if it is
 * the new node. */
static int chown_node(const struct node *node, int folder, const char *name)
{
	const struct device *device = &node->device;
	autoclose int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[32];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if ((st.st_mode & S_IFMT) != (device->mode & S_IFMT) || st.st_nlink != 1 ||
		(!S_ISFIFO(st.st_mode) && st.st_rdev != makedev(device->major, device->minor))) {
		errno = EEXIST;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fchownat(fd, "", node->uid, node->gid, AT_EMPTY_PATH) < 0 ||
			       chmod(path, device->mode & 07777) < 0
		       ? -1
		       : 0;
}

static int make_node(const struct node *node, int folder, const char *name, int tree)
{
	if (tree >= 0) {
		autoclose int target = openat(folder, name,
			O_CREAT | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

		return target < 0 ? -1 : mount_attach(tree, target);
	}
	if (mknodat(folder, name, node->device.mode,
		    makedev(node->device.major, node->device.minor)) < 0)
		return errno == EEXIST ? 0 : -1; /* the image, or a volume over /dev, has one */
	return chown_node(node, folder, name);
}

static int make_link(int root, const char *target, const char *path)
{
	const char *name;
	autoclose int folder = open_folder(root, path, &name);

	if (folder < 0)
		return -1;
	return symlinkat(target, folder, name) < 0 && errno != EEXIST ? -1 : 0;
}

/* Whether /dev is a bind mount, such as the host's own /dev. If so, box changes nothing in it. */
static bool dev_is_given(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (!spec->mounts[i].type && strcmp(spec->mounts[i].target, "/dev") == 0)
			return true;
	return false;
}

int devices_make(const struct spec *spec, int root, int trees[])
{
	if (spec->oci->n_nodes == 0 || dev_is_given(spec))
		return 0;
	for (size_t i = 0; i < spec->oci->n_nodes; i++) {
		const char *name;
		autoclose int folder = open_folder(root, spec->oci->nodes[i].device.path, &name);

		if (folder < 0 || make_node(&spec->oci->nodes[i], folder, name, trees[i]) < 0)
			return fail("make %s", spec->oci->nodes[i].device.path);
		close_fd(&trees[i]);
	}
	for (size_t i = 0; i < N_LINKS; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dev/%s", links[i][1]);
		if (make_link(root, links[i][0], path) < 0)
			return fail("make %s", path);
	}
	return 0;
}

int dev_fill(int dev, const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_devices; i++)
		if (mknodat(dev, spec->devices[i].path, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
			return fail("make /dev/%s", spec->devices[i].path);
	/* as Docker has it, in addition */
	if (symlinkat("/proc/kcore", dev, "core") < 0)
		return fail("make /dev/core");
	for (size_t i = 0; i < N_LINKS; i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0)
			return fail("make /dev/%s", links[i][1]);
	return 0;
}

/* Takes the node DEVICE, as a mount: a new one in SCRATCH, whose mount is nosuid and noexec, or
 * that of the folder HOSTS, unless that is -1. */
static int take_node(const struct device *device, int scratch, int hosts)
{
	const struct mount_change safe = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
	dev_t number = makedev(device->major, device->minor);

	if (hosts >= 0) {
		autoclose int tree = mount_copy(hosts, device->path, false);

		return tree < 0 || mount_change(tree, &safe) < 0 ? -1 : steal_fd(&tree);
	}
	/* EEXIST: a second mount at /dev has made the node already; both show the same nodes. */
	if (mknodat(scratch, device->path, device->mode, number) < 0 && errno != EEXIST)
		return -1;
	return mount_copy(scratch, device->path, false);
}

static int mount_node(int dev, const struct device *device, int scratch, int hosts)
{
	autoclose int target = openat(dev, device->path, O_PATH | O_NOFOLLOW | O_CLOEXEC),
		      tree = take_node(device, scratch, hosts);

	return target < 0 || tree < 0 ? -1 : mount_attach(tree, target);
}

/* Docker's default capabilities include MKNOD. So every mount is nodev, even that of /dev, except
 * for the mounts of these nodes: no process can open a node that the container makes itself. In a
 * user namespace nobody can make nodes; there, they are the host's, whose root is still there. */
int dev_mount_nodes(int dev, const struct spec *spec, int scratch)
{
	autoclose int hosts = users_are_initial() ? -1 : open("/dev", O_PATH | O_CLOEXEC);
	mode_t before = umask(0);
	int result = 0;

	/* In a folder to which all can write, as that of --tmpfs, the kernel refuses O_CREAT for
	 * what another user than the folder's owns: may_create_in_sticky() in fs/namei.c. */
	if (hosts >= 0 && fchmodat(dev, ".", 0755, 0) < 0)
		result = fail("make /dev");
	for (size_t i = 0; result == 0 && i < spec->n_devices; i++)
		if (mount_node(dev, &spec->devices[i], scratch, hosts) < 0)
			result = fail("make /dev/%s", spec->devices[i].path);
	umask(before);
	return result;
}
