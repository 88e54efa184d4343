/* masks.h: what /proc and /sys do not show, or do not let change. */
#ifndef MASKS_H
#define MASKS_H

#include "spec.h"

/* In masks.c: hides spec->masked, and makes spec->constant read-only; each place once. */
int mounts_mask(const struct spec *spec);

#endif
