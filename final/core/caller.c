/* caller.c: removes what a process has inherited from box's caller. */
#define _GNU_SOURCE
#include "caller.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "process.h"

/* The first version of struct sched_attr: its header linux/sched/types.h clashes with sched.h of
 * older C libraries. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* Allows the process to run on all CPUs; the kernel reduces them to the CPUs of the cgroup's
 * cpuset. */
static void use_all_cpus(void)
{
	unsigned char all[8192 / 8];

	memset(all, 0xff, sizeof(all));
	syscall(SYS_sched_setaffinity, 0, sizeof(all), all);
}

/* Failures are no errors: box may have no right to raise its own priorities, as in a container
 * without CAP_SYS_NICE or CAP_SYS_RESOURCE, and then the processes that it starts have no better
 * ones either. */
void caller_forget(bool all)
{
	const struct attributes normal = {.size = sizeof(normal), .policy = SCHED_OTHER};
	const char *score = "/proc/self/oom_score_adj";

	use_all_cpus();
	if (!all)
		return;
	syscall(SYS_sched_setattr, 0, &normal, 0);
	/* no class: the I/O priority follows the nice value */
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
	prctl(PR_SET_TIMERSLACK, 50000, 0, 0, 0); /* nanoseconds, the kernel's default */
	personality(PER_LINUX);
	write_file_at(AT_FDCWD, score, "0");
}

int environment_find(struct environment *environment)
{
	int64_t fields[N_STAT];

	if (!process_stat(getpid(), fields))
		return fail("/proc/self/stat");
	environment->start = (char *)(uintptr_t)fields[STAT_ENV_START];
	environment->size = fields[STAT_ENV_END] - fields[STAT_ENV_START];
	return 0;
}

void environment_forget(const struct environment *environment)
{
	memset(environment->start, 0, environment->size);
}
