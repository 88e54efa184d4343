/* caller.h: what a process inherits, and a container does not. */
#ifndef CALLER_H
#define CALLER_H

#include <stdbool.h>
#include <stddef.h>

/* Gives the calling process, before it joins anything, all CPUs, and unless AFFINITY_ALONE the
 * kernel's default scheduling, I/O priority, timer slack, personality and oom_score_adj; as far as
 * it may. */
void caller_forget(bool affinity_alone);

/* The environment of box's caller, where the kernel has put it in the calling process: one inside
 * with CAP_SYS_PTRACE would find it there. It is to be found while /proc is that of our own PID
 * namespace, and to be forgotten when no hook needs it any more. */
struct environment {
	char *start;
	size_t size;
};
int environment_find(struct environment *environment);
void environment_forget(const struct environment *environment);

#endif
