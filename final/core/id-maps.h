/* id-maps.h: makes an ordinary user root of a new user namespace (user_namespaces(7)). Functions
 * return 0, or -1 after fail(). */
#ifndef ID_MAPS_H
#define ID_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec.h"

/* Puts the calling process, which must have only one thread, into a new user namespace, in which it
 * has all capabilities. There the caller's user and group are 0, and those of its ranges in
 * /etc/subuid and /etc/subgid follow, from 1 on (subuid(5)); newuidmap(1) and newgidmap(1) are
 * asked for them. If the user has no ranges, or the machine lacks these programs, 0 is the only ID,
 * and setgroups(2) is denied. */
int id_maps_unshare(void);

/* Maps the IDs of the user namespace of the process PID: GROUPS says of which kind. This process
 * may be an ordinary user: then PID must be its child, and be the only process there; MAP may have
 * the user's own ID alone, in which case setgroups(2) is denied, or whatever newuidmap(1) and
 * newgidmap(1) allow. */
int id_maps_write(pid_t pid, bool groups, const struct id_map *map, size_t n);

/* Notes why a call that needs rights in a new user namespace has failed, from errno and from the
 * settings of the machine that restrict user namespaces. WHAT is what was tried. Returns -1. */
int id_maps_refused(const char *what);

#endif
