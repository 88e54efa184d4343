/* oom.h: processes that were killed for the limit of memory. */
#ifndef OOM_H
#define OOM_H

#include <stdint.h>

#include "cgroup.h"

/* A descriptor for oom_kills(), which the caller closes; -1, without fail(), where no hierarchy of
 * CGROUP counts memory. */
int oom_open(const struct cgroup *cgroup);

/* How many there were, as memory.events or memory.oom_control says; 0 if FD is -1. */
int64_t oom_kills(int fd);

#endif
