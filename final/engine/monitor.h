/* monitor.h: what stays with a container in the background. */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>

#include "container.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* Calls FUNCTION(DATA, BOX) in a process of its own, which holds nothing of the caller's terminal
 * or pipes, and waits until that has called background_tell(BOX, STATUS): 0, or what is not well
 * after fail(). Reports that, and returns STATUS. */
int background(void (*function)(void *data, int box), void *data);
void background_tell(int box, int status);

/* Starts a monitor, which runs the container of OPTIONS, keeps its log, and notes how it ends. The
 * place and its lock are the monitor's from then on. Returns the exit status: not 0 when the
 * container could not be started, which the monitor has told us. */
int monitor_start(
	struct store *store, struct place *place, struct state *state, struct options *options);

/* Notes in the state that the container of CONTAINER runs, or has ended with STATUS and is
 * destroyed; with KEEP the state outlives it. note_end() returns the status: another one if
 * something went wrong. */
int note_start(struct store *store, struct state *state, const struct container *container);
int note_end(struct store *store, const struct place *place, struct state *state,
	struct container *container, int status, bool keep);

#endif
