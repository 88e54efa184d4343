/* cgroup-limits.c: which of the limits of resources.c a cgroup gets from box. */
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
#include "resources.h"
#include "spec.h"

/* The kernel accepts CPUs that the cgroup above does not have, and then silently ignores them. */
static int check_cpus(const struct hierarchy *h, const char *cpus)
{
	autofree char *set = read_file_at(h->dir, "cpuset.cpus", 1 << 16);
	autofree char *effective = read_file_at(h->dir, "cpuset.cpus.effective", 1 << 16);

	if (!set || !effective)
		return -1;
	return strcmp(set, effective) == 0
		       ? 0
		       : failx("cpuset limit: CPUs %s are not all to be had: see cpuset.cpus.effective above %s",
				 cpus, h->path);
}

/* Adds the limit of CPUs; without one the cgroup gets all CPUs of the cgroup above it. */
static int add_cpus(struct resources *resources, const struct hierarchy *h, const char *cpus)
{
	autofree char *above = !cpus && !h->v2 ? v1_cpus_above(h) : NULL;

	if (!cpus && !h->v2 && !above)
		return -1;
	return resource_text(resources, "cpu.cpus", cpus ?: above ?: "\n");
}

/* Returns -1 after fail() if LIMITS name swap, and the kernel does not count it. */
static int check_swap(const struct hierarchy *h, const struct limits *limits)
{
	const char *file = h->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";

	return limits->memory_swap > 0 && faccessat(h->dir, file, F_OK, 0) < 0
		       ? fail("the limit of memory and swap together: %s/%s", h->path, file)
		       : 0;
}

/* memory.oom.group stays 0, as with Docker: at the limit the kernel kills the process that uses the
 * most memory, and the command may go on without it. */
int hierarchy_limit(const struct hierarchy *h, unsigned controllers, const struct limits *limits)
{
	const struct cgroup cgroup = {.hierarchies = {*h}, .n = 1};
	struct resources resources = {.n_settings = 0};
	int result = 0;

	if (controllers & CONTROLLER_MEMORY) {
		resources.memory = limits->memory ?: -1;
		resources.memory_swap = limits->memory_swap ?: resources.memory;
	}
	if (controllers & CONTROLLER_CPU) {
		resources.cpu_quota = limits->cpu_quota ?: -1;
		resources.cpu_period = limits->cpu_period ?: 100000;
	}
	if ((controllers & CONTROLLER_MEMORY && check_swap(h, limits) < 0) ||
		(controllers & CONTROLLER_PIDS &&
			resource_number(&resources, "pids.limit", limits->pids) < 0) ||
		(controllers & CONTROLLER_CPUSET &&
			add_cpus(&resources, h, limits->cpuset_cpus) < 0) ||
		resources_limit(&cgroup, &resources) < 0)
		result = -1;
	resources_free(&resources);
	return result == 0 && h->v2 && controllers & CONTROLLER_CPUSET && limits->cpuset_cpus
		       ? check_cpus(h, limits->cpuset_cpus)
		       : result;
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
