/* mapped.c: the mounts that box makes for a container in a user namespace of its own. */
#define _GNU_SOURCE
#include "mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "text.h"
#include "channel.h"
#include "mounts.h"
#include "namespaces.h"
#include "rootfs.h"
#include "spec.h"
#include "tree.h"

/* Has TREE, the mount of WHAT, show owners as USERS maps them. */
static int map_owners(int tree, int users, bool recursive, const char *what)
{
	if (mount_map(tree, users, recursive) == 0)
		return 0;
	return errno == EINVAL ? failx("%s: its file system has no ID-mapped mounts", what)
			       : fail("map the owners of %s", what);
}

/* Covers each of FOLDERS by an ID-mapped copy of itself: before Linux 6.15 the layers of an overlay
 * have to be on mounts that are attached. One folder may be below another one, and what is mapped
 * cannot be mapped again, so all copies are made first. */
static int cover(char *const *folders, int users)
{
	size_t n = 0;

	while (folders[n])
		n++;
	int trees[n + 1];

	for (size_t i = 0; i < n; i++) {
		if ((trees[i] = mount_copy(AT_FDCWD, folders[i], false)) < 0)
			return fail("%s", folders[i]);
		if (map_owners(trees[i], users, false, folders[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++) {
		autoclose int target = open(folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (target < 0 || mount_attach(trees[i], target) < 0)
			return fail("mount %s on itself", folders[i]);
	}
	return 0;
}

uint32_t mapped_root(const struct id_map *map, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (map[i].inside == 0)
			return map[i].outside;
	return 0;
}

/* Lets what this process makes belong to root of the user namespace with MAPS: on an ID-mapped
 * mount nobody else can make a file. All rights stay, unlike with setuid(2). */
static int make_as_root_of(const struct id_maps *maps)
{
	uint32_t uid = mapped_root(maps->uids, maps->n_uids),
		 gid = mapped_root(maps->gids, maps->n_gids);

	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) < 0)
		return fail("PR_SET_SECUREBITS");
	setfsgid(gid);
	setfsuid(uid);
	return (uint32_t)setfsgid(-1) == gid && (uint32_t)setfsuid(-1) == uid
		       ? 0
		       : failx("setfsuid %u: refused", uid);
}

/* Mounts the overlay of ID-mapped layers in a mount namespace of this process's own. Returns a copy
 * of the mount, which is attached nowhere, or -1 after fail(). */
static int make_overlay(const struct spec *spec, int users)
{
	const struct root *root = &spec->root;
	int tree;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("a namespace for mounts");
	/* The descriptors that these calls leave open end with this process. */
	if (cover(root->mapped, users) < 0)
		return -1;
	if (make_as_root_of(&spec->namespaces.maps) < 0)
		return -1;
	if (mount_overlay(root, NULL) < 0)
		return errno == EINVAL
			       ? fail_prefix("with ID-mapped layers, which take Linux 5.19: ")
			       : -1;
	tree = mount_copy(AT_FDCWD, root->path, false);
	return tree < 0 ? fail("copy the mount of %s", root->path) : tree;
}

static _Noreturn void help(const struct spec *spec, int users, int socket)
{
	struct message message = {.kind = MESSAGE_MOUNT};
	int tree = make_overlay(spec, users);

	if (tree < 0) {
		message.kind = MESSAGE_ERROR;
		snprintf(message.text, sizeof(message.text), "%s", failure());
	}
	_exit(message_send(socket, &message, tree) < 0);
}

/* Has a helper make the overlay, and sends it on. The child cannot make it: an overlay has the
 * rights of the process that mounts it, which have to be those of the machine's root to read and
 * write the attributes trusted.overlay.* of the layers. And box itself is in the mount namespace of
 * the host. */
static int send_overlay(const struct spec *spec, pid_t pid, int socket)
{
	const struct id_maps own = {.n_uids = 0};
	struct message message = {.kind = MESSAGE_NONE};
	autoclose int users = namespaces_open_users(&own, pid), tree = -1;
	int sockets[2];
	pid_t helper;

	debug("a helper mounts the overlay, for which it maps the owners of the files");
	if (users < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return fail("socketpair");
	if ((helper = fork()) == 0)
		help(spec, users, sockets[1]);
	close(sockets[1]);
	if (helper > 0 && message_receive(sockets[0], &message, &tree) && tree >= 0)
		message_send(socket, &message, tree);
	close(sockets[0]);
	if (helper < 0)
		return fail("fork");
	waitpid(helper, NULL, 0);
	if (message.kind == MESSAGE_ERROR)
		return failx("%s", message.text);
	return tree < 0 ? failx("the helper that mounts the overlay has died") : 0;
}

/* Takes MOUNT, and maps its owners if it asks for that. Box itself does so, because it needs
 * privileges in the user namespace that owns the file system, which is the host's
 * (mount_setattr(2)). */
static int take(const struct spec *spec, const struct mount *mount, pid_t pid)
{
	autofree char *what = format_text("mount %s at %s", mount->source, mount->target);
	autoclose int users = -1, tree = mount_take_outside(spec, mount);

	if (tree < 0 || !what)
		return -1;
	if (!mount->id_mapped)
		return steal_fd(&tree);
	if ((users = namespaces_open_users(&mount->maps, pid)) < 0)
		return -1;
	return map_owners(tree, users, mount->id_mapped == ALL_MAPPED, what) < 0 ? -1
										 : steal_fd(&tree);
}

/* If the child has ended, sending fails. That is no error here: expect() finds out later why the
 * child has ended. */
int mapped_send(const struct spec *spec, pid_t pid, int socket)
{
	const struct message message = {.kind = MESSAGE_MOUNT};

	if (spec->root.mapped && send_overlay(spec, pid, socket) < 0)
		return -1;
	for (size_t i = 0; i < spec->n_mounts; i++) {
		autoclose int tree = -1;

		if (!mount_is_sent(&spec->mounts[i]))
			continue;
		if ((tree = take(spec, &spec->mounts[i], pid)) < 0)
			return -1;
		message_send(socket, &message, tree);
	}
	return 0;
}
