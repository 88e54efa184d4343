/* join.h: starts a process in a PID namespace, from a helper that stays out of this namespace.
 * After an error, die() sends the error to box and ends the helper. */
#ifndef JOIN_H
#define JOIN_H

#include <stdbool.h>

#include "caller.h"
#include "cgroup.h"
#include "spec.h"

/* Joins the container whose PID 1 is PIDFD, as a helper that the container's processes do not see.
 * When the helper has given up all rights that the process must not have, it starts the process as
 * a child of box, sends the PID of the process over SOCKET, and ends. NAMESPACES and CGROUP are the
 * container's; BORN_INSIDE is as for child_main(). */
_Noreturn void exec_main(const struct process *process, const struct namespaces *namespaces,
	const struct cgroup *cgroup, bool born_inside, int pidfd, int socket);

/* For a container that joins a PID namespace: enter_from_outside() enters all other namespaces,
 * fills in ENVIRONMENT as environment_find() does, and returns a descriptor of the PID namespace.
 * finish_outside() gets that descriptor as PID_NS when the inside of the container is complete, and
 * starts the process as exec_main() does. */
int enter_from_outside(const struct spec *spec, struct environment *environment);
_Noreturn void finish_outside(
	const struct spec *spec, int pid_ns, const struct environment *environment);

#endif
