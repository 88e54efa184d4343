/* cgroup-parts.c: the names of the controllers, and single files of a cgroup. */
#define _GNU_SOURCE
#include "cgroup-parts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "file.h"
#include "cgroup.h"

const char *const cgroup_controllers[N_CONTROLLERS] = {"freezer", "pids", "memory", "cpu", "cpuset",
	"devices", "blkio", "io", "cpuacct", "hugetlb", "net_cls", "net_prio", "perf_event", "rdma",
	"misc", "name=systemd"};

unsigned controllers_in(const char *words)
{
	unsigned found = 0;

	for (size_t length; *words; words += length + (words[length] != '\0')) {
		length = strcspn(words, ", \n");
		for (int i = 0; i < N_CONTROLLERS; i++)
			if (strlen(cgroup_controllers[i]) == length &&
				strncmp(words, cgroup_controllers[i], length) == 0)
				found |= 1U << i;
	}
	return found;
}

int try_write(int dir, const char *file, const char *text)
{
	autoclose int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

int hierarchy_write(const struct hierarchy *h, const char *file, const char *text)
{
	debug("write %s to %s/%s", *text == '\n' ? "nothing" : text, h->path, file);
	if (try_write(h->dir, file, text) < 0)
		return fail("write %s to %s/%s", text, h->path, file);
	return 0;
}

int64_t cgroup_number(const struct cgroup *cgroup, const char *file, const char *key)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		autofree char *text = NULL;
		char *at;
		int64_t number;

		if (faccessat(cgroup->hierarchies[i].dir, file, F_OK, 0) < 0 ||
			!(text = read_file_at(cgroup->hierarchies[i].dir, file, 1 << 16)))
			continue;
		at = text;
		while (key && at && strncmp(at, key, strlen(key)) != 0)
			at = (at = strchr(at, '\n')) ? at + 1 : NULL;
		if (at && sscanf(at + (key ? strlen(key) : 0), "%" SCNd64, &number) == 1)
			return number;
	}
	return -1;
}
