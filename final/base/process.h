/* process.h: what /proc says of processes, and the signals of this process. */
#ifndef PROCESS_H
#define PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Fields of /proc/PID/stat, by their numbers in proc_pid_stat(5). */
enum {
	STAT_UTIME = 14, /* CPU time in clock ticks; fields 14 to 17 are utime, stime, */
	STAT_CSTIME = 17, /* cutime, and cstime of the children that were waited for */
	STAT_THREADS = 20, /* number of threads */
	STAT_STARTTIME = 22, /* when the process started, in clock ticks after boot */
	STAT_ENV_START = 50, /* address of the environment that it was executed with */
	STAT_ENV_END = 51, /* the address of its end */
	N_STAT
};

/* Reads the fields from number 3 to N_STAT - 1 of the process PID; those that are not numbers
 * become 0. Returns false if there is no such process, and may have noted an error then. */
bool process_stat(pid_t pid, int64_t fields[N_STAT]);

/* Whether SIGINT, SIGTERM or SIGHUP is pending, by which the user asks box to end. They are blocked
 * while something is imported, copied or packed, and box has to look for them now and then. */
bool interrupted(void);

/* An ID that is another one after each start of the machine, by which it is seen that a PID that
 * was noted earlier has lost its meaning (/proc/sys/kernel/random/boot_id, random(4)). "unknown" if
 * it cannot be read. */
const char *boot_id(void);

/* When the process PID started, in clock ticks after boot (proc_pid_stat(5)); 0 if there is no such
 * process. The PID and this time together name one process for as long as the machine runs; the
 * PID alone is soon given to another process. */
uint64_t start_time(pid_t pid);

/* Whether SIGNAL asks a program to end: SIGTERM, SIGINT, SIGHUP or SIGQUIT. */
bool asks_to_end(int signal);

/* Opens a signalfd, which does not block, for those blocked signals that ask a program to end. The
 * caller closes it. Returns -1 with errno set after an error; does not call fail(). */
int ending_signals(void);

/* Blocks all signals except SIGTSTP and those that the caller of box ignores, and puts the set of
 * blocked signals into SIGNALS. */
void block_signals(sigset_t *signals);

#endif
