/* kept.h: opens a container that was made before. Functions return 0, or -1 after fail(). */
#ifndef KEPT_H
#define KEPT_H

#include <stdbool.h>

#include "spec.h"
#include "image.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* What the options before the command, or the environment, say: where box keeps its data. */
struct folders {
	const char *data; /* the folder of the store: --data, $BOX_DATA, or /var/lib/box */
	const char *root; /* the folder of the states: --root, $BOX_ROOT, or /run/box */
	/* of what is unpacked from one image: --max-size, $BOX_MAX_SIZE, or 64g */
	const char *max_size;
	bool debug; /* --debug, or $BOX_DEBUG is not empty */
};

/* Opens the store of PLACES, to be closed by store_close(). Only root may use it. */
int folders_open(const struct folders *folders, struct store *store);

/* What is kept of a container, whether it runs or not. */
struct kept {
	struct place place;
	struct options options; /* that it was made with */
	struct spec spec; /* what make_spec() makes of them */
	struct image image; /* that it was made from */
};

/* Opens the container ID, and makes its spec. LOCK is that of place_open(). To be closed by
 * kept_close(), after an error, too. */
int kept_open(struct store *store, const char *id, bool lock, struct kept *kept);
void kept_close(struct kept *kept);

/* Finds the IMAGE of the container at PLACE, whose OPTIONS options_load() has read, and fills in
 * SPEC, which is all zero before. The caller releases IMAGE. */
int load_container(struct store *store, const struct place *place, const struct options *options,
	struct image *image, struct spec *spec);

#endif
