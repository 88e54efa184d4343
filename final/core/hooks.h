/* hooks.h: programs that are run at points of a container's life (hooks). */
#ifndef HOOKS_H
#define HOOKS_H

#include <stdbool.h>
#include <sys/types.h>

#include "spec.h"

/* The name of each hook_kind in config.json, NULL-terminated. */
extern const char *const hook_names[];

/* Runs the hooks of KIND in HOOKS, one after the other. Each hook reads the container's state on
 * stdin: hooks->state, STATUS, and PID unless it is 0 (runtime-spec, config.md, "POSIX-platform
 * Hooks"). After a hook that fails no other one is run, except that all poststart and poststop
 * hooks are run in any case. Returns 0, or -1 after fail() if a hook has failed or has exceeded its
 * timeout. */
int hooks_run(const struct hooks *hooks, enum hook_kind kind, const char *status, pid_t pid);
/* Whether HOOKS has one of a kind from FROM to TO, both included. */
bool hooks_any(const struct hooks *hooks, enum hook_kind from, enum hook_kind to);

#endif
