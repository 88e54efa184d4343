/* kill.h: sends signals to a container. */
#ifndef KILL_H
#define KILL_H

#include <sys/types.h>

#include "container.h"

/* Sends SIGNAL to a container's PID 1, whose number is PID and whose descriptor is PIDFD. If SIGNAL
 * would end any other process (see asks_to_end()), but PID 1 does not handle it, PID 1 gets
 * SIGKILL: the kernel drops such signals (pid_namespaces(7)). */
int container_kill(pid_t pid, int pidfd, int signal);

/* Reads a signal from the signalfd FD, and handles it: SIGWINCH resizes the container's terminal, a
 * few are ignored, and all others are sent on to the process. Returns the signal's number, or 0 if
 * there was none. */
int container_signal(const struct container *container, int fd);

#endif
