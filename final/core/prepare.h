/* prepare.h: turns the calling process into the process that the spec describes. */
#ifndef PREPARE_H
#define PREPARE_H

#include <stdbool.h>

#include "exempt.h"
#include "spec.h"

/* Sets the environment, umask, limits, working folder, owner of stdio, user and rights of PROCESS,
 * which is in NAMESPACES. BY_HELPER: the calling process is a helper; only its child is in the
 * container's PID namespace. Installs the filter of GUARD, unless process->no_new_privileges: then
 * filter_last() installs it later. Returns 0, or -1 after fail(). */
int prepare_process(const struct process *process, const struct namespaces *namespaces,
	const struct guard *guard, bool by_helper);

#endif
