/* volumes.h: the mounts of --volume and --tmpfs. */
#ifndef VOLUMES_H
#define VOLUMES_H

#include "spec.h"
#include "options.h"

/* add_volume() adds the volume TEXT, SRC:DST[:ro|rw], to OPTIONS; add_tmpfs() adds the tmpfs TEXT,
 * DST[:OPTIONS]. They return 0, or -1 after fail(). */
int add_volume(struct options *options, const char *text);
int add_tmpfs(struct options *options, const char *text);

/* Returns the option --volume=SRC:DST:MODE, by which box start makes VOLUME again; the caller frees
 * it. NULL after fail(). */
char *volume_line(const struct mount *volume);

#endif
