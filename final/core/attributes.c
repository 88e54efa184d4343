/* attributes.c: resource limits and priorities, which a process keeps through exec. */
#define _GNU_SOURCE
#include "attributes.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "exempt.h"
#include "spec.h"

#define NAMES(lower, upper)                                                                        \
	{                                                                                          \
		{#lower, "RLIMIT_" #upper}, RLIMIT_##upper                                         \
	}
static const struct {
	const char *names[2];
	int resource;
} rlimits[] = {NAMES(as, AS), NAMES(core, CORE), NAMES(cpu, CPU), NAMES(data, DATA),
	NAMES(fsize, FSIZE), NAMES(locks, LOCKS), NAMES(memlock, MEMLOCK),
	NAMES(msgqueue, MSGQUEUE), NAMES(nice, NICE), NAMES(nofile, NOFILE), NAMES(nproc, NPROC),
	NAMES(rss, RSS), NAMES(rtprio, RTPRIO), NAMES(rttime, RTTIME),
	NAMES(sigpending, SIGPENDING), NAMES(stack, STACK)};

bool rlimit_find(const char *name, struct rlimit_entry *entry)
{
	for (size_t i = 0; i < sizeof(rlimits) / sizeof(*rlimits); i++)
		for (size_t j = 0; j < 2; j++)
			if (strcmp(rlimits[i].names[j], name) == 0) {
				entry->name = rlimits[i].names[j];
				entry->resource = rlimits[i].resource;
				return true;
			}
	return false;
}

/* Sets RLIMIT_NPROC of the helper PID to one more than LIMIT: the helper itself counts as one of
 * the user's processes. If box may not raise the hard limit, sets LIMIT itself. */
static int limit_processes(pid_t pid, struct rlimit limit)
{
	struct rlimit more = {limit.rlim_cur + 1, limit.rlim_max};

	if (limit.rlim_cur == RLIM_INFINITY)
		return prlimit(pid, RLIMIT_NPROC, &limit, NULL);
	if (more.rlim_max < more.rlim_cur)
		more.rlim_max = more.rlim_cur;
	return prlimit(pid, RLIMIT_NPROC, &more, NULL) == 0
		       ? 0
		       : prlimit(pid, RLIMIT_NPROC, &limit, NULL);
}

int process_limits(const struct process *process, pid_t pid, bool joined)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct rlimit_entry *entry = &process->rlimits[i];

		if ((joined && entry->resource == RLIMIT_NPROC
				    ? limit_processes(pid, entry->limit)
				    : prlimit(pid, entry->resource, &entry->limit, NULL)) < 0)
			return fail("limit %s of the process", entry->name);
	}
	return 0;
}

/* Returns LIMIT for the system call, which has 64 bits, where rlim_t may have 32. */
static uint64_t wide(rlim_t limit)
{
	return limit == RLIM_INFINITY ? RLIM64_INFINITY : limit;
}

int process_limit_joined(const struct process *process, const struct guard *guard)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct rlimit_entry *entry = &process->rlimits[i];
		struct rlimit64 limit = {wide(entry->limit.rlim_cur), wide(entry->limit.rlim_max)};

		if (entry->resource == RLIMIT_NPROC &&
			own_call(guard, SYS_prlimit64, 0, RLIMIT_NPROC, (long)&limit) < 0)
			return fail("limit %s of the process", entry->name);
	}
	return 0;
}

int process_priorities(const struct process *process, pid_t pid)
{
	char score[64];

	snprintf(score, sizeof(score), "/proc/%d/oom_score_adj", pid);
	if (process->oom_score_adj && write_file_at(AT_FDCWD, score, process->oom_score_adj) < 0)
		return -1;
	if (process->scheduler && syscall(SYS_sched_setattr, pid, process->scheduler, 0) < 0)
		return fail("scheduler of the process");
	if (process->io_priority &&
		syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, *process->io_priority) < 0)
		return fail("I/O priority of the process");
	return 0;
}
