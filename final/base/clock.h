/* clock.h: time that nobody sets. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>

/* Seconds of CLOCK_MONOTONIC, which nobody sets. */
double clock_now(void);

/* Sleeps for SECONDS, but not beyond DEADLINE, a time of clock_now(). Returns false, at once, when
 * DEADLINE has passed: so a caller looks once more after its last nap. A loop that counted naps
 * would wait too long in a process that was stopped, or had to wait for a CPU. */
bool nap(double seconds, double deadline);

#endif
