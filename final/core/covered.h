/* covered.h: mounts that the container's root covers. */
#ifndef COVERED_H
#define COVERED_H

#include <stdio.h>

/* covered.c: opens the table of mounts, while /proc is there; and, when a new root has been moved
 * onto ours, takes away what else is mounted on ours. Else a user namespace inside could mount
 * /proc and /sys: the kernel lets it where the mount namespace has these with nothing masked, seen
 * or not (mount_too_revealing() in fs/namespace.c). */
int covered_open(FILE **mounts);
int covered_drop(FILE *mounts);

#endif
