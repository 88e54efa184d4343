/* covered.h: removes the mounts that the container's root covers, where pivot_root(2) is
 * impossible. */
#ifndef COVERED_H
#define COVERED_H

#include <stdio.h>

/* covered_open() opens the table of mounts, while /proc is there; the caller closes *MOUNTS. After
 * a new root has been moved onto the old one, covered_drop() unmounts, or covers, everything else
 * that is mounted on the old one. Otherwise a user namespace inside could mount a new /proc and
 * /sys: the kernel allows that if the mount namespace has such mounts with nothing masked, even if
 * nobody can see them (mount_too_revealing() in fs/namespace.c). */
int covered_open(FILE **mounts);
int covered_drop(FILE *mounts);

#endif
