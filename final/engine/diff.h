/* diff.h: the folder with what a container has written, and the layers below it. */
#ifndef DIFF_H
#define DIFF_H

#include <stddef.h>

#include "kept.h"
#include "target.h"

/* The folders of a container's overlay. */
struct written {
	struct kept kept;
	int upper; /* a descriptor of the folder with what the container has written */
	int *layers; /* descriptors of the layers below, the topmost first */
	size_t n_layers;
};

/* Opens the folders of the container TARGET. A container that does not run is locked, so that it
 * cannot be started before written_close(), which the caller calls after an error, too. Returns 0,
 * or -1 after fail(). */
int written_open(struct target *target, struct written *written);
void written_close(struct written *written);

#endif
