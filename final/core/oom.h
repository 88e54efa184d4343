/* oom.h: counts the processes that the kernel has killed at the memory limit of a cgroup. */
#ifndef OOM_H
#define OOM_H

#include <stdint.h>

#include "cgroup.h"

/* Opens the file of CGROUP that oom_kills() reads. Returns the descriptor, which the caller closes;
 * or -1, without fail(), if no hierarchy of CGROUP counts memory. */
int oom_open(const struct cgroup *cgroup);

/* Returns how many processes of the cgroup the kernel has killed at its memory limit so far, by the
 * file FD of oom_open(): memory.events (v2) or memory.oom_control (v1). 0 if FD is -1. */
int64_t oom_kills(int fd);

#endif
