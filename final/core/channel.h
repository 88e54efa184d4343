/* channel.h: what container.c and init.c tell each other, over a SEQPACKET socket. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "exempt.h"

/*
 *   container.c   init.c
 *            <--  READY    namespaces are joined, but not that of PIDs; if there is one to join
 *   GO       -->           the child is in its cgroup, and may begin
 *   MOUNT    -->           an ID-mapped mount, attached nowhere; for each there is, in their order
 *            <--  PID      of the first process, when a helper had to join its namespaces
 *            <--  HOOKS    what is mounted, is, and the old root still there; with hooks alone
 *   GO       -->           these have run
 *            <--  READY    the inside is made; with the terminal's other end
 *   START    -->           drop privileges and exec
 *            <--  LISTENER of the filter of system calls, by its number; with one alone
 *   GO       -->           who answers has it; if the process is to be seen by others: box has it
 *            <--  PID      of the process that others see: it joins PIDs, or a container
 *   GO       -->           box knows it, and who answers has the listener
 *            <--  READY    all is ready for exec, and waits at the gate; with that alone
 *            <--  (end)    exec closed the socket: the command runs
 *
 * ERROR may come in place of READY and of the end. To the child, the end is never "go": it means
 * that box has died.
 */
enum message_kind {
	MESSAGE_NONE,
	MESSAGE_GO,
	MESSAGE_MOUNT,
	MESSAGE_PID,
	MESSAGE_HOOKS,
	MESSAGE_READY,
	MESSAGE_START,
	MESSAGE_LISTENER,
	MESSAGE_ERROR
};

struct message {
	enum message_kind kind;
	int status; /* of an error: the exit status for it; of PID, LISTENER: that */
	char text[1024];
};

/* Sends the SIZE bytes TEXT, with the descriptor FD unless that is -1. Returns -1 with errno,
 * without fail(). */
int send_descriptor(int socket, const void *text, size_t size, int fd);

/* The same, to the process that listens at the unix socket PATH. */
int send_to_socket(const char *path, const void *text, size_t size, int fd);

/* Makes ADDRESS that of the unix socket PATH, which may be longer than an address can be (unix(7)):
 * by *FILE then, which the caller closes when it has connected; else that is -1. -1 with errno. */
struct sockaddr_un;
int socket_address(const char *path, struct sockaddr_un *address, int *file);

/* Sends MESSAGE, with the descriptor FD unless that is -1. Returns -1 with errno, without fail().
 */
int message_send(int socket, const struct message *message, int fd);

/* Receives one. *FD is what came with it, or -1. Returns false at the end of the connection. */
bool message_receive(int socket, struct message *message, int *fd);

/* In them: has box pass the filter's listener FD on, and closes it. */
int init_pass_listener(const struct guard *guard, int fd);

/* Waits for GO under a filter of system calls: by the calls that GUARD exempts alone. */
void wait_for_go(const struct guard *guard);

/* Has box pass the filter's listener FD on, over guard->socket, and closes it. */
int pass_listener_on(const struct guard *guard, int fd);

#endif
