/* init.h: the container's first process, from its birth to exec. */
#ifndef INIT_H
#define INIT_H

#include <stdbool.h>

#include "cgroup.h"
#include "spec.h"

/* Makes the container from inside, as the child of clone3(2), and executes spec->process.
 * BORN_INSIDE: the child is in its cgroup of v2 already. OUTSIDE: the child is in none of the
 * container's namespaces yet, and never enters the PID namespace that SPEC joins; like exec_main(),
 * it starts the process as a further child of box. SOCKET leads to container.c, see channel.h;
 * errors are sent there. Ends by exec or _exit(2). */
_Noreturn void child_main(const struct spec *spec, const struct cgroup *cgroup, bool born_inside,
	bool outside, int socket);

/* Makes the mounts of a container that does not run, as the child of clone3(2) in new namespaces of
 * mounts and perhaps of users, sends a descriptor of the container's root over SOCKET, and keeps
 * the mounts until box ends this process. */
_Noreturn void mount_main(const struct spec *spec, int socket);

#endif
