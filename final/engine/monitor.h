/* monitor.h: the process that stays with a container in the background, and how the start and the
 * end of a run are noted. */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>

#include "container.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* background() starts a child in a session of its own, without the caller's stdin, stdout and
 * stderr, which calls FUNCTION(DATA, BOX) and then ends. It waits until FUNCTION has called
 * background_tell(BOX, STATUS), and returns STATUS. If STATUS is not 0, FUNCTION has called fail()
 * before, and background() reports that error. BOX is a descriptor, which background_tell() closes;
 * FUNCTION may go on after that. */
int background(void (*function)(void *data, int box), void *data);
void background_tell(int box, int status);

/* Starts a monitor: a process that runs the container of SPEC, writes its log, and notes how it
 * ends. The monitor keeps the lock of PLACE, also when the caller closes PLACE. Returns the exit
 * status of box: 0; or another one if the container could not be started, after the error has been
 * reported. */
int monitor_start(struct store *store, struct place *place, struct state *state,
	const struct options *options, struct spec *spec);

/* note_start() notes in STATE, and in its file, that CONTAINER runs; it returns 0, or -1 after
 * fail(). note_end() destroys CONTAINER, and notes in PLACE and STATE that it has ended with the
 * exit status STATUS; with KEEP also in the file of STATE. It reports its errors itself, and
 * returns STATUS, or EXIT_BOX if CONTAINER could not be destroyed. */
int note_start(struct store *store, struct state *state, const struct container *container);
int note_end(struct store *store, const struct place *place, struct state *state,
	struct container *container, int status, bool keep);

#endif
