/* copyup.c: fills a new file system with a copy of the image's folder that it covers. */
#define _GNU_SOURCE
#include "copyup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"

enum { MAX_DEPTH = 128 };

static int copy_folder(int from, int to, int depth);

static int resemble_file(int fd, const struct stat *st)
{
	return fchown(fd, st->st_uid, st->st_gid) < 0 || fchmod(fd, st->st_mode & 07777) < 0 ? -1
											     : 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	autoclose int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	autoclose int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t size;

	if (in < 0 || out < 0)
		return -1;
	while ((size = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	return size < 0 ? -1 : resemble_file(out, st);
}

static int copy_link(int from, int to, const char *name, const struct stat *st)
{
	char link[PATH_MAX];
	ssize_t size = readlinkat(from, name, link, sizeof(link) - 1);

	link[size < 0 ? 0 : size] = '\0';
	return size < 0 || symlinkat(link, to, name) < 0
		       ? -1
		       : fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_subfolder(int from, int to, const char *name, const struct stat *st, int depth)
{
	autoclose int in =
		openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	autoclose int out = -1;

	errno = depth == MAX_DEPTH ? ELOOP : errno;
	if (in < 0 || depth == MAX_DEPTH || mkdirat(to, name, 0700) < 0)
		return -1;
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out < 0 || copy_folder(in, out, depth + 1) < 0 ? -1 : resemble_file(out, st);
}

/* Copies NAME with its owner, permissions and times, unless it is a device, a fifo or a socket. */
static int copy_entry(int from, int to, const char *name, int depth)
{
	struct stat st;
	int result;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		result = copy_file(from, to, name, &st);
	else if (S_ISDIR(st.st_mode))
		result = copy_subfolder(from, to, name, &st, depth);
	else if (S_ISLNK(st.st_mode))
		result = copy_link(from, to, name, &st);
	else
		return 0;
	return result < 0 ? -1
			  : utimensat(to, name, (struct timespec[]){st.st_atim, st.st_mtim},
				    AT_SYMLINK_NOFOLLOW);
}

static int copy_folder(int from, int to, int depth)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int result = 0;

	if (!stream)
		return -1;
	while (result == 0 && (entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			(result = copy_entry(from, to, entry->d_name, depth)) < 0)
			fail("copy %s", entry->d_name);
	closedir(stream);
	return result;
}

int copy_up(int from, int to)
{
	return copy_folder(from, to, 0);
}
