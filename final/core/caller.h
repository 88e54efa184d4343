/* caller.h: removes what a process has inherited from box's caller, and no container may have. */
#ifndef CALLER_H
#define CALLER_H

#include <stdbool.h>
#include <stddef.h>

/* Gives the calling process all CPUs, and with ALL also the kernel's default
 * scheduling, I/O priority, timer slack, personality and oom_score_adj. It is called before
 * cgroup_join(). A setting that box has no right to change stays as it is: that is no error. */
void caller_forget(bool all);

/* Where in the calling process's memory the kernel put the environment of box's caller. A process
 * in the container that has CAP_SYS_PTRACE could read it there.
 *
 * environment_find() fills in ENVIRONMENT from /proc/PID/stat (proc_pid_stat(5)), so it is called
 * while /proc still shows the calling process's own PID namespace. It returns 0, or -1 after
 * fail(). environment_forget() overwrites that memory with zeros; it is called when no hook needs
 * the environment any more. */
struct environment {
	char *start;
	size_t size;
};
int environment_find(struct environment *environment);
void environment_forget(const struct environment *environment);

#endif
