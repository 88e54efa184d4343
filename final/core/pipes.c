/* pipes.c: the ends of pipes that the container gets in place of the caller's files. */
#define _GNU_SOURCE
#include "pipes.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "container.h"
#include "spec.h"

/* The null device is the container's own: see init.c. A folder is refused there. */
static bool is_hosts(const struct stat *st)
{
	return !S_ISDIR(st->st_mode) && (!S_ISCHR(st->st_mode) || st->st_rdev != makedev(1, 3));
}

/* Nothing of the caller's is open in the container, not even until it has its terminal. */
static int make_nulls(int pipes[3])
{
	for (int fd = 0; fd < 3; fd++)
		if ((pipes[fd] = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
			return fail("/dev/null");
	return 0;
}

/* Whoever has a descriptor may do to the file what its owner may, and open it anew by
 * /proc/self/fd: a disk that was to be read is written, a file gets another mode, a pipe is read
 * from its other end. So the container gets pipes, and box copies to or from their other ends;
 * stdout and stderr share one pipe, where they are the same file, to keep the order. */
int make_pipes(struct container *container, int pipes[3])
{
	const struct spec *spec = container->spec;
	struct stat st[3];
	int ends[2];

	pipes[0] = pipes[1] = pipes[2] = -1;
	if (spec->process.terminal && container->joined && !spec->detached)
		return make_nulls(pipes);
	for (int fd = 0; fd < 3 && !spec->process.terminal && !spec->detached; fd++) {
		int ours = fd == 0 ? 1 : 0; /* the end to write or to read */

		if (!(spec->logged && fd > 0) && (fstat(fd, &st[fd]) < 0 || !is_hosts(&st[fd])))
			continue;
		if (fd == 2 && pipes[1] >= 0 && !spec->logged && st[1].st_ino == st[2].st_ino &&
			st[1].st_dev == st[2].st_dev) {
			pipes[2] = fcntl(pipes[1], F_DUPFD_CLOEXEC, 3);
			continue;
		}
		if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[ours], F_SETFL, O_NONBLOCK) < 0)
			return fail("pipe");
		container->stdio[fd] = ends[ours];
		pipes[fd] = ends[!ours];
	}
	return 0;
}

void use_pipes(const int pipes[3])
{
	for (int fd = 0; fd < 3; fd++)
		if (pipes[fd] >= 0 && dup2(pipes[fd], fd) < 0)
			_exit(EXIT_BOX);
}

void close_pipes(int pipes[3])
{
	for (int fd = 0; fd < 3; fd++)
		close_fd(&pipes[fd]);
}
