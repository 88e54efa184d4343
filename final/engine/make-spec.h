/* make-spec.h: turns the options of box run and the image's configuration into a struct spec.
 * Functions return 0, or -1 after fail(). */
#ifndef MAKE_SPEC_H
#define MAKE_SPEC_H

#include "spec.h"
#include "image.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* Fills in SPEC, which must be all zero except for its command, for a container of IMAGE with
 * OPTIONS at PLACE in STORE. SPEC points to texts of OPTIONS, IMAGE and PLACE, which must live as
 * long as SPEC. Memory that is allocated for SPEC is not freed before box ends. */
int make_spec(struct spec *spec, const struct options *options, const struct image *image,
	const struct store *store, const struct place *place);

/* Sets the command of PROCESS by Docker's rules: first the entrypoint, of OPTIONS or else of IMAGE;
 * then the command of OPTIONS, or, if OPTIONS have neither a command nor an entrypoint, that of
 * IMAGE. */
int set_command(struct process *process, const struct options *options, const struct image *image);

#endif
