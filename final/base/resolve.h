/* resolve.h: openat2(2), which opens a path without leaving a folder. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <linux/openat2.h>

/* Opens PATH, relative to the folder DIR, as HOW says. Returns a descriptor, or -1 with errno set,
 * without fail().
 *
 * If a name is changed, or something is mounted, anywhere on the machine while the kernel follows
 * "..", it cannot tell whether the path stays below DIR, and refuses with EAGAIN (openat2(2)). So
 * this is tried again, a thousand times at most, as a process of a container may change names all
 * the time. */
int open_resolved(int dir, const char *path, const struct open_how *how);

#endif
