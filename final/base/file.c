/* file.c: reads, writes and removes whole files and folders. */
#define _GNU_SOURCE
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "id.h"
#include "resolve.h"
#include "text.h"

int write_all(int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		else if (n < 0 && errno != EINTR)
			return fail("write");
		done += n > 0 ? n : 0;
	}
	return 0;
}

int write_file_at(int dir, const char *name, const char *text)
{
	autoclose int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return fail("write %s to %s", text, name);
	return 0;
}

int replace_file_at(int dir, const char *name, const void *data, size_t size, bool lasts)
{
	autofree char *new = format_text("%s.new", name);
	autoclose int fd = -1;

	if (!new)
		return -1;
	fd = openat(dir, new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && write_all(fd, data, size) == 0 && (!lasts || fsync(fd) == 0) &&
		renameat(dir, new, dir, name) == 0)
		return 0;
	fail("%s", name);
	keep_failure();
	unlinkat(dir, new, 0);
	return -1;
}

char *read_file(int fd, const char *name, size_t limit)
{
	autofree char *data = NULL;
	char *grown;
	size_t size = 0, room = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fail("%s", name);
		return NULL;
	}
	errno = S_ISREG(st.st_mode) ? 0 : EINVAL;
	/* Files of /proc have a size of 0. One more byte than there should be shows the end. */
	do {
		if (size == room) {
			room = room ? 2 * room : st.st_size > 0 ? (size_t)st.st_size + 1 : 4096;
			room = room < limit + 1 ? room : limit + 1;
			if ((grown = realloc(data, room + 1)))
				data = grown;
		}
		if (!errno && (n = read(fd, data + size, room - size)) > 0)
			size += n;
	} while (!errno && n > 0 && size <= limit);
	if (!errno && size > limit)
		errno = EFBIG;
	if (errno) {
		fail("%s", name);
		return NULL;
	}
	data[size] = '\0';
	return realloc(steal_pointer(&data), size + 1);
}

char *read_file_at(int dir, const char *name, size_t limit)
{
	autoclose int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return read_file(fd, name, limit);
}

/* The number of levels of folders that remove_below() opens at the same time, so that the limit of
 * open files is no obstacle. A folder below these levels is moved to the top level, and removed
 * there. */
enum { MAX_DEPTH = 32 };

static int remove_below(int top, int dir, const char *name, int depth);

/* Removes the contents of the folder FD, and closes FD. TOP and DEPTH: see remove_below(). */
static int empty_folder(int top, int fd, int depth)
{
	struct dirent *entry;
	DIR *stream = fdopendir(fd);
	int result = 0;

	if (!stream) {
		close(fd);
		return fail("opendir");
	}
	while (result == 0 && (entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = remove_below(top, dirfd(stream), entry->d_name, depth);
	closedir(stream);
	return result;
}

/* Removes NAME of the folder DIR, and all below it. DEPTH is the number of folders that are open
 * above it, and TOP the first of these, or -1. */
static int remove_below(int top, int dir, const char *name, int depth)
{
	/* NO_XDEV: no mount is entered, not even a bind mount. */
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_BENEATH,
	};
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail("remove %s", name);
	if (depth == MAX_DEPTH) {
		/* The name is random: a container could have made a file of a name that it knew. */
		char id[ID_LENGTH + 1], moved[ID_LENGTH + 16];

		random_id(id);
		snprintf(moved, sizeof(moved), ".box-remove-%s", id);
		return renameat(dir, name, top, moved) < 0 ? fail("remove %s", name) : 0;
	}
	if ((fd = open_resolved(dir, name, &how)) < 0) {
		if (errno == ENOTDIR)
			errno = EPERM; /* the error of unlinkat(): the file is immutable */
		return fail("remove %s", name);
	}
	if (empty_folder(top >= 0 ? top : fd, fd, depth + 1) < 0)
		return -1;
	/* Folders that lay too deep may have been moved to the top folder after readdir() had read
	 * it. */
	while (unlinkat(dir, name, AT_REMOVEDIR) < 0) {
		if ((errno != ENOTEMPTY && errno != EEXIST) || depth > 0)
			return fail("remove %s", name);
		if ((fd = open_resolved(dir, name, &how)) < 0 ||
			empty_folder(fd, fd, depth + 1) < 0)
			return fail("remove %s", name);
	}
	return 0;
}

int remove_tree_at(int dir, const char *name)
{
	return remove_below(-1, dir, name, 0);
}

uint64_t tree_size(const char *path)
{
	char *const paths[] = {(char *)path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL);
	uint64_t size = 0;

	for (FTSENT *entry; tree && (entry = fts_read(tree));)
		if (entry->fts_info == FTS_F || entry->fts_info == FTS_SL ||
			entry->fts_info == FTS_DEFAULT)
			size += entry->fts_statp->st_blocks * UINT64_C(512) /
				entry->fts_statp->st_nlink;
	if (tree)
		fts_close(tree);
	return size;
}

int open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return fail("/dev/null");
	close(fd);
	return 0;
}

/* Makes the folders on the way to PATH (mode 0755). Returns 0, or else the errno of the first one
 * that cannot be made. */
static int make_parents(const char *path)
{
	autofree char *copy = strdup(path);
	int error = 0;

	for (char *slash = copy ? strchr(copy, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST && !error && *copy)
			error = errno;
		*slash = '/';
	}
	return error;
}

int open_made_folder(const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = open(path, flags), error;

	if (fd < 0 && errno == ENOENT) {
		error = make_parents(path);
		if (mkdir(path, 0700) == 0 || errno == EEXIST)
			fd = open(path, flags);
		if (fd < 0 && errno == ENOENT && error)
			errno = error;
	}
	return fd < 0 ? fail("%s", path) : fd;
}

int check_private(int dir)
{
	struct stat st;

	if (fstat(dir, &st) < 0 || st.st_uid != geteuid())
		return failx("it is another user's");
	return st.st_mode & 022 ? failx("others may write into it") : 0;
}
