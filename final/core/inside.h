/* inside.h: what the processes on the container's side have in common, from their birth to exec:
 * their messages to and from box, and how they get rid of what they have inherited. Functions that
 * return an int return 0, or -1 after fail(), unless their comment says more. */
#ifndef INSIDE_H
#define INSIDE_H

#include "channel.h"
#include "exempt.h"
#include "spec.h"

/* Sets to_box to SOCKET. From then on, box prints the lines that debug() is called with here. */
void begin_inside(int socket);

/* The socket to container.c; after the wait at the gate, the fifo gate[1]. */
extern int to_box;

/* Sends failure() and STATUS to box, which prints the error, and ends the process with STATUS: so
 * the message appears once, and not on the command's stderr. */
_Noreturn void die(int status);

/* Waits for a message KIND; if box has died, ends the process. Returns the descriptor that came
 * with the message, which the caller closes, or -1 if there was none. Any other message ends the
 * process, too. */
int wait_for_message(enum message_kind kind);

/* Closes all descriptors but stdin, stdout, stderr, the process's preserve_fds, the socket to box,
 * OTHER (to_box: none) and GATE (NULL or zeros: none). It is an error if one of those that stay
 * open is a folder. */
int close_descriptors(const struct process *process, int other, const int gate[2]);

/* Replaces the host's /dev/null, where it is stdin, stdout or stderr, by the container's own. */
int reopen_null(void);

/* Gives all signals their default action and unblocks them. */
int reset_signals(void);

/* With a gate, ends the process by die() if its program does not exist or cannot be executed. */
void look_for_program(const struct spec *spec);

/* Waits at the gate GATE, if there is one (gate[0] is not 0): see struct oci_extras. */
int wait_at_gate(const int gate[2], const struct guard *guard);

/* Executes ARGV, or ends the process with the exit status that says why it cannot. */
_Noreturn void run_command(char **argv);

#endif
