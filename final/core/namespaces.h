/* namespaces.h: the namespaces that a container joins, and the users of its own user namespace.
 * Functions that return an int return 0, or -1 after fail(), unless their comment says more. */
#ifndef NAMESPACES_H
#define NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec.h"

/* namespaces_enter() joins namespaces->joins, and, if there are time_offsets, makes a new time
 * namespace for the child that is born next. It opens the caller's own namespaces in OWN;
 * namespaces_leave() returns to them, and closes the descriptors in OWN. */
struct own_namespaces {
	unsigned long types[8];
	int fds[8];
	size_t n;
};
int namespaces_enter(const struct namespaces *namespaces, struct own_namespaces *own);
int namespaces_leave(struct own_namespaces *own);

/* Whether a process that calls namespaces_enter() can return by namespaces_leave(). It cannot if it
 * also has to join a mount or user namespace; and only root of the machine has the right to return
 * to the namespaces of the machine. */
bool namespaces_return(const struct namespaces *namespaces);

/* Does what namespaces_enter() does, and also joins namespaces->mount and namespaces->user. The
 * caller cannot leave these two again: its paths and rights are different from then on. It is an
 * error if namespaces->mount is the host's mount namespace. */
int namespaces_enter_for_good(const struct namespaces *namespaces);

/* Returns the path of the PID namespace in namespaces->joins, or NULL if there is none. The path
 * belongs to NAMESPACES. */
const char *namespaces_joined_pids(const struct namespaces *namespaces);

/* namespaces_enter_but_pids() joins all namespaces except the PID namespace, and makes all new ones
 * except the cgroup namespace. It returns a descriptor of the PID namespace, which the caller
 * closes, or -1 after fail(). namespaces_enter_pids() gets that descriptor as PID_NS, and puts the
 * child that is born next into that PID namespace (setns(2)). */
int namespaces_enter_but_pids(const struct namespaces *namespaces);
int namespaces_enter_pids(const struct namespaces *namespaces, int pid_ns);

/* Whether the container is in another user namespace than box: a new one, or an existing one that
 * it joins. */
bool namespaces_users(const struct namespaces *namespaces);

/* Returns the types of the namespaces that a process has to join to be in a running container:
 * CLONE_NEW* for setns(2). PIDFD is the container's first process. Left out are the user namespace,
 * if it is the caller's own, which setns(2) refuses; the time namespace, if the container has none
 * of its own, because there are none before Linux 5.6; and if the caller is not root of the
 * machine, all namespaces in which it already is, as it may have no right to join them. */
int namespaces_to_join(const struct namespaces *namespaces, int pidfd);

/* Opens a new user namespace with MAPS, or if MAPS are empty, the user namespace of the process
 * PID. Returns the descriptor, which the caller closes, or -1 after fail(). */
int namespaces_open_users(const struct id_maps *maps, pid_t pid);

/* Does for the child PID, which waits for box, what the child has no right to do: writes its ID
 * maps (user_namespaces(7)), and calls process_priorities(). It is an error if a hostname, a domain
 * name or a sysctl in SPEC would change a namespace of the host which SPEC joins. */
int namespaces_prepare(const struct spec *spec, pid_t pid);

/* Becomes root of the container's user namespace, whose ID maps have been written; does nothing if
 * namespaces_users() is false. */
int namespaces_become_root(const struct namespaces *namespaces);

/* Returns the name that /proc/PID/ns has for namespaces of TYPE (CLONE_NEW*), such as "uts". */
const char *namespace_name(unsigned long type);

#endif
