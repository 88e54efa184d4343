/* processes.h: the processes of a container that has no cgroup, found by its PID namespace. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <sys/types.h>

/* Sets *PIDS to the PIDs of the processes in the PID namespace of the process FIRST, and in those
 * below it, in ascending order. Processes that this process may not look into are left out. Returns
 * how many there are, or -1 after fail(). The caller frees *PIDS in either case. */
ssize_t namespace_pids(pid_t first, pid_t **pids);

#endif
