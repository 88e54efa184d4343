/* kill.h: sends signals to a container. */
#ifndef KILL_H
#define KILL_H

#include <sys/types.h>

#include "container.h"

/* Sends SIGNAL to a container's PID 1, whose number is PID and whose descriptor is PIDFD. If SIGNAL
 * asks a program to end (see asks_to_end()), but PID 1 does not handle it, PID 1 gets SIGKILL: the
 * kernel would drop SIGNAL (pid_namespaces(7)). Returns 0, or -1 after fail(). */
int container_kill(pid_t pid, int pidfd, int signal);

/* Reads a signal from the signalfd FD, and handles it: SIGWINCH resizes the container's terminal;
 * SIGCHLD, SIGPIPE, SIGTTIN, SIGTTOU and SIGURG are ignored; all others are sent on to the process.
 * Returns the signal's number, or 0 if no signal could be read. */
int container_signal(const struct container *container, int fd);

#endif
