/* diff.h: what a container has written, and what lies below it. */
#ifndef DIFF_H
#define DIFF_H

#include <stddef.h>

#include "kept.h"
#include "target.h"

/* What a container has written, and what lies below it. */
struct written {
	struct kept kept;
	int upper; /* its own folder */
	int *layers; /* those below, the topmost first */
	size_t n_layers;
};

/* Opens it. One that does not run cannot be started meanwhile. To be closed after an error, too. */
int written_open(struct target *target, struct written *written);
void written_close(struct written *written);

#endif
