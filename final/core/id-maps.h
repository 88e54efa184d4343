/* id-maps.h: makes an ordinary user root of a new user namespace (user_namespaces(7)). Functions
 * return 0, or -1 after fail(). */
#ifndef ID_MAPS_H
#define ID_MAPS_H

/* Puts the calling process, which must have only one thread, into a new user namespace, in which it
 * has all capabilities. There the caller's user and group are 0, and those of its ranges in
 * /etc/subuid and /etc/subgid follow, from 1 on (subuid(5)); newuidmap(1) and newgidmap(1) are
 * asked for them. If the user has no ranges, or the machine lacks these programs, 0 is the only ID,
 * and setgroups(2) is denied. */
int id_maps_unshare(void);

/* Notes why a call that needs rights in a new user namespace has failed, from errno and from the
 * settings of the machine that restrict user namespaces. WHAT is what was tried. Returns -1. */
int id_maps_refused(const char *what);

#endif
