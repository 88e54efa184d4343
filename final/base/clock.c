/* clock.c: a clock that nobody can set, and deadlines. */
#define _GNU_SOURCE
#include "clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

double clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

bool nap(double seconds, double deadline)
{
	double left = deadline - clock_now();
	struct timespec time;

	if (left <= 0)
		return false;
	if (left < seconds)
		seconds = left;
	time.tv_sec = (time_t)seconds;
	time.tv_nsec = (long)((seconds - time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
	return true;
}
