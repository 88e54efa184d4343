/* exempt.h: system calls of box's own that a filter of system calls lets pass. */
#ifndef EXEMPT_H
#define EXEMPT_H

#include <linux/filter.h>
#include <stdint.h>

/* A filter that is to be installed, and what box's own calls need after that. If filter.filter is
 * NULL, there is no filter. */
struct guard {
	struct sock_fprog filter;
	/* a number that box's own calls have as an argument, so that they pass; 0: none */
	uint64_t cookie;
	int box; /* the socket to box, see pass_listener_on() */
};

/* Sets guard->filter to FILTER with tests in front, and guard->cookie to a new random number. The
 * tests let those calls of own_call() pass that exempt.c lists; FILTER decides about all others.
 * The cookie is passed as an argument that these calls do not have: the kernel ignores it, but
 * shows it to the filter (seccomp(2)). Returns 0, or -1 after fail(). The memory of the new filter
 * is never freed. */
int exempt_own_calls(const struct sock_fprog *filter, struct guard *guard);

/* Makes the system call NR, of at most three arguments, with the guard's cookie. Returns what
 * syscall(2) returns, with errno set. */
long own_call(const struct guard *guard, long nr, long a, long b, long c);

/* Makes the system call clone(2) with FLAGS and without a new stack, as own_call() does. */
long own_clone(const struct guard *guard, long flags);

#endif
