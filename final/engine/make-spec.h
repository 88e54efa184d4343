/* make-spec.h: makes a struct spec of the options of box run and the image's configuration.
 * Functions return 0, or -1 after fail(). */
#ifndef MAKE_SPEC_H
#define MAKE_SPEC_H

#include "spec.h"
#include "image.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* Fills in SPEC, which is all zero but for its command, for a container of IMAGE with OPTIONS at
 * PLACE in STORE. SPEC uses texts of OPTIONS, IMAGE and PLACE, which must stay as long as it does;
 * what is allocated for it stays until box ends. */
int make_spec(struct spec *spec, const struct options *options, const struct image *image,
	const struct store *store, const struct place *place);

/* Sets the command of PROCESS by Docker's rules: the entrypoint of OPTIONS or else the image's, and
 * then the command of OPTIONS; or else the image's, unless OPTIONS have an entrypoint. */
int set_command(struct process *process, const struct options *options, const struct image *image);

#endif
