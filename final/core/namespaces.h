/* namespaces.h: the namespaces that a container joins, and the users of its own user namespace. */
#ifndef NAMESPACES_H
#define NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec.h"

/* namespaces_enter() joins namespaces->joins, and makes a new time namespace if there are offsets
 * for one, for the child that is born next. It notes the caller's own namespaces in OWN, to which
 * namespaces_leave() returns. */
struct own_namespaces {
	unsigned long types[8];
	int fds[8];
	size_t n;
};
int namespaces_enter(const struct namespaces *namespaces, struct own_namespaces *own);
int namespaces_leave(struct own_namespaces *own);

/* Does what namespaces_enter() does, and also joins namespaces->mount and namespaces->user,
 * which the caller cannot leave again: paths and rights are different from then on. */
int namespaces_enter_for_good(const struct namespaces *namespaces);

/* Returns the path of the PID namespace that is joined, which is the caller's, or NULL. */
const char *namespaces_joined_pids(const struct namespaces *namespaces);

/* namespaces_enter_but_pids() joins all namespaces but that of PIDs, and makes the new ones except
 * that of cgroups. It returns a descriptor of the PID namespace, which is the caller's. With it
 * namespaces_enter_pids() makes the child that is born next a member of that PID namespace. */
int namespaces_enter_but_pids(const struct namespaces *namespaces);
int namespaces_enter_pids(const struct namespaces *namespaces, int pids);

/* Whether the container is in another user namespace than box: a new one, or one that it joins. */
bool namespaces_users(const struct namespaces *namespaces);

/* Returns CLONE_NEWUSER and CLONE_NEWTIME, each if the container has such a namespace of its own:
 * setns(2) refuses to join the user namespace that the caller is in, and before Linux 5.6 there are
 * no time namespaces. */
int namespaces_own(const struct namespaces *namespaces);

/* Opens a new user namespace with MAPS, or if MAPS are empty, the user namespace of the process
 * PID. Returns the descriptor, which is the caller's. */
int namespaces_open_users(const struct id_maps *maps, pid_t pid);

/* Does what the child PID, which waits for box, may not do itself: writes its ID maps, and calls
 * process_priorities(). It is an error if SPEC sets a hostname, a domain name or a sysctl of a
 * namespace that SPEC joins, and that is the host's. */
int namespaces_prepare(const struct spec *spec, pid_t pid);

/* Becomes root of the container's user namespace, whose ID maps have been written; does nothing if
 * namespaces_users() is false. */
int namespaces_become_root(const struct namespaces *namespaces);

/* The name of the namespaces of TYPE (CLONE_NEW*) in /proc/PID/ns. */
const char *namespace_name(unsigned long type);

#endif
