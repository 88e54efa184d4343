/* volumes.h: the mounts that box run is asked for, by --volume and --tmpfs. */
#ifndef VOLUMES_H
#define VOLUMES_H

#include "spec.h"
#include "options.h"

/* Add to OPTIONS the volume SRC:DST[:ro|rw], and the tmpfs DST[:OPTIONS], which TEXT names. They
 * return 0, or -1 after fail(). */
int add_volume(struct options *options, const char *text);
int add_tmpfs(struct options *options, const char *text);

/* Returns the option --volume=SRC:DST:MODE, by which box start makes VOLUME again; the caller frees
 * it. NULL after fail(). */
char *volume_line(const struct mount *volume);

#endif
