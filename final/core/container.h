/* container.h: starts a container, or a further process in a running one, and ends it: box's side.
 * Functions that return an int return 0, or -1 after fail(), unless their comment says more. */
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
	pid_t pid; /* the PID of its first process, or of the process that has joined; -1: none */
	int pidfd; /* a pidfd of that process */
	int socket; /* the socket to that process (SOCK_SEQPACKET), see channel.h */
	int master; /* box's end (the master) of the container's terminal */
	/* box's ends of the pipes that are its stdin, stdout and stderr; -1: no pipe */
	int stdio[3];
	int listener; /* the listener of its filter of system calls, until it is passed on */
	int ending; /* a descriptor of ending_signals(): a signal ends any wait for the child */
	/* fuse-overlayfs, which serves the root; 0: the kernel does; -1: box has not mounted it */
	pid_t fuse;
	bool joined; /* made by container_join(): the process is not the container's PID 1 */
	bool outside; /* the child stays outside the PID namespace that the process joins */
	int oom; /* if joined, a descriptor of oom_open(), for oom_kills() */
	int64_t oom_kills; /* if joined, the value of oom_kills() before the process was made */
};

/* A struct container that holds nothing yet. container_destroy() may be called for it. */
extern const struct container no_container;

/* Makes the container, up to the moment before its process executes the program. After an error
 * nothing of the container is left. SPEC stays the caller's, and must live as long as CONTAINER. */
int container_create(struct container *container, const struct spec *spec);

/* Lets the process of container_create() or container_join() execute its program; with a gate in
 * spec->oci, lets the process go on to the gate, and wait there. After an error *STATUS is
 * EXIT_NOT_FOUND, EXIT_CANNOT_EXEC or EXIT_BOX, and the caller still calls container_destroy(). */
int container_start(struct container *container, int *status);

/* Makes another process in the running container whose PID 1 is PIDFD, and whose namespaces and
 * cgroup are NAMESPACES and CGROUP. PROCESS and NAMESPACES must live as long as CONTAINER. Until
 * container_start(), container->pid is a helper, from which the process inherits everything.
 * container_start() and container_wait() are called next, as for a new container. */
int container_join(struct container *container, const struct process *process,
	const struct namespaces *namespaces, int pidfd, const struct cgroup *cgroup);

/* Makes the mounts of a container that does not run: its root, and all of spec->mounts, none of
 * which is ID-mapped. SPEC has no hooks. A child of box keeps them until container_destroy(), which
 * the caller calls after an error, too. Returns a descriptor of the root, which the caller closes;
 * or -1 after fail(). */
int container_mount(struct container *container, const struct spec *spec);

/* Closes all descriptors of CONTAINER. The container itself goes on: it is to outlive box. */
void container_release(struct container *container);

/* Kills all processes of the container, and removes its cgroup; after container_join(), kills only
 * the process that has joined. Closes all descriptors of CONTAINER. */
int container_destroy(struct container *container);

#endif
