/* hooks.h: programs at points of a container's life. */
#ifndef HOOKS_H
#define HOOKS_H

#include <stdbool.h>
#include <sys/types.h>

#include "spec.h"

/* Runs the hooks of KIND, which read on stdin what the container is: STATUS and PID. One that fails
 * ends it. */
int hooks_run(const struct spec *spec, enum hook_kind kind, const char *status, pid_t pid);
bool hooks_any(const struct spec *spec, enum hook_kind from, enum hook_kind to);

#endif
