/* cgroup-usage.c: what a container uses, by its cgroup. */
#define _GNU_SOURCE
#include "cgroup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "process.h"
#include "cgroup-parts.h"

/* Returns the number after KEY, which begins a line, in FILE of the first cgroup that has it; if
 * KEY is NULL, the first number in FILE. Returns -1 if there is none, or if it is "max". */
static int64_t get_number(const struct cgroup *cgroup, const char *file, const char *key)
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

/* Returns the memory of the process PID, in bytes: Pss of smaps_rollup, in which memory that
 * several processes share counts in part for each of them. */
static int64_t memory_of(pid_t pid)
{
	char path[64];
	autofree char *text = NULL;
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	text = read_file_at(AT_FDCWD, path, 1 << 16);
	line = text ? strstr(text, "\nPss:") : NULL;
	return line ? strtoll(line + strlen("\nPss:"), NULL, 10) * 1024 : 0;
}

/* Adds the process PID to the sum DATA. The CPU time of children that it has waited for is part of
 * its own. */
static bool add_process(pid_t pid, void *data)
{
	struct usage *sum = data;
	int64_t fields[N_STAT];

	if (!process_stat(pid, fields))
		return false;
	for (int i = STAT_UTIME; i <= STAT_CSTIME; i++)
		sum->cpu += fields[i] * (1000000 / sysconf(_SC_CLK_TCK));
	sum->memory += memory_of(pid);
	sum->tasks += fields[STAT_THREADS];
	return true;
}

/* Returns the memory of the cgroup, in bytes, without cached files that the kernel can drop at any
 * time. */
static int64_t get_memory(const struct cgroup *cgroup)
{
	int64_t memory = get_number(cgroup, "memory.current", NULL);
	bool v2 = memory >= 0;
	int64_t files =
		get_number(cgroup, "memory.stat", v2 ? "inactive_file " : "total_inactive_file ");

	if (!v2)
		memory = get_number(cgroup, "memory.usage_in_bytes", NULL);
	return memory > files && files > 0 ? memory - files : memory;
}

int cgroup_usage(const char *id, struct usage *usage)
{
	struct usage sum = {0};
	struct cgroup cgroup;
	struct sysinfo info;
	int64_t limit;

	if (cgroup_open_all(&cgroup, id, true) < 0)
		return -1;
	if (n_bases == 0)
		return failx("without cgroups, nothing is known of what a container uses");
	*usage = (struct usage){.cpu = get_number(&cgroup, "cpu.stat", "usage_usec "),
		.memory = get_memory(&cgroup),
		.tasks = get_number(&cgroup, "pids.current", NULL)};
	if (usage->cpu < 0 && (usage->cpu = get_number(&cgroup, "cpuacct.usage", NULL)) > 0)
		usage->cpu /= 1000;
	if ((limit = get_number(&cgroup, "memory.max", NULL)) < 0)
		limit = get_number(&cgroup, "memory.limit_in_bytes", NULL);
	if (cgroup.n > 0 && (usage->cpu < 0 || usage->memory < 0 || usage->tasks < 0))
		each_process(&cgroup.hierarchies[0], add_process, &sum);
	cgroup_close(&cgroup);
	usage->cpu = usage->cpu < 0 ? sum.cpu : usage->cpu;
	usage->memory = usage->memory < 0 ? sum.memory : usage->memory;
	usage->tasks = usage->tasks < 0 ? sum.tasks : usage->tasks;
	sysinfo(&info);
	usage->limit = (int64_t)info.totalram * info.mem_unit;
	if (limit >= 0 && limit < usage->limit)
		usage->limit = limit;
	return usage->tasks > 0 ? 0 : 1;
}
