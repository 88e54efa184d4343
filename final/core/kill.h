/* kill.h: signals for a container. */
#ifndef KILL_H
#define KILL_H

#include <sys/types.h>

#include "container.h"

/* Sends SIGNAL to the PID 1 that PID and PIDFD name; SIGKILL in place of one that would end any
 * other process, where PID 1 does not handle it. */
int container_kill(pid_t pid, int pidfd, int signal);

/* Handles one of the signals that the signalfd FD tells of: most are sent on to the process.
 * Returns its number, or 0 if there was none. */
int container_signal(const struct container *container, int fd);

#endif
