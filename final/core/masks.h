/* masks.h: what a container cannot see, or cannot change, in its /proc and /sys. */
#ifndef MASKS_H
#define MASKS_H

#include "spec.h"

/* Hides the paths spec->masked, and makes the paths spec->constant read-only, by mounts; a file or
 * folder with several names is covered once. Called when the container's root is "/". Paths that
 * are missing are skipped. Returns 0, or -1 after fail(). */
int mask_paths(const struct spec *spec);

#endif
