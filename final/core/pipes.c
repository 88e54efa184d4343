/* pipes.c: the pipes that a container gets in place of the caller's stdin, stdout and stderr. */
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
#include "mapped.h"
#include "spec.h"

/* Whether the container gets a pipe in place of the caller's file ST. It gets none for the null
 * device, which reopen_null() replaces by the container's own, nor for a folder, which
 * close_descriptors() refuses. */
static bool needs_pipe(const struct stat *st)
{
	return !S_ISDIR(st->st_mode) && (!S_ISCHR(st->st_mode) || st->st_rdev != makedev(1, 3));
}

/* PIPES become /dev/null: then no file of the caller is open in the container before the process
 * has its terminal. */
static int make_nulls(int pipes[3])
{
	for (int fd = 0; fd < 3; fd++)
		if ((pipes[fd] = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
			return fail("/dev/null");
	return 0;
}

/* A root process that has a descriptor has the rights of the file's owner, and can open the file
 * again through /proc/self/fd: it could write to a disk that it was only to read, change a file's
 * mode, or read from a pipe to which it was only to write. So the container gets pipes, and box
 * copies between their other ends and the caller's files. If stdout and stderr are the same file,
 * they share one pipe, which keeps the order of the output. A pipe belongs to root of the
 * container, who could not open /dev/stdout otherwise. */
int make_pipes(struct container *container, int pipes[3])
{
	const struct process *process = container->process;
	const struct id_maps *maps = &container->namespaces->maps;
	struct stat st[3];
	int ends[2];

	pipes[0] = pipes[1] = pipes[2] = -1;
	if (process->terminal && container->joined && !process->detached)
		return make_nulls(pipes);
	for (int fd = 0; fd < 3 && !process->terminal && !process->detached; fd++) {
		int ours = fd == 0 ? 1 : 0; /* box's end: 1 to write, 0 to read */

		if (!(process->logged && fd > 0) &&
			(fstat(fd, &st[fd]) < 0 || !needs_pipe(&st[fd])))
			continue;
		if (fd == 2 && pipes[1] >= 0 && !process->logged && st[1].st_ino == st[2].st_ino &&
			st[1].st_dev == st[2].st_dev) {
			pipes[2] = fcntl(pipes[1], F_DUPFD_CLOEXEC, 3);
			continue;
		}
		if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[ours], F_SETFL, O_NONBLOCK) < 0 ||
			(maps->n_uids > 0 && fchown(ends[0], mapped_root(maps->uids, maps->n_uids),
						     mapped_root(maps->gids, maps->n_gids)) < 0))
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
