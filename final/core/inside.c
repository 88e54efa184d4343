/* inside.c: what the processes on the container's side have in common. */
#define _GNU_SOURCE
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "channel.h"
#include "exempt.h"
#include "program.h"
#include "spec.h"

int to_box = -1;

/* Sends LINE to box: on this side, stderr may be closed, or be the command's. */
static void send_line(const char *line)
{
	struct message message = {.kind = MESSAGE_DEBUG};
	struct pollfd room = {.fd = to_box, .events = POLLOUT};

	snprintf(message.text, sizeof(message.text), "%s", line);
	/* A line that finds no room for a second is lost: box may be waiting for room itself, to
	 * send ID-mapped mounts, and not read. */
	poll(&room, 1, 1000);
	send(to_box, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void begin_inside(int socket)
{
	to_box = socket;
	debug_side = "inside: ";
	if (debug_print)
		debug_print = send_line;
}

/* Sends failure() to box, which prints it: so the message appears once, and not on the command's
 * stderr. This function uses write(2), because after the gate to_box is a fifo, and because the
 * filter of system calls may be installed. */
_Noreturn void die(int status)
{
	struct message message = {.kind = MESSAGE_ERROR, .status = status};

	snprintf(message.text, sizeof(message.text), "%s", failure());
	_exit(write(to_box, &message, sizeof(message)) < 0 ? EXIT_BOX : status);
}

/* Waits for a message KIND. Returns the descriptor that came with it, or -1. */
int wait_for_message(enum message_kind kind)
{
	struct message message;
	int fd;

	if (!message_receive(to_box, &message, &fd) || message.kind != kind)
		_exit(EXIT_BOX); /* box has died, and could not clean up after this process */
	return fd;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Closes all descriptors but stdin, stdout, stderr, the process's preserve_fds, the socket to box,
 * OTHER and GATE (NULL: none). A descriptor may lead out of the container, also through names in
 * the image, such as a symlink to /proc/self/fd/7; so this is done before any name of the image is
 * looked up (CVE-2024-21626). */
int close_descriptors(const struct process *process, int other, const int gate[2])
{
	int first = 3 + process->preserve_fds;
	int kept[] = {to_box, other, gate ? gate[0] : to_box, gate ? gate[1] : to_box};
	struct stat st;

	qsort(kept, sizeof(kept) / sizeof(*kept), sizeof(*kept), by_number);
	for (size_t i = 0, from = first; i <= sizeof(kept) / sizeof(*kept); i++) {
		bool last = i == sizeof(kept) / sizeof(*kept);

		if (!last && kept[i] < (int)from)
			continue;
		if ((last || kept[i] > (int)from) &&
			close_range(from, last ? ~0U : (unsigned)kept[i] - 1, 0) < 0)
			return fail("close_range");
		from = last ? from : (size_t)kept[i] + 1;
	}
	for (int fd = 0; fd < first; fd++)
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			return failx(
				"descriptor %d is a folder: it leads out of the container", fd);
	return 0;
}

/* Replaces the host's /dev/null by the container's own, because a process of the container could
 * change the mode of the host's. */
int reopen_null(void)
{
	autoclose int null = -1;
	struct stat st;

	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
			continue;
		if (null < 0)
			null = open("/dev/null", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (null < 0 || fstat(null, &st) < 0 || !S_ISCHR(st.st_mode) ||
			st.st_rdev != makedev(1, 3) || dup2(null, fd) < 0)
			return fail("/dev/null of the container");
	}
	return 0;
}

/* Gives all signals their default action and unblocks them, as a login would: no setting of box's
 * caller reaches the command. */
int reset_signals(void)
{
	/* the kernel's struct: all zero is SIG_DFL */
	static const unsigned long default_action[8];
	sigset_t none;

	/* This is the system call, because glibc's sigaction() refuses two signals that glibc uses
	 * itself, and posix_spawn(3) leaves these two ignored. For SIGKILL and SIGSTOP the call
	 * fails, which does not matter. */
	for (int i = 1; i < NSIG; i++)
		syscall(SYS_rt_sigaction, i, default_action, NULL, sizeof(uint64_t));
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return fail("sigprocmask");
	return 0;
}

/* Engines expect the error of a missing program from create, not from start. */
void look_for_program(const struct spec *spec)
{
	if (spec->oci->gate[0] && program_find(spec->process.argv[0]) < 0)
		die(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC);
}

/* Waits at the gate, if there is one. When the gate opens, box has ended; so errors go to gate[1]
 * from then on. */
int wait_at_gate(const int gate[2], const struct guard *guard)
{
	struct message message = {.kind = MESSAGE_READY};
	char byte;

	if (!gate[0])
		return 0;
	if (write(to_box, &message, sizeof(message)) != sizeof(message))
		_exit(EXIT_BOX);
	own_call(guard, SYS_close, to_box, 0, 0);
	to_box = gate[1];
	if (own_call(guard, SYS_read, gate[0], (long)&byte, 1) != 1)
		return fail("the gate");
	/* gate[0] is closed before exec closes gate[1]. The end of gate[1] is the sign that the
	 * command runs, and no process may find the gate still open after that sign. */
	own_call(guard, SYS_close, gate[0], 0, 0);
	return 0;
}

_Noreturn void run_command(char **argv)
{
	program_execute(argv);
	die(errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC);
}
