/* exempt.h: system calls of box's own that a filter of system calls lets pass. */
#ifndef EXEMPT_H
#define EXEMPT_H

#include <linux/filter.h>
#include <stdint.h>

/* A filter that is to be installed, and what box's own calls need then. If filter.filter is NULL,
 * there is no filter. */
struct guard {
	struct sock_fprog filter;
	/* a number that box's own calls have as an argument, so that they pass; 0: none */
	uint64_t cookie;
	int box; /* the socket to box, see pass_listener_on() */
};

/* Makes guard->filter of FILTER, with a new cookie, so that the calls of own_call() pass, from the
 * filter's installation to exec; but only the few calls that exempt.c lists. Everything else is
 * left to FILTER. The cookie is an argument that these calls do not have: the kernel ignores it
 * there, and shows it to the filter (seccomp(2)). The memory of the new filter lives as long as the
 * process. */
int exempt_own_calls(const struct sock_fprog *filter, struct guard *guard);

/* Makes the system call NR, of at most three arguments, with the guard's cookie. Returns what
 * syscall(2) does, with errno. */
long own_call(const struct guard *guard, long nr, long a, long b, long c);

/* Makes the system call clone(2) with FLAGS and without a new stack, as own_call() does. */
long own_clone(const struct guard *guard, long flags);

#endif
