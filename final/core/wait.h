/* wait.h: waits for the command. */
#ifndef WAIT_H
#define WAIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container.h"

/* Bytes that the pipe FD has now; for a pty, the most that it can hold. 0: none, or FD is neither.
 */
int unread_bytes(int fd);

/* Bytes on their way from one descriptor to another, which are both the flow's. */
struct flow {
	bool open;
	int from, to;
	bool keys; /* FROM is the caller's terminal */
	bool spliced; /* both are pipes: nothing is copied */
	bool receives, sends; /* FROM, TO is a socket */
	bool blocks; /* TO does, so it gets little at once */
	bool watched; /* when nobody reads TO any more, FROM's writer is told at once */
	bool full; /* TO is waited for, not FROM */
	int64_t left; /* bytes still to be taken from FROM; -1: all up to its end */
	char *data; /* that were read; from start to end they are not written yet */
	size_t start, end;
};

/* Those from stdin, and to stdout and stderr. All 0: none. */
struct relay {
	struct flow flows[3];
	int signals; /* a signalfd */
	double deadline; /* of clock_now(); 0: none */
};

/* Forwards the blocked SIGNALS and copies bytes (with a terminal, of stdin only with INPUT), until
 * the process has ended. Output never blocks it: what nobody has taken by then is in RELAY. Returns
 * the process's exit status, as a shell would. */
int container_wait(
	struct container *container, const sigset_t *signals, bool input, struct relay *relay);

/* Waits until the rest of the output is written, or nobody reads it, or a signal that would end box
 * has come, and a second has gone. To be called when the container is gone, with nothing locked: a
 * reader may take its time. */
void relay_finish(struct relay *relay);

#endif
