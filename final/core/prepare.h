/* prepare.h: makes of the calling process the one that the spec describes, up to its rights. */
#ifndef PREPARE_H
#define PREPARE_H

#include <stdbool.h>

#include "exempt.h"
#include "spec.h"

/* Sets the environment, umask, limits, working folder, owner of stdio, user and rights of PROCESS,
 * which is in NAMESPACES. JOINED: only its child is in the container's PID namespace. With
 * no_new_privileges the filter of GUARD is left to filter_last(). Returns 0, or -1 after fail(). */
int prepare_process(const struct process *process, const struct namespaces *namespaces,
	const struct guard *guard, bool joined);

#endif
