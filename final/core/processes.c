/* processes.c: the processes of a container that has no cgroup, found by its PID namespace. */
#define _GNU_SOURCE
#include "processes.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "list.h"

enum { MAX_DEPTH = 32 }; /* of PID namespaces below each other, pid_namespaces(7) */

static int open_namespace(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Whether the process PID is in NAMESPACE, or in a namespace below it. */
static bool is_in(pid_t pid, const struct stat *namespace)
{
	int fd = open_namespace(pid);
	bool found = false;
	struct stat st;

	for (int i = 0; !found && i <= MAX_DEPTH && fd >= 0 && fstat(fd, &st) == 0; i++) {
		int above = ioctl(fd, NS_GET_PARENT); /* -1 above this process's own namespace */

		found = st.st_dev == namespace->st_dev && st.st_ino == namespace->st_ino;
		close(fd);
		fd = above;
	}
	close_fd(&fd);
	return found;
}

static int by_pid(const void *a, const void *b)
{
	const pid_t *one = a, *two = b;

	return (*one > *two) - (*one < *two);
}

ssize_t namespace_pids(pid_t first, pid_t **pids)
{
	autoclose int fd = open_namespace(first),
		      proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autolist char **names = proc < 0 ? NULL : list_folder(proc);
	struct stat namespace;
	ssize_t n = 0;

	*pids = NULL;
	if (fd < 0 || fstat(fd, &namespace) < 0)
		return fail("the PID namespace of process %d", first);
	if (!names)
		return -1;
	for (char **name = names; *name; name++) {
		pid_t pid = atoi(*name), *more; /* 0 for a name that is no number */

		if (pid <= 0 || !is_in(pid, &namespace))
			continue;
		if (!(more = reallocarray(*pids, n + 1, sizeof(*more))))
			return fail("memory");
		*pids = more;
		more[n++] = pid;
	}
	if (n > 0)
		qsort(*pids, n, sizeof(**pids), by_pid);
	return n;
}
