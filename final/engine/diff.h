/* diff.h: what a container has written, and what lies below it. */
#ifndef DIFF_H
#define DIFF_H

#include <stddef.h>

#include "kept.h"
#include "target.h"

/* The folders of a container: the one that it has written, and the layers below. */
struct written {
	struct kept kept;
	int upper; /* the folder with what it has written; a descriptor */
	int *layers; /* descriptors of the layers below, the topmost first */
	size_t n_layers;
};

/* Opens the folders of the container TARGET. If it does not run, it is locked, and nobody can start
 * it until written_close(), which is to be called after an error, too. -1 after fail(). */
int written_open(struct target *target, struct written *written);
void written_close(struct written *written);

#endif
