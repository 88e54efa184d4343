/* store.c: what lies on the disk, and who uses it. */
#define _GNU_SOURCE
#include "box.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* Opens the folder NAME of DIR, and makes it where it is missing. */
static int open_folder(int dir, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = openat(dir, name, flags);

	if (fd < 0 && errno == ENOENT && (mkdirat(dir, name, 0700) == 0 || errno == EEXIST))
		fd = openat(dir, name, flags);
	return fd < 0 ? fail("%s", name) : fd;
}

/* Makes the folders on the way to PATH. What goes wrong shows when PATH is opened. */
static void make_parents(const char *path)
{
	autofree char *copy = strdup(path);

	for (char *slash = copy ? strchr(copy, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0755);
		*slash = '/';
	}
}

/* Whether NAME of DIR still is the file that FD is. */
static bool is_same(int dir, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Removes what nobody holds a lock on. Who locks a thing looks whether it is still there. */
static void sweep_tmp(int tmp)
{
	int copy = openat(tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		autoclose int fd = -1;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		fd = openat(tmp, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			remove_tree_at(tmp, entry->d_name);
	}
	if (stream)
		closedir(stream);
}

int store_open(struct store *store, const char *path, const char *root)
{
	*store = (struct store){NULL, -1, -1, -1, -1, -1, -1, -1, -1};
	make_parents(path);
	if ((store->dir = open_folder(AT_FDCWD, path)) < 0 ||
		!(store->path = realpath(path, NULL)) ||
		(store->layers = open_folder(store->dir, "layers")) < 0 ||
		(store->images = open_folder(store->dir, "images")) < 0 ||
		(store->names = open_folder(store->dir, "names")) < 0 ||
		(store->files = open_folder(store->dir, "files")) < 0 ||
		(store->containers = open_folder(store->dir, "containers")) < 0 ||
		(store->tmp = open_folder(store->dir, "tmp")) < 0 ||
		(make_parents(root), store->state = open_folder(AT_FDCWD, root)) < 0) {
		failx("%s: %s", path, failure());
		store_close(store);
		return -1;
	}
	sweep_tmp(store->tmp);
	return 0;
}

void store_close(struct store *store)
{
	int *const all[] = {&store->dir, &store->layers, &store->images, &store->names,
		&store->files, &store->containers, &store->tmp, &store->state};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		close_fd(all[i]);
	free(store->path);
	store->path = NULL;
}

int store_lock(const struct store *store, int operation)
{
	autoclose int fd = openat(store->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 || flock(fd, operation) < 0 ? fail("%s/lock", store->path) : steal_fd(&fd);
}

int store_lock_layers(const struct store *store, int operation)
{
	autoclose int fd = openat(store->layers, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || flock(fd, operation) < 0 ? fail("%s/layers", store->path) : steal_fd(&fd);
}

int store_lock_name(const struct store *store, const char *name)
{
	for (;;) {
		autoclose int fd =
			openat(store->tmp, name, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0 || flock(fd, LOCK_EX) < 0)
			return fail("%s/tmp/%s", store->path, name);
		if (is_same(store->tmp, name, fd))
			return steal_fd(&fd);
	}
}

int store_staging(const struct store *store, char name[ID_LENGTH + 1])
{
	for (;;) {
		autoclose int fd = -1;

		random_id(name);
		if (mkdirat(store->tmp, name, 0700) < 0)
			return fail("%s/tmp", store->path);
		fd = openat(store->tmp, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_same(store->tmp, name, fd))
			return steal_fd(&fd);
		if (fd < 0 && errno != ENOENT)
			return fail("%s/tmp/%s", store->path, name);
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
