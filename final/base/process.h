/* process.h: processes, and the signals of this one. */
#ifndef PROCESS_H
#define PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Fields of /proc/PID/stat, by their numbers in proc_pid_stat(5). */
enum {
	STAT_UTIME = 14, /* clock ticks: this, stime, and cutime and */
	STAT_CSTIME = 17, /* cstime of the children that were waited for */
	STAT_THREADS = 20,
	STAT_STARTTIME = 22, /* clock ticks after boot */
	STAT_ENV_START = 50, /* addresses, of the environment that it was executed with */
	STAT_ENV_END = 51,
	N_STAT
};

/* Reads them, from the third on. False when there is no such process. */
bool process_stat(pid_t pid, int64_t fields[N_STAT]);

/* Whether a signal waits by which the user wants box to end: SIGINT, SIGTERM or SIGHUP, which are
 * blocked while something is imported, copied or packed. */
bool interrupted(void);

/* Another one after each start of the machine: then no PID of before means anything. */
const char *boot_id(void);

/* Clock ticks after boot when PID started, proc_pid_stat(5); 0 if there is none. With the PID it
 * names a process for as long as the machine runs: a PID alone is soon another's. */
uint64_t start_time(pid_t pid);

/* Whether SIGNAL asks a program to end: SIGTERM, SIGINT, SIGHUP and SIGQUIT. */
bool asks_to_end(int signal);

/* Opens a signalfd for those of the blocked signals that do. Returns it, or -1. */
int ending_signals(void);

/* Blocks the signals that box handles, and gives those that are its to handle. */
void block_signals(sigset_t *signals);

#endif
