/* store.c: the store of layers, images and containers on the disk, and its locks. */
#define _GNU_SOURCE
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "list.h"
#include "path.h"
#include "resolve.h"

int open_own_folder(int dir, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int fd = open_resolved(dir, name, &how);

	if (fd < 0 && errno == ENOENT && (mkdirat(dir, name, 0700) == 0 || errno == EEXIST))
		fd = open_resolved(dir, name, &how);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP || errno == EXDEV))
		return failx("%s is a symlink or a mount, and not a folder of the store", name);
	return fd < 0 ? fail("%s", name) : fd;
}

bool is_own_name(const char *name)
{
	size_t digits = strspn(name, "0123456789abcdef");

	return (digits == ID_LENGTH && !name[digits]) ||
	       (digits == ID_LENGTH / 2 && (!name[digits] || name[digits] == '-'));
}

/* store_staging() may wait for a lock that is taken here, and then finds that the folder is
 * gone. */
void store_sweep(const struct store *store)
{
	autolist char **names = list_visible(store->tmp);

	for (char **name = names; name && *name; name++) {
		if (!is_own_name(*name))
			continue;

		autoclose int fd =
			openat(store->tmp, *name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			remove_tree_at(store->tmp, *name);
	}
}

/* Counts what is in the folder DIR, except for MARKER, which is box's, and lost+found, which is the
 * file system's. -1 after fail(). */
static int count_others(int dir, const char *marker)
{
	autolist char **names = list_folder(dir);
	int others = names ? 0 : -1;

	for (char **name = names; name && *name; name++)
		others += strcmp(*name, marker) != 0 && strcmp(*name, "lost+found") != 0;
	return others;
}

/* Fails if DIR is no store; one that is empty becomes a store. Any other folder might be the
 * user's, with files that box must not touch. */
static int claim(int dir)
{
	static const char marker[] = ".box-store";
	autoclose int fd = -1;
	struct stat st;
	int others;

	if (fstat(dir, &st) < 0 || st.st_uid != geteuid())
		return failx("it is another user's");
	if (faccessat(dir, marker, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return check_private(dir);
	if ((others = count_others(dir, marker)) < 0)
		return fail("what is in it");
	/* Another box may have made it a store since: the first thing that it makes is the
	 * marker. */
	if (others > 0)
		return faccessat(dir, marker, F_OK, AT_SYMLINK_NOFOLLOW) == 0
			       ? 0
			       : failx("it is neither empty nor a store of box");
	if (fchmod(dir, 0700) < 0)
		return fail("chmod");
	fd = openat(dir, marker, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? fail("%s", marker) : 0;
}

/* Fills BASE, a layer that is below all others, with the files and folders that box mounts on. An
 * image may lack them; without this layer, they would be made in each container's own, and be
 * removed with it. */
static int make_base(int base)
{
	static const char *const folders[] = {"dev", "etc", "proc", "sys"};
	static const char *const files[] = {"hosts", "hostname", "resolv.conf"};
	autoclose int etc = -1;

	if (base < 0 || faccessat(base, "etc/resolv.conf", F_OK, 0) == 0)
		return base < 0 ? -1 : 0;
	for (size_t i = 0; i < 4; i++)
		if (mkdirat(base, folders[i], 0755) < 0 && errno != EEXIST)
			return fail("base/%s", folders[i]);
	if ((etc = open_own_folder(base, "etc")) < 0)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		autoclose int file =
			openat(etc, files[i], O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

		if (file < 0)
			return fail("base/etc/%s", files[i]);
	}
	return 0;
}

int store_open(struct store *store, const char *path, const char *root)
{
	static const char *const names[] = {
		"layers", "images", "names", "files", "containers", "live", "tmp"};
	int *const folders[] = {&store->layers, &store->images, &store->names, &store->files,
		&store->containers, &store->live, &store->tmp};
	autoclose int base = -1;
	bool ok;

	*store = (struct store){.state = -1, .dir = -1};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		*folders[i] = -1;
	if ((store->dir = open_made_folder(path)) < 0)
		return -1;
	ok = claim(store->dir) == 0;
	for (size_t i = 0; ok && i < sizeof(names) / sizeof(*names); i++)
		ok = (*folders[i] = open_own_folder(store->dir, names[i])) >= 0;
	ok = ok && make_base(base = open_own_folder(store->dir, "base")) == 0;
	if (!ok)
		fail_prefix("%s: ", path);
	else if ((store->state = open_made_folder(root)) < 0)
		ok = false;
	else if (!(ok = check_private(store->state) == 0))
		fail_prefix("%s: ", root);
	else
		ok = (store->path = real_path(path));
	if (!ok) {
		store_close(store);
		return -1;
	}
	store_sweep(store);
	return 0;
}

void store_close(struct store *store)
{
	int *const all[] = {&store->dir, &store->layers, &store->images, &store->names,
		&store->files, &store->containers, &store->live, &store->tmp, &store->state};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		close_fd(all[i]);
	free(store->path);
	store->path = NULL;
}

int store_lock(const struct store *store, int operation)
{
	autoclose int fd =
		openat(store->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 || flock(fd, operation) < 0 ? fail("%s/lock", store->path) : steal_fd(&fd);
}

int store_lock_layers(const struct store *store, int operation)
{
	autoclose int fd = open_own_folder(store->layers, ".");

	return fd < 0 || flock(fd, operation) < 0 ? fail("%s/layers", store->path) : steal_fd(&fd);
}

int store_staging(const struct store *store, const char *name)
{
	for (;;) {
		bool made = mkdirat(store->tmp, name, 0700) == 0;
		autoclose int fd = -1;
		struct stat own, there;

		if (!made && errno != EEXIST)
			return fail("%s/tmp/%s", store->path, name);
		fd = openat(store->tmp, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &own) < 0)
			return fail("%s/tmp/%s", store->path, name);
		/* It may have been removed while this process waited for the lock. */
		if (fstatat(store->tmp, name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
			own.st_ino != there.st_ino)
			continue;
		if (made)
			return steal_fd(&fd);
		/* A killed box has left it. */
		if (remove_tree_at(store->tmp, name) < 0)
			return -1;
	}
}

char *store_read_link(int dir, const char *name)
{
	char target[4096];
	ssize_t length = readlinkat(dir, name, target, sizeof(target) - 1);

	if (length < 0) {
		fail("%s", name);
		return NULL;
	}
	target[length] = '\0';
	return strdup(target);
}

int store_set_link(int dir, const char *name, const char *target)
{
	char id[ID_LENGTH + 1], temporary[ID_LENGTH + 2] = ".";

	random_id(id);
	strcat(temporary, id);
	if (symlinkat(target, dir, temporary) < 0)
		return fail("%s", name);
	if (renameat(dir, temporary, dir, name) < 0) {
		fail("%s", name);
		unlinkat(dir, temporary, 0);
		return -1;
	}
	return 0;
}
