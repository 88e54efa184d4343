/* exempt.h: calls of box that a filter lets pass. */
#ifndef EXEMPT_H
#define EXEMPT_H

#include <linux/filter.h>
#include <stdint.h>

/* The filter that is to be installed (filter.filter is NULL: none), and what box's own calls show
 * to pass by it; 0: nothing, they are filtered as all others. */
struct guard {
	struct sock_fprog filter;
	uint64_t cookie;
	int box; /* the socket to box, over which the listener of the filter is passed on */
};

/* Makes GUARD of FILTER, with a new cookie: what a joining process calls by own_call() from the
 * filter's installation to its exec is not filtered, as long as it is one of the few calls of the
 * list there. The kernel ignores the arguments that a call has not got (seccomp(2) shows them). */
int exempt_own_calls(const struct sock_fprog *filter, struct guard *guard);

/* syscall(2) with the guard's cookie, for calls of at most three arguments. */
long own_call(const struct guard *guard, long nr, long a, long b, long c);

/* The same for clone(2) with FLAGS, without a new stack. */
long own_clone(const struct guard *guard, long flags);

#endif
