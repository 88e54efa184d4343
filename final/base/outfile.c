/* outfile.c: files that box writes in places which its caller names: cp, commit and --pid-file. */
#define _GNU_SOURCE
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "id.h"
#include "path.h"
#include "text.h"

enum { MAX_LINKS = 40 }; /* the kernel follows as many: path_resolution(7) */

int open_path(int root, const char *path, int flags)
{
	return root < 0 ? open(path, flags | O_CLOEXEC, 0600)
			: open_in_root(root, path, flags, flags & O_CREAT ? 0600 : 0);
}

const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	return !*base || strcmp(base, "..") == 0 ? "." : base;
}

int open_parent(int root, const char *path)
{
	const char *slash = strrchr(path, '/');
	autofree char *parent = slash ? strndup(path, slash - path + (slash == path)) : strdup(".");

	return parent ? open_path(root, parent, O_RDONLY | O_DIRECTORY) : -1;
}

/* The path that the symlink NAME in FOLDER leads to, which the caller frees. NAME is the last part
 * of PATH. NULL with errno if it is no symlink (EINVAL), or after another error. */
static char *link_target(int folder, const char *name, const char *path)
{
	char link[PATH_MAX];
	ssize_t size = readlinkat(folder, name, link, sizeof(link) - 1);

	if (size < 0)
		return NULL;
	link[size] = '\0';
	/* The folders before the name stay: the kernel follows the symlinks among them. */
	return *link == '/' ? strdup(link) : format_text("%.*s%s", (int)(name - path), path, link);
}

/* Fills SPOT with the folder and the name to which PATH leads after all symlinks. Sets errno
 * only. */
static int follow(int root, const char *path, struct spot *spot)
{
	autofree char *here = strdup(path);

	for (int links = 0; here && links <= MAX_LINKS; links++) {
		const char *name = base_of(here);
		autoclose int folder = open_parent(root, here);
		char *next;

		if (folder < 0)
			return -1;
		errno = 0;
		if (!(next = link_target(folder, name, here))) {
			if (errno != EINVAL && errno != ENOENT)
				return -1;
			spot->folder = steal_fd(&folder);
			return (spot->name = strdup(name)) ? 0 : -1;
		}
		free(here);
		here = next;
	}
	errno = here ? ELOOP : ENOMEM;
	return -1;
}

static bool is_link(int root, const char *path)
{
	autoclose int fd = open_path(root, path, O_PATH | O_NOFOLLOW);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

int spot_find(int root, const char *path, struct spot *spot)
{
	autoclose int fd = open_path(root, path, O_PATH);
	struct stat st, there;

	*spot = (struct spot){.folder = -1};
	if (!*path)
		return failx("the file name is empty");
	/* A symlink to a file that does not exist yet: let the kernel make the file, as it refuses
	 * to follow symlinks of others in /tmp (proc_sys_fs(5), "protected_symlinks"). */
	if (fd < 0 && errno == ENOENT && is_link(root, path)) {
		fd = open_path(root, path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			return fail("%s", path);
	}
	if (fd < 0 ? errno != ENOENT : fstat(fd, &st) < 0)
		return fail("%s", path);
	if (fd >= 0 && S_ISDIR(st.st_mode))
		return 1;
	if (fd >= 0 && !S_ISREG(st.st_mode))
		return failx("%s: neither a file nor a folder", path);
	if (fd < 0 && path[strlen(path) - 1] == '/')
		return failx("%s: no such folder", path);
	if (fd < 0) { /* a symlink that somebody makes there now is replaced, and not followed */
		spot->folder = open_parent(root, path);
		spot->name = strdup(base_of(path));
		return spot->folder < 0 || !spot->name ? fail("%s", path) : 0;
	}
	if (follow(root, path, spot) < 0)
		return fail("%s", path);
	/* follow() must have come to the file that the kernel has found, as only the kernel checks
	 * whether each symlink may be followed. */
	if (fstatat(spot->folder, spot->name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
		st.st_dev != there.st_dev || st.st_ino != there.st_ino)
		return failx("%s: it has no name, or another one was given to it just now", path);
	return 0;
}

void spot_close(struct spot *spot)
{
	close_fd(&spot->folder);
	free(spot->name);
	spot->name = NULL;
}

int spot_create(struct spot *spot, const char *path, mode_t mode)
{
	char id[ID_LENGTH + 1];
	int fd;

	random_id(id);
	snprintf(spot->new, sizeof(spot->new), ".box-%.16s", id);
	fd = openat(spot->folder, spot->new, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	return fd < 0 ? fail("%s", path) : fd;
}

int spot_replace(const struct spot *spot, const char *path)
{
	return renameat(spot->folder, spot->new, spot->folder, spot->name) < 0 ? fail("%s", path)
									       : 0;
}

void spot_give_up(const struct spot *spot)
{
	unlinkat(spot->folder, spot->new, 0);
}
