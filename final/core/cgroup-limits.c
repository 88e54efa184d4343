/* cgroup-limits.c: writes limits to the files of a cgroup. */
#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "cgroup-parts.h"
#include "spec.h"

int try_write(int dir, const char *file, const char *text)
{
	autoclose int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

int hierarchy_write(const struct hierarchy *h, const char *file, const char *text)
{
	if (try_write(h->dir, file, text) < 0)
		return fail("write %s to %s/%s", text, h->path, file);
	return 0;
}

/* Writes NUMBER to FILE; -1 is no limit, for which the files of v2, and pids.max, want "max". */
static int put_number(const struct hierarchy *h, const char *file, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return hierarchy_write(h, file, number < 0 && strstr(file, ".max") ? "max" : text);
}

/* memory.oom.group stays 0, as with Docker: at the limit the kernel kills the process that uses the
 * most memory, and the command may go on without it. */
static int limit_memory(const struct hierarchy *h, const struct limits *limits)
{
	const char *file = h->v2 ? "memory.max" : "memory.limit_in_bytes";
	const char *swap_file = h->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	int64_t memory = limits->memory ?: -1;
	int64_t both = limits->memory_swap ?: memory;
	int64_t swap = h->v2 && both > 0 ? both - memory : both;

	/* A kernel that does not count swap lacks that file. */
	if (limits->memory_swap <= 0 && faccessat(h->dir, swap_file, F_OK, 0) < 0)
		return put_number(h, file, memory);
	if (put_number(h, file, memory) == 0)
		return put_number(h, swap_file, swap);
	/* On v1 the limit of memory and swap together is never below that of memory; so when both
	 * rise, the limit of both together has to be written first. */
	if (h->v2 || errno != EINVAL || put_number(h, swap_file, swap) < 0)
		return -1;
	return put_number(h, file, memory);
}

static int limit_cpu(const struct hierarchy *h, const struct limits *limits)
{
	int64_t period = limits->cpu_period ?: 100000, quota = limits->cpu_quota ?: -1;
	char text[64];

	if (!h->v2)
		return put_number(h, "cpu.cfs_period_us", period) < 0
			       ? -1
			       : put_number(h, "cpu.cfs_quota_us", quota);
	snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, quota, period);
	if (quota < 0)
		snprintf(text, sizeof(text), "max %" PRId64, period);
	return hierarchy_write(h, "cpu.max", text);
}

/* CPUS NULL: the cgroup gets all CPUs of the cgroup above it. */
static int limit_cpuset(const struct hierarchy *h, const char *cpus)
{
	autofree char *above = NULL, *set = NULL, *effective = NULL;

	if (cpus && !cpus[strspn(cpus, " \t\n")])
		return failx("cpuset limit: no CPUs are named");
	if (!cpus && h->v2)
		return hierarchy_write(h, "cpuset.cpus", "\n");
	if (!cpus && !(cpus = above = read_file_at(h->dir, "../cpuset.cpus", 1 << 16)))
		return -1;
	if (hierarchy_write(h, "cpuset.cpus", cpus) < 0)
		return -1;
	if (!h->v2)
		return 0;
	/* v2 accepts CPUs that the cgroup above does not have, and then silently does without
	 * them. */
	set = read_file_at(h->dir, "cpuset.cpus", 1 << 16);
	effective = read_file_at(h->dir, "cpuset.cpus.effective", 1 << 16);
	if (!set || !effective)
		return -1;
	return strcmp(set, effective) == 0
		       ? 0
		       : failx("cpuset limit: CPUs %s are not all to be had: see cpuset.cpus.effective above %s",
				 cpus, h->path);
}

int hierarchy_limit(const struct hierarchy *h, unsigned controllers, const struct limits *limits)
{
	if (controllers & CONTROLLER_MEMORY && limit_memory(h, limits) < 0)
		return -1;
	if (controllers & CONTROLLER_PIDS && put_number(h, "pids.max", limits->pids ?: -1) < 0)
		return -1;
	if (controllers & CONTROLLER_CPU && limit_cpu(h, limits) < 0)
		return -1;
	return controllers & CONTROLLER_CPUSET ? limit_cpuset(h, limits->cpuset_cpus) : 0;
}

unsigned limited(const struct limits *limits)
{
	return (limits->memory ? CONTROLLER_MEMORY : 0) | (limits->pids ? CONTROLLER_PIDS : 0) |
	       (limits->cpu_quota ? CONTROLLER_CPU : 0) |
	       (limits->cpuset_cpus ? CONTROLLER_CPUSET : 0);
}

bool cgroup_has_limits(const struct limits *limits)
{
	return limited(limits) != 0;
}

int cgroup_check(const struct limits *limits)
{
	if (limits->memory_swap > 0 && (!limits->memory || limits->memory_swap < limits->memory))
		return failx(
			"the limit of memory and swap together needs a memory limit, and cannot be "
			"lower than it");
	return 0;
}
