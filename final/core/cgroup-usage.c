/* cgroup-usage.c: what a container uses, by its cgroup. */
#define _GNU_SOURCE
#include "cgroup.h"

#include <fcntl.h>
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
#include "cgroup-v1.h"
#include "processes.h"

/* Returns the memory of the process PID, in bytes: Pss of /proc/PID/smaps_rollup, which counts
 * memory that N processes share as an Nth for each of them. */
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

/* Adds the process PID to the sum DATA. Its CPU time includes that of children for which it has
 * waited. */
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
	int64_t memory = cgroup_number(cgroup, "memory.current", NULL);
	int64_t files = cgroup_number(cgroup, "memory.stat", "inactive_file ");

	return memory > files && files > 0 ? memory - files : memory;
}

/* Adds up what the processes of a container without a cgroup report. FIRST is the first of them; if
 * it has ended, there are none. */
static void add_processes(pid_t first, struct usage *sum)
{
	autofree pid_t *pids = NULL;
	ssize_t n = namespace_pids(first, &pids);

	for (ssize_t i = 0; i < n; i++)
		add_process(pids[i], sum);
}

int cgroup_usage(const char *id, pid_t first, struct usage *usage)
{
	struct usage sum = {0};
	struct cgroup cgroup;
	struct sysinfo info;
	int64_t all;

	if (cgroup_open_all(&cgroup, id, true) < 0)
		return -1;
	*usage = (struct usage){.cpu = cgroup_number(&cgroup, "cpu.stat", "usage_usec "),
		.memory = get_memory(&cgroup),
		.limit = cgroup_number(&cgroup, "memory.max", NULL),
		.tasks = cgroup_number(&cgroup, "pids.current", NULL)};
	v1_usage(&cgroup, usage);
	if (cgroup.n > 0 && (usage->cpu < 0 || usage->memory < 0 || usage->tasks < 0))
		each_process(&cgroup.hierarchies[0], add_process, &sum);
	else if (cgroup.n == 0)
		add_processes(first, &sum);
	cgroup_close(&cgroup);
	usage->cpu = usage->cpu < 0 ? sum.cpu : usage->cpu;
	usage->memory = usage->memory < 0 ? sum.memory : usage->memory;
	usage->tasks = usage->tasks < 0 ? sum.tasks : usage->tasks;
	sysinfo(&info);
	all = (int64_t)info.totalram * info.mem_unit;
	usage->limit = usage->limit < 0 || usage->limit > all ? all : usage->limit;
	return usage->tasks > 0 ? 0 : 1;
}
