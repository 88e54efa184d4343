/* init.h: the container's first process. */
#ifndef INIT_H
#define INIT_H

#include <stdbool.h>

#include "cgroup.h"
#include "spec.h"

/* The child of clone3, already in its v2 cgroup if BORN_INSIDE. Ends by exec or _exit. OUTSIDE: it
 * is in none of the namespaces yet, and never in the PID namespace that SPEC joins, as join_main().
 */
_Noreturn void init_main(const struct spec *spec, const struct cgroup *cgroup, bool born_inside,
	bool outside, int socket);

/* The same for a helper that joins the container of PIDFD, which does not see it. With the rights
 * that the process is to have, it starts that as box's own child, sends its PID, and ends. */
_Noreturn void join_main(const struct spec *spec, const struct cgroup *cgroup, bool born_inside,
	int pidfd, int socket);

/* The same for a process that only keeps the mounts of a container which does not run. */
_Noreturn void mount_main(const struct spec *spec, int socket);

#endif
