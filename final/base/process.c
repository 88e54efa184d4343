/* process.c: what /proc says of processes, and the signals of this process. */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"

bool process_stat(pid_t pid, int64_t fields[N_STAT])
{
	char path[64];
	autofree char *text = NULL;
	char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!(text = read_file_at(AT_FDCWD, path, 4096)) || !(at = strrchr(text, ')')))
		return false;
	for (int i = 3; i < N_STAT; i++) { /* the name in brackets is field 2 */
		if (!(at = strchr(at, ' ')))
			return false;
		fields[i] = strtoll(++at, NULL, 10);
	}
	return true;
}

const char *boot_id(void)
{
	static char id[64];

	if (!*id) {
		autofree char *text =
			read_file_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", sizeof(id) - 1);

		snprintf(id, sizeof(id), "%.36s", text ? text : "unknown");
	}
	return id;
}

uint64_t start_time(pid_t pid)
{
	int64_t fields[N_STAT];

	return process_stat(pid, fields) ? fields[STAT_STARTTIME] : 0;
}

/* After this only SIGKILL ends box before it has cleaned up; Ctrl-Z still stops it. A signal that
 * box was started to ignore, as nohup(1) does with SIGHUP, is not blocked: the kernel queues a
 * blocked signal even if it is ignored. */
void block_signals(sigset_t *signals)
{
	struct sigaction action;

	sigfillset(signals);
	sigdelset(signals, SIGTSTP);
	for (int i = 1; i < NSIG; i++)
		if (i != SIGCHLD && sigaction(i, NULL, &action) == 0 &&
			action.sa_handler == SIG_IGN)
			sigdelset(signals, i);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

bool asks_to_end(int signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

int ending_signals(void)
{
	sigset_t blocked, signals;

	sigemptyset(&signals);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int signal = 1; signal < NSIG; signal++)
		if (asks_to_end(signal) && sigismember(&blocked, signal) == 1)
			sigaddset(&signals, signal);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool interrupted(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		       sigismember(&pending, SIGHUP));
}

void process_rename(const char *name)
{
	autofree char *line = malloc(1 << 20);
	autoclose int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = line && fd >= 0 ? read(fd, line, 1 << 20) : 0;
	size_t length = strlen(name);

	prctl(PR_SET_NAME, name);
	for (ssize_t i = 0; i < size; i++) /* the command line begins at argv[0] */
		program_invocation_name[i] = (size_t)i < length ? name[i] : '\0';
}
