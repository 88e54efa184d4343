/* attributes.h: resource limits and priorities, which a process keeps through exec. Functions that
 * return an int return 0, or -1 after fail(). */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>

#include "exempt.h"
#include "spec.h"

/* Sets the fields name and resource of ENTRY for the limit NAME of getrlimit(2), which is written
 * as "nofile" or as "RLIMIT_NOFILE". Returns whether there is such a limit. */
bool rlimit_find(const char *name, struct rlimit_entry *entry);

/* Sets the resource limits of PROCESS on the process PID (0: the caller), as prlimit(2) does. For a
 * container with a user namespace, box calls this function, because a process in a user namespace
 * cannot raise its own limits. JOINED: PID is a helper, whose child becomes the process. The helper
 * itself counts as one of the user's processes (getrlimit(2), RLIMIT_NPROC), so that limit is set
 * one higher until process_limit_joined() corrects it. */
int process_limits(const struct process *process, pid_t pid, bool joined);

/* Sets RLIMIT_NPROC of the calling process to the value in PROCESS, if PROCESS has one:
 * process_limits() with JOINED has set it one higher. GUARD lets the system call pass the filter,
 * which is installed by then. */
int process_limit_joined(const struct process *process, const struct guard *guard);

/* Sets oom_score_adj (proc_pid_oom_score_adj(5)), the scheduler (sched_setattr(2)) and the I/O
 * priority (ioprio_set(2)) of the process PID, as far as PROCESS names them. */
int process_priorities(const struct process *process, pid_t pid);

#endif
