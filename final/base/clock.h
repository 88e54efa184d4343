/* clock.h: a clock that nobody can set, and deadlines. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>

/* The time in seconds by CLOCK_MONOTONIC, clock_gettime(2): only differences have a meaning. */
double clock_now(void);

/* Sleeps for SECONDS, but not beyond DEADLINE, a time of clock_now(). Returns true; or false, at
 * once, if DEADLINE has passed already. So a caller that loops until false checks its condition
 * once more after the last sleep. A loop that counted its sleeps would wait too long in a process
 * that was stopped, or that had to wait for a CPU. */
bool nap(double seconds, double deadline);

#endif
