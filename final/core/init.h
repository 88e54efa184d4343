/* init.h: the container's first process, from its birth to exec. */
#ifndef INIT_H
#define INIT_H

#include <stdbool.h>

#include "cgroup.h"
#include "spec.h"

/* Makes the container from inside, as the child of clone3(2), and executes spec->process.
 * BORN_INSIDE: the child is in its cgroup of v2 already. OUTSIDE: it is in none of the container's
 * namespaces yet, and never enters the PID namespace that SPEC joins; like join_main(), it starts
 * the process as a further child. SOCKET leads to container.c, see channel.h; errors are sent
 * there. Ends by exec or _exit(2). */
_Noreturn void init_main(const struct spec *spec, const struct cgroup *cgroup, bool born_inside,
	bool outside, int socket);

/* Joins the container whose PID 1 is PIDFD, as a helper that the container's processes do not see.
 * When the helper has given up all rights that the process is not to have, it starts the process as
 * a child of box, sends its PID over SOCKET, and ends. NAMESPACES and CGROUP are the container's;
 * BORN_INSIDE is as for init_main(). */
_Noreturn void join_main(const struct process *process, const struct namespaces *namespaces,
	const struct cgroup *cgroup, bool born_inside, int pidfd, int socket);

/* Makes the mounts of a container that does not run, sends a descriptor of its root over SOCKET,
 * and keeps the mounts until box ends it. */
_Noreturn void mount_main(const struct spec *spec, int socket);

#endif
