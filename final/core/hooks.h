/* hooks.h: programs that are run at points of a container's life (hooks). */
#ifndef HOOKS_H
#define HOOKS_H

#include <stdbool.h>
#include <sys/types.h>

#include "spec.h"

/* Runs the hooks of KIND one after the other. Each reads the container's state on stdin:
 * spec->hook_state with STATUS, and with PID unless PID is 0 (runtime-spec, config.md,
 * "POSIX-platform Hooks"). After one that fails no other is run, but for poststart and poststop,
 * whose hooks are all run. Returns -1 after fail() if one has failed. */
int hooks_run(const struct spec *spec, enum hook_kind kind, const char *status, pid_t pid);
/* Whether SPEC has a hook of a kind from FROM to TO, both included. */
bool hooks_any(const struct spec *spec, enum hook_kind from, enum hook_kind to);

#endif
