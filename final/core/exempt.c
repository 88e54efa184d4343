/* exempt.c: makes a filter of system calls that lets a few of box's own calls pass, whatever else
 * it says. */
#define _GNU_SOURCE
#include "exempt.h"

#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"

/* The number of clone(2)'s argument that has the flags; on s390 it is the second one. */
#ifdef __s390x__
enum { FLAGS = 1 };
#else
enum { FLAGS = 0 };
#endif

enum { ANY = -1, COOKIE = 5 };

/* These calls give a process no new rights; only one that has CAP_SYS_RESOURCE can raise its limit
 * of processes. So the filter still protects the host if an attacker reads the cookie in the
 * process's memory. The filter does not compare the architecture: a call of another architecture
 * with one of these numbers gives no new rights either. */
static const struct {
	uint32_t nr;
	int argument; /* the number of the argument that must be equal to value; or ANY */
	uint64_t value;
} calls[] = {
	{SYS_clone, FLAGS, CLONE_PARENT | SIGCHLD},
	{SYS_prctl, 0, PR_SET_PDEATHSIG},
	{SYS_ioctl, 1, TIOCSCTTY},
	{SYS_prlimit64, 1, RLIMIT_NPROC},
	{SYS_capset, ANY, 0},
	{SYS_setsid, ANY, 0},
	{SYS_read, ANY, 0},
	{SYS_close, ANY, 0},
	{SYS_exit_group, ANY, 0},
};
enum { N_CALLS = sizeof(calls) / sizeof(*calls) };

/* Adds a test: the filter goes on if argument I is VALUE, and otherwise jumps to the instruction
 * END. The two halves are compared in the order in which VALUE has them in memory, so that this
 * code is right for either byte order. */
static struct sock_filter *put_test(
	struct sock_filter *at, int i, uint64_t value, const struct sock_filter *end)
{
	uint32_t halves[2];

	memcpy(halves, &value, sizeof(halves));
	for (int half = 0; half < 2; half++) {
		*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, args) + 8 * i + 4 * half);
		*at = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, halves[half], 0, end - at - 1);
		at++;
	}
	return at;
}

/* For all other system calls, the code in front of FILTER compares only the call's number. So the
 * kernel can still find out, when it installs the filter, which calls are always allowed, and skip
 * the filter for them (Linux 5.11). */
int exempt_own_calls(const struct sock_fprog *filter, struct guard *guard)
{
	struct sock_filter head[2 + N_CALLS * 10], *end = head + 1, *at = head;

	for (int i = 0; i < N_CALLS; i++)
		end += calls[i].argument == ANY ? 6 : 10;
	guard->filter = *filter;
	if ((size_t)(end - head) + filter->len > BPF_MAXINSNS)
		return failx("the filter of system calls is too long to join the container with");
	if (getrandom(&guard->cookie, sizeof(guard->cookie), 0) != sizeof(guard->cookie))
		return fail("getrandom");
	guard->cookie = (unsigned long)guard->cookie; /* an argument holds no more bits than that */
	*at++ = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (int i = 0; i < N_CALLS; i++) {
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].nr, 0,
			calls[i].argument == ANY ? 5 : 9);
		if (calls[i].argument != ANY)
			at = put_test(at, calls[i].argument, calls[i].value, end);
		at = put_test(at, COOKIE, guard->cookie, end);
		*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	guard->filter.len = (end - head) + filter->len;
	guard->filter.filter = calloc(guard->filter.len, sizeof(*head));
	if (!guard->filter.filter)
		return fail("memory");
	memcpy(guard->filter.filter, head, (end - head) * sizeof(*head));
	memcpy(guard->filter.filter + (end - head), filter->filter,
		filter->len * sizeof(*filter->filter));
	return 0;
}

long own_call(const struct guard *guard, long nr, long a, long b, long c)
{
	return syscall(nr, a, b, c, 0L, 0L, (long)guard->cookie);
}

long own_clone(const struct guard *guard, long flags)
{
	long arguments[2] = {0};

	arguments[FLAGS] = flags;
	return own_call(guard, SYS_clone, arguments[0], arguments[1], 0);
}
