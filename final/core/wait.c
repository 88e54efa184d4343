/* wait.c: waits for the command. Meanwhile box copies between the container's pipes, or its
 * terminal, and the caller's files. */
#define _GNU_SOURCE
#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "process.h"
#include "container.h"
#include "kill.h"
#include "tty.h"

enum {
	CHUNK = 65536, /* bytes that are read at once */
	SPLICED = 1 << 20, /* bytes that are moved at once from pipe to pipe */
	PTY_HOLDS = 65536, /* bytes, more than the kernel lets a pty hold */
	/* if the command ends within so many seconds after a signal, the signal is the cause */
	RECENT = 10,
	PATIENCE = 1, /* seconds for the rest of the output, when box has been told to end */
};

/* ---- one flow ---- */

int unread_bytes(int fd)
{
	int size;

	if (fd < 0)
		return 0;
	return isatty(fd) ? PTY_HOLDS : ioctl(fd, FIONREAD, &size) < 0 ? 0 : size;
}

static void flow_end(struct flow *flow)
{
	if (!flow->open)
		return;
	close_fd(&flow->from);
	close_fd(&flow->to);
	free(flow->data);
	*flow = (struct flow){.open = false};
}

static bool is_type(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

/* Whether FD is a pipe without a name. A fifo, which has a name, may get a new reader after its
 * last one. */
static bool is_nameless_pipe(int fd)
{
	struct statfs fs;

	return is_type(fd, S_IFIFO) && fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}

static bool is_terminal(int fd)
{
	int number;

	return isatty(fd) &&
	       /* the master end of a pty does not count: to open it again would make a new pty */
	       ioctl(fd, TIOCGPTN, &number) < 0;
}

/* Returns a descriptor of the caller's file FD, for reading or writing (MODE). If it has no side
 * effects, the file is opened again, with O_NONBLOCK: to set O_NONBLOCK on the caller's own open
 * file description would change it for the caller, too. A fifo is not opened again for reading,
 * because the new descriptor would not report the end of the input if the last writer is gone
 * already. */
static int open_own(int fd, int mode)
{
	int has = fcntl(fd, F_GETFL) & O_ACCMODE, own = -1;
	char path[32];

	if ((has == mode || has == O_RDWR) &&
		(is_terminal(fd) || (mode == O_WRONLY && is_type(fd, S_IFIFO)))) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	/* The terminal belongs to another user after su(1), but /dev/tty to all. */
	if (own < 0 && is_terminal(fd) && tcgetsid(fd) == getsid(0))
		own = open("/dev/tty", mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* Begins a flow from FROM to TO, which closes both at its end, and also after an error. Returns 0,
 * or -1 after fail(). */
static int flow_begin(struct flow *flow, int from, int to)
{
	*flow = (struct flow){.open = true, .from = from, .to = to, .left = -1};
	if (from < 0 || to < 0) {
		flow_end(flow);
		return fail("standard input or output");
	}
	flow->spliced = is_type(from, S_IFIFO) && is_type(to, S_IFIFO);
	flow->keys = is_terminal(from);
	flow->receives = is_type(from, S_IFSOCK);
	flow->sends = is_type(to, S_IFSOCK);
	/* If no reader of the output of a container's terminal is left, the command is killed when
	 * it writes (see relay_step()), and not before; so that flow is not watched. */
	flow->watched = !isatty(from) && (flow->sends || is_nameless_pipe(to));
	flow->blocks = !flow->sends && !is_type(to, S_IFREG) && !(fcntl(to, F_GETFL) & O_NONBLOCK);
	return 0;
}

/* Reads up to SIZE bytes from flow->from. When box is a background job of the caller's terminal,
 * the kernel stops box here (SIGTTIN). */
static ssize_t take(const struct flow *flow, size_t size)
{
	sigset_t stop, before;
	ssize_t taken;

	if (flow->receives)
		return recv(flow->from, flow->data, size, MSG_DONTWAIT);
	if (!flow->keys)
		return read(flow->from, flow->data, size);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTIN);
	sigprocmask(SIG_UNBLOCK, &stop, &before);
	taken = read(flow->from, flow->data, size);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return taken;
}

/* Writes to flow->to. If that may block, poll(2) is asked first: a pipe that is ready for writing
 * takes PIPE_BUF bytes without blocking. */
static ssize_t put(const struct flow *flow)
{
	const char *data = flow->data + flow->start;
	size_t size = flow->end - flow->start;
	struct pollfd to = {.fd = flow->to, .events = POLLOUT};

	if (flow->sends)
		return send(flow->to, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (flow->blocks && poll(&to, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(flow->to, data, flow->blocks && size > PIPE_BUF ? PIPE_BUF : size);
}

/* The result of a step of a flow: bytes were moved; none, because the flow has to wait; the input
 * has ended; or no reader of the output is left. */
enum moved { SOME, NOTHING, NO_MORE, REFUSED };

static size_t at_most(const struct flow *flow, size_t size)
{
	return flow->left >= 0 && (size_t)flow->left < size ? (size_t)flow->left : size;
}

static enum moved flow_move(struct flow *flow);

static enum moved flow_splice(struct flow *flow)
{
	ssize_t n =
		splice(flow->from, NULL, flow->to, NULL, at_most(flow, SPLICED), SPLICE_F_NONBLOCK);

	if (n < 0 && errno == EINVAL) {
		flow->spliced = false;
		return flow_move(flow);
	}
	if (n < 0 && errno == EAGAIN) {
		/* "from" is empty or "to" is full: wait for the other one than before */
		flow->full = !flow->full;
		return NOTHING;
	}
	if (n <= 0)
		return n < 0 && errno == EPIPE ? REFUSED : NO_MORE;
	flow->left -= flow->left > 0 ? n : 0;
	flow->full = false;
	return SOME;
}

static enum moved flow_move(struct flow *flow)
{
	bool empty = flow->start == flow->end;
	ssize_t n;

	if (empty && flow->left == 0)
		return NO_MORE;
	if (flow->spliced)
		return flow_splice(flow);
	if (!flow->data && !(flow->data = malloc(CHUNK)))
		return NO_MORE;
	if (empty) {
		if ((n = take(flow, at_most(flow, CHUNK))) <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR) ? NOTHING : NO_MORE;
		flow->left -= flow->left > 0 ? n : 0;
		flow->start = 0;
		flow->end = n;
	}
	if ((n = put(flow)) < 0) {
		flow->full = true;
		return errno == EAGAIN || errno == EINTR ? NOTHING : REFUSED;
	}
	flow->start += n;
	flow->full = flow->start < flow->end;
	return SOME;
}

static void flow_watch(const struct flow *flow, struct pollfd polls[2])
{
	bool to = flow->open && (flow->full || flow->watched);

	polls[0] = (struct pollfd){
		.fd = flow->open && !flow->full ? flow->from : -1, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = to ? flow->to : -1, .events = flow->full ? POLLOUT : 0};
}

static enum moved flow_step(struct flow *flow, const struct pollfd polls[2])
{
	if (flow->watched && (polls[1].revents & (POLLERR | POLLHUP)))
		return REFUSED;
	return polls[0].revents || polls[1].revents ? flow_move(flow) : NOTHING;
}

/* Moves all bytes that can be moved without waiting. Ends the flow when nothing is left to move. */
static void flow_drain(struct flow *flow)
{
	enum moved moved = SOME;

	while (flow->open && moved == SOME)
		moved = flow_move(flow);
	if (moved == NOTHING && flow->spliced)
		flow->full = unread_bytes(flow->from) > 0;
	if (moved != NOTHING || !flow->full)
		flow_end(flow);
}

/* Reads from the caller's terminal once, so that the kernel stops box at once if box is a
 * background job. If box only waited by poll(2), it would go on unnoticed, and the shell would get
 * the keys. */
static void ask_for_keys(struct flow *flow)
{
	if (flow->keys && (fcntl(flow->from, F_GETFL) & O_NONBLOCK) && flow_move(flow) == NO_MORE)
		flow_end(flow);
}

/* ---- all flows ---- */

static void relay_end(struct relay *relay)
{
	for (int i = 0; i < 3; i++)
		flow_end(&relay->flows[i]);
	if (relay->signals > 0)
		close_fd(&relay->signals);
}

/* Begins the flows of CONTAINER. If it has a terminal, stdin is copied only with INPUT. */
static int relay_begin(
	struct relay *relay, struct container *container, const sigset_t *signals, bool input)
{
	int *stdio = container->stdio, master = container->master;

	*relay = (struct relay){.signals = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK)};
	if (relay->signals < 0)
		return fail("signalfd");
	if (master >= 0 && fcntl(master, F_SETFL, O_NONBLOCK) < 0)
		return fail("the container's terminal");
	if (master >= 0 && input &&
		flow_begin(&relay->flows[0], open_own(0, O_RDONLY),
			fcntl(master, F_DUPFD_CLOEXEC, 3)) < 0)
		return -1;
	if (master >= 0)
		return flow_begin(
			&relay->flows[1], fcntl(master, F_DUPFD_CLOEXEC, 3), open_own(1, O_WRONLY));
	if (stdio[0] >= 0 &&
		flow_begin(&relay->flows[0], open_own(0, O_RDONLY), steal_fd(&stdio[0])) < 0)
		return -1;
	for (int fd = 1; fd < 3; fd++)
		if (stdio[fd] >= 0 && flow_begin(&relay->flows[fd], steal_fd(&stdio[fd]),
					      open_own(fd, O_WRONLY)) < 0)
			return -1;
	return 0;
}

/* Lets each flow move the bytes for which POLLS reports that its files are ready. No flow may wait
 * for another one: if a command only writes, and box waited until the command reads a long paste,
 * both would wait for ever. */
static void relay_step(
	struct relay *relay, const struct container *container, const struct pollfd *polls)
{
	for (int i = 0; i < 3; i++) {
		enum moved moved = flow_step(&relay->flows[i], polls + 2 * i);

		if (moved == SOME || moved == NOTHING)
			continue;
		/* No reader of the terminal's output is left: box kills the command, which SIGPIPE
		 * would have ended without a terminal. */
		if (moved == REFUSED && i == 1 && container->master >= 0)
			container_kill(container->pid, container->pidfd, SIGKILL);
		/* Box closes the pipe, so that the command gets the end of its input, or SIGPIPE,
		 * too. */
		flow_end(&relay->flows[i]);
	}
}

int container_wait(
	struct container *container, const sigset_t *signals, bool input, struct relay *relay)
{
	enum { PID, SIGNALS, FLOWS, N = FLOWS + 6 };
	/* Box keeps the slave end open: otherwise, reading the master end would fail when all
	 * processes have closed the slave end, although a process may open the terminal again. */
	autoclose int peer __attribute__((unused)) = terminal_peer(container->master);
	struct pollfd polls[N] = {[PID] = {.fd = container->pidfd, .events = POLLIN}};
	double asked = 0;
	int status;

	if (relay_begin(relay, container, signals, input) < 0)
		return relay_end(relay), -1;
	ask_for_keys(&relay->flows[0]);
	polls[SIGNALS] = (struct pollfd){.fd = relay->signals, .events = POLLIN};
	while (!polls[PID].revents) {
		for (int i = 0; i < 3; i++)
			flow_watch(&relay->flows[i], &polls[FLOWS + 2 * i]);
		if (poll(polls, N, -1) < 0) { /* not EINTR: all signals are blocked */
			fail("poll");
			return relay_end(relay), -1;
		}
		if (polls[SIGNALS].revents &&
			asks_to_end(container_signal(container, relay->signals)))
			asked = clock_now();
		relay_step(relay, container, polls + FLOWS);
	}
	flow_end(&relay->flows[0]);
	for (int i = 1; i < 3; i++) {
		struct flow *flow = &relay->flows[i];

		if (flow->open) /* another process may go on writing for ever */
			flow->left = unread_bytes(flow->from);
		flow_drain(flow);
	}
	if (asked && clock_now() - asked < RECENT)
		relay->deadline = clock_now() + PATIENCE;
	if (waitpid(container->pid, &status, 0) < 0) {
		fail("waitpid %d", container->pid);
		return relay_end(relay), -1;
	}
	container->pid = -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void relay_finish(struct relay *relay)
{
	struct pollfd polls[] = {
		{.fd = relay->signals, .events = POLLIN}, {.events = POLLOUT}, {.events = POLLOUT}};
	struct signalfd_siginfo info;

	while (relay->flows[1].open || relay->flows[2].open) {
		double patience = relay->deadline - clock_now();

		for (int i = 1; i < 3; i++)
			polls[i].fd = relay->flows[i].open ? relay->flows[i].to : -1;
		if ((relay->deadline && patience <= 0) ||
			poll(polls, 3, relay->deadline ? (int)(patience * 1000) + 1 : -1) < 0)
			break;
		if (polls[0].revents && read(relay->signals, &info, sizeof(info)) == sizeof(info) &&
			asks_to_end(info.ssi_signo) && !relay->deadline)
			relay->deadline = clock_now() + PATIENCE;
		for (int i = 1; i < 3; i++)
			if (polls[i].revents)
				flow_drain(&relay->flows[i]);
	}
	relay_end(relay);
	terminal_restore(false);
}
