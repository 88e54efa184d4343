/* kept.c: opens an existing container. */
#define _GNU_SOURCE
#include "kept.h"

#include <stdbool.h>
#include <unistd.h>

#include "error.h"
#include "image.h"
#include "store.h"
#include "make-spec.h"
#include "options.h"
#include "state.h"

int folders_open(const struct folders *folders, struct store *store)
{
	if (store_open(store, folders->data, folders->root) < 0)
		return -1;
	store->max_size = folders->max_size;
	return 0;
}

int load_container(struct store *store, const struct place *place, const struct options *options,
	struct image *image, struct spec *spec)
{
	if (image_get_saved(store, options->image, image) < 0 ||
		set_command(&spec->process, options, image) < 0)
		return -1;
	return make_spec(spec, options, image, store, place);
}

int kept_open(struct store *store, const char *id, bool lock, struct kept *kept)
{
	*kept = (struct kept){.place.dir = -1};
	return place_open(store, id, lock, &kept->place) < 0 ||
			       options_load(&kept->options, kept->place.dir) < 0
		       ? -1
		       : load_container(
				 store, &kept->place, &kept->options, &kept->image, &kept->spec);
}

void kept_close(struct kept *kept)
{
	image_free(&kept->image);
	place_close(&kept->place);
}
