/* hooks.h: programs that are run at points of a container's life (hooks). */
#ifndef HOOKS_H
#define HOOKS_H

#include <stdbool.h>
#include <sys/types.h>

#include "spec.h"

/* The name of each hook_kind in config.json, NULL-terminated. */
extern const char *const hook_names[];

/* Runs those of HOOKS that are of KIND, one after the other. Each reads the container's state on
 * stdin: hooks->state with STATUS, and with PID unless PID is 0 (runtime-spec, config.md,
 * "POSIX-platform Hooks"). After one that fails no other is run, but for poststart and poststop,
 * whose hooks are all run. Returns -1 after fail() if one has failed. */
int hooks_run(const struct hooks *hooks, enum hook_kind kind, const char *status, pid_t pid);
/* Whether HOOKS has one of a kind from FROM to TO, both included. */
bool hooks_any(const struct hooks *hooks, enum hook_kind from, enum hook_kind to);

#endif
