/* namespaces.h: those that a container joins, and the users of its own. */
#ifndef NAMESPACES_H
#define NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec.h"

/* Joins spec->joins, for the child that is born next, and notes the caller's own in OWN, to which
 * namespaces_leave() returns. */
struct own_namespaces {
	unsigned long types[8];
	int fds[8];
	size_t n;
};
int namespaces_enter(const struct spec *spec, struct own_namespaces *own);
int namespaces_leave(struct own_namespaces *own);

/* Joins these, and those that the caller cannot leave again: its names and rights are others then.
 */
int namespaces_enter_for_good(const struct spec *spec);

/* The path of the PID namespace that SPEC joins; NULL: none. */
const char *namespaces_joined_pids(const struct spec *spec);

/* Joins all but that one, and makes those that are new. Returns a descriptor of it, with which
 * namespaces_enter_pids() has it ready for the child that is born next. */
int namespaces_enter_but_pids(const struct spec *spec);
int namespaces_enter_pids(const struct spec *spec, int pids);

/* Whether the container's users are not box's own. */
bool namespaces_users(const struct spec *spec);

/* CLONE_NEWUSER and CLONE_NEWTIME, where the container has a namespace of its own: to join the
 * user namespace that one is in is an error, setns(2), and before Linux 5.6 there are none of time.
 */
int namespaces_own(const struct spec *spec);

/* A descriptor of a user namespace with MAPS; of that of PID, if there are none. */
int namespaces_open_users(const struct id_maps *maps, pid_t pid);

/* Does what PID, which waits, may not do itself: its ID maps, and process_priorities(). Refuses to
 * set what the host's namespaces have: its hostname, sysctls. */
int namespaces_prepare(const struct spec *spec, pid_t pid);

/* Becomes root of the new user namespace, which has its maps. */
int namespaces_become_root(const struct spec *spec);

/* The name that the namespaces of TYPE, CLONE_NEW*, have in /proc/PID/ns. */
const char *namespace_name(unsigned long type);

#endif
