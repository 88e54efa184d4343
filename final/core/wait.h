/* wait.h: waits for a process of a container, and copies its input and output meanwhile. */
#ifndef WAIT_H
#define WAIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container.h"

/* Returns how many bytes can be read from the pipe FD now; if FD is a pty, the most that a pty can
 * hold; if FD is neither, or is -1, 0. */
int unread_bytes(int fd);

/* One direction in which bytes are copied. Both descriptors are the flow's, which closes them. */
struct flow {
	bool open;
	int from, to;
	bool keys; /* from is the terminal of box's caller */
	bool spliced; /* both are pipes: the kernel moves the bytes, by splice(2) */
	bool receives, sends; /* from is a socket; to is a socket */
	bool blocks; /* writing to "to" may block, so it gets little at once */
	bool watched; /* the flow ends at once when no reader of "to" is left */
	bool full; /* the flow waits until it can write to "to", and not until it can read */
	int64_t left; /* bytes that are still to be read; -1: all up to the end */
	char *data; /* a buffer; its bytes from start to end have been read, and not yet written */
	size_t start, end;
};

/* The flows from stdin, and to stdout and stderr. A struct relay that is all 0 has none. */
struct relay {
	struct flow flows[3];
	int signals; /* a signalfd */
	double deadline; /* when to give up, by clock_now(); 0: never */
};

/* Waits until the process of CONTAINER has ended. Meanwhile it handles the blocked SIGNALS (see
 * container_signal()), and copies input and output; if the container has a terminal, input only
 * with INPUT. When the process has ended, it does not wait until the output is read: the rest stays
 * in RELAY, for relay_finish(). Returns the exit status as a shell has it, 128 + N for signal N; or
 * -1 after fail(), with RELAY closed. */
int container_wait(
	struct container *container, const sigset_t *signals, bool input, struct relay *relay);

/* Writes the rest of the output, closes RELAY, and calls terminal_restore(). It gives up a stream
 * whose reader is gone, and all streams a second after a signal that asks box to end (see
 * asks_to_end()). It is called when the container is gone, and while box holds no lock, because a
 * slow reader may keep it waiting. */
void relay_finish(struct relay *relay);

#endif
