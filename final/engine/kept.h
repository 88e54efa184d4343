/* kept.h: opens an existing container. Functions return 0, or -1 after fail(). */
#ifndef KEPT_H
#define KEPT_H

#include <stdbool.h>

#include "spec.h"
#include "image.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* The options before the command, or in their place variables of the environment: where box keeps
 * its data. */
struct folders {
	const char *data; /* the folder of the store: --data, $BOX_DATA, or default_data() */
	const char *root; /* the folder of the states: --root, $BOX_ROOT, or default_root() */
	/* the most that may be unpacked from one image: --max-size, $BOX_MAX_SIZE, or 64g */
	const char *max_size;
	bool debug; /* --debug, or $BOX_DEBUG is not empty */
};

/* Opens the store of FOLDERS, which the caller closes by store_close(). */
int folders_open(const struct folders *folders, struct store *store);

/* The files and settings of a container, which exist whether it runs or not. */
struct kept {
	struct place place;
	struct options options; /* with which it was made */
	struct spec spec; /* made by make_spec() from these options */
	struct image image; /* from which it was made */
};

/* Opens the container ID, and makes its spec. LOCK is as for place_open(). The caller calls
 * kept_close(), after an error, too. */
int kept_open(struct store *store, const char *id, bool lock, struct kept *kept);
void kept_close(struct kept *kept);

/* Finds the IMAGE of the container at PLACE, whose OPTIONS options_load() has read, and fills in
 * SPEC, which must be all zero before. The caller calls image_free() for IMAGE. */
int load_container(struct store *store, const struct place *place, const struct options *options,
	struct image *image, struct spec *spec);

#endif
