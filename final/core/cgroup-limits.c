/* cgroup-limits.c: writes limits to the files of a cgroup. */
#define _GNU_SOURCE
#include "cgroup.h"

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
#include "cgroup-v1.h"
#include "spec.h"

/* memory.oom.group stays 0, as with Docker: at the limit the kernel kills the process that uses the
 * most memory, and the command may go on without it. */
static int limit_memory(const struct hierarchy *h, const struct limits *limits)
{
	int64_t memory = limits->memory ?: -1, both = limits->memory_swap ?: memory;

	if (hierarchy_put(h, "memory.max", memory) < 0)
		return -1;
	/* A kernel that does not count swap lacks that file. */
	if (limits->memory_swap <= 0 && faccessat(h->dir, "memory.swap.max", F_OK, 0) < 0)
		return 0;
	return hierarchy_put(h, "memory.swap.max", both > 0 ? both - memory : both);
}

static int limit_cpu(const struct hierarchy *h, const struct limits *limits)
{
	int64_t period = limits->cpu_period ?: 100000, quota = limits->cpu_quota;
	char text[64];

	snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, quota, period);
	if (quota <= 0)
		snprintf(text, sizeof(text), "max %" PRId64, period);
	return hierarchy_write(h, "cpu.max", text);
}

/* CPUS NULL: the cgroup gets all CPUs of the cgroup above it. */
static int limit_cpuset(const struct hierarchy *h, const char *cpus)
{
	autofree char *set = NULL, *effective = NULL;

	if (hierarchy_write(h, "cpuset.cpus", cpus ?: "\n") < 0)
		return -1;
	if (!cpus)
		return 0;
	/* The kernel accepts CPUs that the cgroup above does not have, and then silently does
	 * without them. */
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
	if (!h->v2)
		return v1_limit(h, controllers, limits);
	if (controllers & CONTROLLER_MEMORY && limit_memory(h, limits) < 0)
		return -1;
	if (controllers & CONTROLLER_PIDS && hierarchy_put(h, "pids.max", limits->pids ?: -1) < 0)
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
	const char *cpus = limits->cpuset_cpus;

	if (cpus && !cpus[strspn(cpus, " \t\n")])
		return failx("cpuset limit: no CPUs are named");
	if (limits->memory_swap > 0 && (!limits->memory || limits->memory_swap < limits->memory))
		return failx(
			"the limit of memory and swap together needs a memory limit, and cannot be "
			"lower than it");
	return 0;
}
