/* covered.h: removes the mounts that the container's root covers, where pivot_root(2) is
 * impossible. */
#ifndef COVERED_H
#define COVERED_H

#include <stdio.h>

/* covered_open() opens the table of mounts, which must happen while /proc is mounted; the caller
 * closes *MOUNTS. After a new root has been moved onto the old root, covered_drop() unmounts, or
 * covers, everything else that is mounted on the old root. Both return 0, or -1 after fail().
 * Otherwise root of a user namespace in the container could mount a new /proc and /sys: the kernel
 * allows these if the mount namespace has a /proc and a /sys in which nothing is masked, even if no
 * process can see them (mount_too_revealing() in fs/namespace.c). */
int covered_open(FILE **mounts);
int covered_drop(FILE *mounts);

#endif
