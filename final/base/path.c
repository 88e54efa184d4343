/* path.c: opens files by names that somebody else may have made, or may change at any time. */
#define _GNU_SOURCE
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "resolve.h"
#include "text.h"

int open_in_root(int dir, const char *name, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return open_resolved(dir, name, &how);
}

char *real_path(const char *path)
{
	autofree char *real = realpath(path, NULL);
	struct stat meant, found;

	if (stat(path, &meant) < 0) {
		fail("%s", path);
		return NULL;
	}
	if (real && stat(real, &found) == 0 && found.st_dev == meant.st_dev &&
		found.st_ino == meant.st_ino)
		return steal_pointer(&real);
	failx("%s: a link of /proc leads to a place that has no name here", path);
	return NULL;
}

int open_settled(int dir, const char *path, int flags)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};

	return open_resolved(dir, path, &how);
}

char *helper_path(const char *name)
{
	static const char *const places[] = {"", "/../libexec/box"};
	char own[PATH_MAX] = "";
	const char *folder = own;

	if (readlink("/proc/self/exe", own, sizeof(own) - 1) < 0) {
		fail("/proc/self/exe");
		return NULL;
	}
	/* After protect_own_file() the file is the root of a mount, and so its path has no
	 * folder. */
	if (strcmp(own, "/") == 0 || strcmp(own, "/ (deleted)") == 0)
		folder = program_invocation_name;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && strchr(folder, '/'); i++) {
		int length = strrchr(folder, '/') - folder;
		char *path = format_text("%.*s%s/%s", length, folder, places[i], name);

		if (!path || access(path, X_OK) == 0)
			return path;
		free(path);
	}
	failx("%s: not found beside box (%s)", name, folder);
	return NULL;
}

static int read_link_at(int dir, const char *name, char link[PATH_MAX])
{
	ssize_t size = readlinkat(dir, name, link, PATH_MAX - 1);

	link[size < 0 ? 0 : size] = '\0';
	return size > 0 ? 0 : -1;
}

/* Does the work of make_in_root(), one component of PATH after the other. Where a symlink leads to
 * a place that does not exist, this place is made: /etc/resolv.conf and /var/run of many images are
 * such symlinks. After LINKS of them the error is ELOOP. */
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
		/* Opened from the root by the whole path so far: a symlink in the path may lead
		 * anywhere below the root. */
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
	int fd = open_in_root(root, path, O_PATH | (folder ? O_DIRECTORY : 0), 0);

	return fd < 0 && errno == ENOENT ? make_path(root, path, folder, 8) : fd;
}
