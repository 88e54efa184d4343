/* calls NAME...: makes system calls, each such that it does no harm where it is allowed, and prints
 * what comes. For the tests of the filter. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct call {
	const char *name;
	long number, arguments[3];
} calls[] = {
	{"add_key", SYS_add_key, {0}},
	{"request_key", SYS_request_key, {0}},
	{"keyctl", SYS_keyctl, {0}},
	{"bpf", SYS_bpf, {-1}},
	{"perf_event_open", SYS_perf_event_open, {0}},
	{"userfaultfd", SYS_userfaultfd, {-1}},
	{"open_by_handle_at", SYS_open_by_handle_at, {-1}},
	{"io_uring_setup", SYS_io_uring_setup, {0}},
	{"io_uring_enter", SYS_io_uring_enter, {-1}},
	{"io_uring_register", SYS_io_uring_register, {-1}},
	{"clone3", SYS_clone3, {0}},
	{"unshare-user", SYS_unshare, {CLONE_NEWUSER}},
	{"unshare-files", SYS_unshare, {CLONE_FILES}},
	{"clone-user", SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
	{"clone", SYS_clone, {SIGCHLD}},
	{"tiocsti", SYS_ioctl, {-1, TIOCSTI}},
	{"tiocsti-upper-half", SYS_ioctl, {-1, TIOCSTI | 1L << 32}},
	{"tioclinux", SYS_ioctl, {-1, TIOCLINUX}},
	{"getpid", SYS_getpid, {0}},
	{0},
};

static void *in_thread(void *said)
{
	return said;
}

static void start_thread(void)
{
	pthread_t thread;
	void *said = "";

	errno = pthread_create(&thread, NULL, in_thread, "runs");
	if (!errno)
		pthread_join(thread, &said);
	printf("thread: %s\n", errno ? strerror(errno) : (char *)said);
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		const struct call *call = calls;
		long result;

		if (strcmp(argv[i], "thread") == 0)
			start_thread();
		else {
			while (call->name && strcmp(call->name, argv[i]) != 0)
				call++;
			result = syscall(call->number, call->arguments[0], call->arguments[1],
				call->arguments[2], 0, 0);
			if (result == 0 && call->number == SYS_clone)
				_exit(0);
			printf("%s: %s\n", argv[i], result < 0 ? strerror(errno) : "done");
		}
		fflush(stdout);
	}
}
