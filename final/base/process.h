/* process.h: what /proc says of processes, and the signals of this process. */
#ifndef PROCESS_H
#define PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The fields of /proc/PID/stat, by their numbers in proc_pid_stat(5). */
enum {
	STAT_UTIME = 14, /* CPU time in clock ticks; fields 14 to 17 are utime, stime, */
	STAT_CSTIME = 17, /* cutime, and cstime of the children that were waited for */
	STAT_THREADS = 20, /* number of threads */
	STAT_STARTTIME = 22, /* when the process started, in clock ticks after boot */
	STAT_ENV_START = 50, /* address of the environment that it was executed with */
	STAT_ENV_END = 51, /* the address of its end */
	N_STAT
};

/* Sets FIELDS[3] to FIELDS[N_STAT - 1] to the fields of these numbers of /proc/PID/stat; a field
 * that is not a number becomes 0. Returns false if there is no such process; fail() may have been
 * called then. */
bool process_stat(pid_t pid, int64_t fields[N_STAT]);

/* Whether SIGINT, SIGTERM or SIGHUP is pending, by which the user asks box to end. These signals
 * are blocked while box imports, copies or packs something, so box calls this function now and
 * then. */
bool interrupted(void);

/* Returns an ID that changes with each start of the machine (/proc/sys/kernel/random/boot_id,
 * random(4)): a PID that was noted together with another ID has lost its meaning. "unknown" if the
 * ID cannot be read. The text is valid until box ends. */
const char *boot_id(void);

/* Returns when the process PID started, in clock ticks after boot (proc_pid_stat(5)); 0 if there is
 * no such process. The PID and this time together name one process for as long as the machine runs;
 * the PID alone is soon given to another process. */
uint64_t start_time(pid_t pid);

/* Gives the calling process, a copy of the program, the NAME of at most 15 bytes in lists of
 * processes: in place of the name and the command line of the program, which is overwritten. */
void process_rename(const char *name);

/* Whether SIGNAL asks a program to end: SIGTERM, SIGINT, SIGHUP or SIGQUIT. */
bool asks_to_end(int signal);

/* Opens a signalfd, which does not block, for those blocked signals that ask a program to end. The
 * caller closes it. Returns -1 with errno set after an error; does not call fail(). */
int ending_signals(void);

/* Blocks all signals except SIGTSTP and those that box's caller has set to be ignored, and sets
 * *SIGNALS to the signals that it blocks. SIGCHLD is blocked in any case. */
void block_signals(sigset_t *signals);

#endif
