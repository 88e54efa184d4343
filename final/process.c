/* process.c: what box sets of a process that waits, as the process itself may not. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>

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
