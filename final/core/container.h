/* container.h: starts a container or a further process in one, and ends it: box's side. */
#ifndef CONTAINER_H
#define CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "spec.h"

/* A container while box works on it. Its descriptors are -1 where there is nothing to hold. */
struct container {
	/* the caller's; after container_join() SPEC is NULL */
	const struct spec *spec;
	const struct process *process;
	const struct namespaces *namespaces;
	struct cgroup cgroup;
	pid_t pid; /* of its first process, or of the one that has joined; -1: none */
	int pidfd; /* of the process PID */
	int socket; /* to the process, see channel.h: SOCK_SEQPACKET */
	int master; /* box's end (the master) of the container's terminal */
	/* box's ends of the pipes that are its stdin, stdout and stderr; -1: no pipe */
	int stdio[3];
	int listener; /* the listener of its filter of system calls, until it is passed on */
	int ending; /* of ending_signals(): such a signal ends each wait for the child */
	bool joined; /* made by container_join(): not the container's PID 1 */
	bool outside; /* the child is outside of the PID namespace that its process joins */
	int oom; /* of oom_open(), if JOINED: to see whether the process is killed for memory */
	int64_t oom_kills; /* if JOINED: the value of oom_kills() before the process was made */
};

/* A struct container that holds nothing yet, and may be destroyed. */
extern const struct container no_container;

/* Makes the container, up to the moment before its process is executed. On an error nothing of it
 * is left. SPEC stays the caller's, and must live as long as CONTAINER. */
int container_create(struct container *container, const struct spec *spec);

/* Lets the process of container_create() or container_join() execute its program; with a gate in
 * spec->oci, lets it wait there. On an error *STATUS is EXIT_NOT_FOUND, EXIT_CANNOT_EXEC or
 * EXIT_BOX, and the caller still calls container_destroy(). */
int container_start(struct container *container, int *status);

/* Makes another process in the running container whose PID 1 is PIDFD, and whose namespaces and
 * cgroup are NAMESPACES and CGROUP. PROCESS and NAMESPACES must live as long as CONTAINER. Until
 * container_start(), container->pid is a helper, from which the process inherits everything.
 * container_start() and container_wait() go on with it, as for a new container. */
int container_join(struct container *container, const struct process *process,
	const struct namespaces *namespaces, int pidfd, const struct cgroup *cgroup);

/* Makes the mounts of a container that does not run: its root, and all of spec->mounts. A child of
 * box keeps them until container_destroy(), which the caller calls after an error, too. Returns a
 * descriptor of the root, which is the caller's. */
int container_mount(struct container *container, const struct spec *spec);

/* Closes all that CONTAINER has open. The container itself, which is to outlive box, is left
 * alone. */
void container_release(struct container *container);

/* Kills all processes of the container, and removes its cgroup; after container_join(), kills the
 * process that has joined, and no other. Closes all that CONTAINER has open. */
int container_destroy(struct container *container);

#endif
