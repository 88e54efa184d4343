/* container.h: starts a container, and ends it. */
#ifndef CONTAINER_H
#define CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "spec.h"

struct container {
	const struct spec *spec;
	struct cgroup cgroup;
	pid_t pid;
	int pidfd;
	int socket; /* to init.c: SEQPACKET, see there */
	int master; /* the other end of the container's terminal, or -1 */
	int stdio[3]; /* the other ends of the pipes that it has there; -1: it has box's own file */
	int listener; /* of its filter of system calls, until that is passed on; or -1 */
	int ending; /* of ending_signals(), which no wait for the child leaves out */
	bool joined; /* by container_join(): not the container's PID 1 */
	bool outside; /* what makes it is not in the PID namespace that the process joins */
	int oom; /* of one that has joined: see oom_open(); else -1 */
	int64_t oom_kills; /* before it did */
};

/* One that is none yet, and may be destroyed. */
extern const struct container no_container;

/* Makes the container, up to the moment before its process is executed. On an error nothing of it
 * is left. SPEC must live as long as the container. */
int container_create(struct container *container, const struct spec *spec);

/* Executes the process. On an error *STATUS is EXIT_NOT_FOUND, EXIT_CANNOT_EXEC or EXIT_BOX. */
int container_start(struct container *container, int *status);

/* Starts another process in the running container whose PID 1 PIDFD is: argv, env, cwd, user,
 * terminal, capabilities, no_new_privileges and seccomp of SPEC. It is in the container's CGROUP.
 * Until container_start() the pid is that of a helper, which the process takes all from. Goes on
 * with container_start() and container_wait(). */
int container_join(struct container *container, const struct spec *spec, int pidfd,
	const struct cgroup *cgroup);

/* Opens the root of a container that does not run: its own, and the bind mounts of SPEC. They are
 * there until container_destroy(). Returns the descriptor. */
int container_mount(struct container *container, const struct spec *spec);

/* Lets go of a container that is to live on. */
void container_release(struct container *container);

/* Ends all processes, and removes what the container has outside of its namespaces. */
int container_destroy(struct container *container);

#endif
