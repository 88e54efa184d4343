/* kill.c: sends signals to a container. */
#define _GNU_SOURCE
#include "kill.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "process.h"
#include "container.h"
#include "tty.h"

/* Whether the process PID is in sigwait(3), as small init programs are. /proc/PID/status may then
 * show a signal for which the process waits as neither blocked nor handled, although the signal
 * reaches the process. */
static bool waits_for_signal(pid_t pid)
{
	char path[64];
	autofclose FILE *file = NULL;
	long number;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	file = fopen(path, "re");
	return file && fscanf(file, "%ld", &number) == 1 && number == SYS_rt_sigtimedwait;
}

/* PID 1 of a PID namespace does not get signals for which it has no handler: not even SIGTERM ends
 * it (pid_namespaces(7)). In that case box kills PID 1, because the signal would have ended any
 * other process. */
int container_kill(pid_t pid, int pidfd, int signal)
{
	static const char *const names[] = {"SigBlk:", "SigIgn:", "SigCgt:"};
	uint64_t bit = 1ULL << (signal - 1), mask, taken = 0;
	char path[64], line[256];
	autofclose FILE *status = NULL;

	if (asks_to_end(signal)) {
		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		if (!(status = fopen(path, "re")))
			return fail("%s", path);
		while (fgets(line, sizeof(line), status))
			for (int i = 0; i < 3; i++)
				if (strncmp(line, names[i], 7) == 0 &&
					sscanf(line + 7, "%" SCNx64, &mask) == 1)
					taken |= mask;
		if (!(taken & bit) && !waits_for_signal(pid))
			signal = SIGKILL;
	}
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? fail("signal %d", pid)
									  : 0;
}

int container_signal(const struct container *container, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	switch (info.ssi_signo) {
	case SIGCHLD: /* box sees the child's end by the pidfd */
	case SIGPIPE:
	case SIGTTIN:
	case SIGTTOU:
	case SIGURG:
		break;
	case SIGWINCH:
		if (container->master >= 0) {
			terminal_resize(container->master);
			break;
		}
		/* fall through */
	default:
		if (container->joined) { /* not PID 1; if it is stopped, SIGCONT wakes it up */
			syscall(SYS_pidfd_send_signal, container->pidfd, info.ssi_signo, NULL, 0);
			if (asks_to_end(info.ssi_signo))
				syscall(SYS_pidfd_send_signal, container->pidfd, SIGCONT, NULL, 0);
		} else
			container_kill(container->pid, container->pidfd, info.ssi_signo);
	}
	return info.ssi_signo;
}
