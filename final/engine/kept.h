/* kept.h: a container that was made before, opened again. */
#ifndef KEPT_H
#define KEPT_H

#include <stdbool.h>

#include "image.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* Where things lie; from the options before the command, or the environment. */
struct places {
	const char *data; /* --data, $BOX_DATA, /var/lib/box */
	const char *root; /* --root, $BOX_ROOT, /run/box */
};

/* Opens the store of PLACES; only root may. */
int places_open(const struct places *places, struct store *store);

/* What is kept of a container that there is. */
struct kept {
	struct place place;
	struct options options;
	struct image image;
};

/* Opens the container ID, and makes its spec; with LOCK as place_open() does. To be closed after an
 * error, too. */
int kept_open(struct store *store, const char *id, bool lock, struct kept *kept);
void kept_close(struct kept *kept);

/* The image, and the spec, of a container that there is and whose OPTIONS are loaded. */
int load_container(struct store *store, const struct place *place, struct options *options,
	struct image *image);

#endif
