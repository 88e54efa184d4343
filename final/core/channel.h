/* channel.h: the messages between box (container.c) and the processes on the container's side
 * (init.c, join.c, inside.c), over a socket of type SOCK_SEQPACKET; and descriptors that are sent
 * over other sockets. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "exempt.h"

/*
 *        box      inside
 *            <--  PID      of the container's first process, sent by a helper; only if a helper
 *                          had to join a user or mount namespace to make that process
 *            <--  READY    it has joined all namespaces but that of PIDs; only if it joins one
 *   GO       -->           the ID maps and priorities are set: the child may begin
 *   MOUNT    -->           a mount of mapped_send(), attached nowhere; one message each, in order
 *            <--  HOOKS    all is mounted, and the old root is still there; only with hooks
 *   GO       -->           box has run its hooks
 *            <--  READY    the inside is made; with the other end of the terminal
 *   START    -->           drop privileges and exec
 *            <--  LISTENER the number of the filter's listener; only if the filter has one
 *   GO       -->           the listener is with the program that answers; for a process that
 *                          joins PIDs or a container: box has taken the listener
 *            <--  PID      of the process that joins PIDs or a container, sent by its helper
 *   GO       -->           box knows that process, and the program that answers has the listener
 *            <--  READY    all is ready for exec, and the process waits at the gate; only with one
 *            <--  (end)    exec has closed the socket: the command runs
 *
 * DEBUG, with a line of debug() for box to print, may come before any message of the child.
 *
 * ERROR may come in place of any message of the child, and of the end. For the child, the end of
 * the connection never means GO: it means that box has died. */
enum message_kind {
	MESSAGE_NONE,
	MESSAGE_GO,
	MESSAGE_MOUNT,
	MESSAGE_PID,
	MESSAGE_HOOKS,
	MESSAGE_READY,
	MESSAGE_START,
	MESSAGE_LISTENER,
	MESSAGE_DEBUG,
	MESSAGE_ERROR
};

struct message {
	enum message_kind kind;
	int status; /* ERROR: the exit status; PID: the PID; LISTENER: the descriptor's number;
		     * READY of freeze.c: whether it was this process that froze the container */
	char text[1024]; /* ERROR: the error's text; DEBUG: the line */
};

/* Sends the SIZE bytes at TEXT over SOCKET, together with the descriptor FD unless FD is -1
 * (unix(7), SCM_RIGHTS). Returns 0, or -1 with errno set; does not call fail(). */
int send_descriptor(int socket, const void *text, size_t size, int fd);

/* Sends TEXT and FD as send_descriptor() does, to the process that listens at the unix stream
 * socket PATH. Returns 0, or -1 with errno set; does not call fail(). */
int send_to_socket(const char *path, const void *text, size_t size, int fd);

/* Sets ADDRESS to the address of the unix socket PATH, which may be longer than an address can hold
 * (unix(7)). For a PATH that is too long, the address is the name in /proc/self/fd of the
 * descriptor *FILE, which the caller closes when it has connected; otherwise *FILE is -1. Returns
 * 0, or -1 with errno set; does not call fail(). */
struct sockaddr_un;
int socket_address(const char *path, struct sockaddr_un *address, int *file);

/* Sends MESSAGE, together with the descriptor FD unless FD is -1. Returns 0, or -1 with errno set;
 * does not call fail(). */
int message_send(int socket, const struct message *message, int fd);

/* Waits for a message, and copies it to MESSAGE. *FD becomes the descriptor that came with it,
 * which the caller closes, or -1. Returns false at the end of the connection, and after
 * an error. */
bool message_receive(int socket, struct message *message, int *fd);

/* Waits for the message GO in a process that may already have its filter of system calls: makes
 * only calls that GUARD exempts. If box has died, ends the process. */
void wait_for_go(const struct guard *guard);

/* Tells box, over guard->box, to take the listener FD of the filter of system calls, and to pass it
 * on to the program that answers. Waits until box says GO, and closes FD. Returns 0, or -1 after
 * fail(). */
int pass_listener_on(const struct guard *guard, int fd);

#endif
