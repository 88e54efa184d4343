/* attributes.h: resource limits and priorities, which a process keeps through exec. */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>

#include "exempt.h"
#include "spec.h"

/* Sets the name and the resource of ENTRY to those of the limit NAME of getrlimit(2), which is as
 * in "nofile" or "RLIMIT_NOFILE". Returns whether there is one. */
bool rlimit_find(const char *name, struct rlimit_entry *entry);

/* Sets the resource limits of PROCESS on the process PID (0: the caller), as prlimit(2) does. For a
 * container with a user namespace box calls this, because a process in there cannot raise its own
 * limits. JOINED: PID is a helper that makes the process as a further child. The helper itself
 * counts as one of the user's processes (getrlimit(2), RLIMIT_NPROC), so that limit is set one
 * higher until process_limit_joined() corrects it. */
int process_limits(const struct process *process, pid_t pid, bool joined);

/* Sets the calling process's RLIMIT_NPROC to the value in PROCESS, where process_limits() with
 * JOINED had set it one higher. GUARD lets this call pass the filter of system calls, which is
 * installed by then. */
int process_limit_joined(const struct process *process, const struct guard *guard);

/* Sets oom_score_adj, scheduler and I/O priority of the process PID to those that PROCESS names. */
int process_priorities(const struct process *process, pid_t pid);

#endif
