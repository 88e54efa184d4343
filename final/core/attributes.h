/* attributes.h: what is set of a process before it is executed. */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>

#include "exempt.h"
#include "spec.h"

/* Gives PID (0: the caller) the limits of PROCESS. In a user namespace box calls this, as a process
 * there cannot raise its own. The helper that makes a JOINED process counts as one of the user's
 * processes itself (getrlimit(2), RLIMIT_NPROC), so the limit is one higher until
 * process_limit_joined(). */
int process_limits(const struct process *process, pid_t pid, bool joined);

/* Sets the limit of processes to its real value again. The process itself calls this; GUARD exempts
 * the call from its filter. */
int process_limit_joined(const struct process *process, const struct guard *guard);

/* Sets PID's oom_score_adj, scheduler and I/O priority, as PROCESS has them. */
int process_priorities(const struct process *process, pid_t pid);

#endif
