/* mapped.h: the mounts that box makes for a container in a user namespace of its own: they take
 * rights that root of this namespace does not have. */
#ifndef MAPPED_H
#define MAPPED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec.h"

/* Returns the ID outside that is 0 in MAP, which has N lines; 0 if there is none. */
uint32_t mapped_root(const struct id_map *map, size_t n);

/* Makes the root's overlay, if SPEC has root.mapped, and all mounts of mount_is_sent(), and sends
 * them over SOCKET to the child PID, whose ID maps have been written: see channel.h. Returns 0, or
 * -1 after fail(). A child that has ended is no error here. */
int mapped_send(const struct spec *spec, pid_t pid, int socket);

#endif
