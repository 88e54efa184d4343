/* oom.c: counts the processes that the kernel has killed at the memory limit of a cgroup. */
#define _GNU_SOURCE
#include "oom.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "cgroup.h"

int oom_open(const struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		const struct hierarchy *h = &cgroup->hierarchies[i];
		int fd = openat(h->dir, h->v2 ? "memory.events" : "memory.oom_control",
			O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			return fd;
	}
	return -1;
}

int64_t oom_kills(int fd)
{
	char text[512];
	ssize_t size = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	const char *line;
	int64_t kills = 0;

	if (size <= 0)
		return 0;
	text[size] = '\0';
	if ((line = strstr(text, "oom_kill ")))
		sscanf(line, "oom_kill %" SCNd64, &kills);
	return kills;
}
