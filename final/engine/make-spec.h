/* make-spec.h: the options of box run, and the image -> struct spec. */
#ifndef MAKE_SPEC_H
#define MAKE_SPEC_H

#include "image.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* Makes a spec of OPTIONS, for a container of IMAGE in PLACE. */
int make_spec(struct options *options, const struct image *image, struct store *store,
	const struct place *place);

/* Sets the command of OPTIONS by Docker's rules: what was typed, or the image's, and the
 * entrypoint. */
int set_command(struct options *options, const struct image *image);

#endif
