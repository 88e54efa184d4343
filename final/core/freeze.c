/* freeze.c: stops a container while box works on it, and lets it go on in any case. */
#define _GNU_SOURCE
#include "freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "process.h"
#include "cgroup.h"
#include "channel.h"

/* Takes the lock of the container ID, with COMMAND of fcntl(2). The lock is on a byte of a file in
 * the folder above the container's cgroup, and each container has its own byte. A file in the
 * container's own cgroup would not do: the container sees it, and could lock it itself. Returns the
 * descriptor that holds the lock; or -1: with EAGAIN and without fail() if another process has the
 * lock, else after fail(). */
static int take_lock(const struct cgroup *cgroup, const char *id, int command)
{
	autoclose int fd =
		openat(cgroup->hierarchies[0].dir, "../cgroup.procs", O_RDWR | O_CLOEXEC);
	struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	char digits[16];

	snprintf(digits, sizeof(digits), "%s", id);
	byte.l_start = strtoll(digits, NULL, 16);
	if (fd >= 0 && fcntl(fd, command, &byte) == 0)
		return steal_fd(&fd);
	return fd >= 0 && errno == EAGAIN ? -1 : fail("lock %s", cgroup->hierarchies[0].path);
}

/* Takes the lock, which is held until this process ends. If box ends meanwhile, so does this
 * process. A command that freezes the container for a while, by freeze_begin(), holds the lock
 * meanwhile. So a process that has got the lock, and finds the container frozen, knows that `box
 * pause` has frozen it. */
static int lock(const struct cgroup *cgroup, const char *id, int life)
{
	struct pollfd polls = {.fd = life, .events = POLLIN};

	while (take_lock(cgroup, id, F_OFD_SETLK) < 0) {
		if (errno != EAGAIN)
			return -1;
		if (poll(&polls, 1, 20) > 0)
			_exit(0);
	}
	return 0;
}

/* Freezes the container, unless it is paused. *MINE becomes true if this function has frozen it. */
static int freeze_now(const struct cgroup *cgroup, const char *id, bool *mine)
{
	if (cgroup->n > 0 && lock(cgroup, id, STDIN_FILENO) < 0)
		return -1;
	if (cgroup->n > 0 && cgroup_frozen(id))
		return 0;
	if (cgroup_freeze(cgroup, true) < 0)
		return -1;
	*mine = true;
	return 0;
}

/* The keeper: a process of its own, because box may be killed. The end of box closes the other end
 * of LIFE. */
static _Noreturn void keep_frozen(const char *id, int life)
{
	struct message message = {.kind = MESSAGE_READY};
	struct cgroup cgroup;
	bool mine = false;

	/* The keeper must not hold box's locks, or the pipes of box's caller, for longer than box
	 * lives. */
	if (setsid() < 0 || dup2(life, STDIN_FILENO) < 0 || close_range(1, ~0U, 0) < 0)
		_exit(EXIT_BOX);
	if (cgroup_open(&cgroup, id) < 0 || freeze_now(&cgroup, id, &mine) < 0) {
		message.kind = MESSAGE_ERROR;
		snprintf(message.text, sizeof(message.text), "%s", failure());
	}
	message.status = mine;
	message_send(STDIN_FILENO, &message, -1);
	while (read(STDIN_FILENO, &message, sizeof(message)) > 0)
		;
	_exit(mine && cgroup_freeze(&cgroup, false) < 0 ? EXIT_BOX : 0);
}

/* Tells the keeper to thaw the container and to end, and waits for its end. If the keeper has died
 * before, box thaws the container. */
static int release(struct freeze *freeze)
{
	int status;

	close_fd(&freeze->life);
	if (waitpid(freeze->keeper, &status, 0) < 0)
		return fail("waitpid %d", freeze->keeper);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (freeze->mine)
		cgroup_thaw(freeze->id);
	return failx("the process that keeps container %.12s frozen has died", freeze->id);
}

int freeze_begin(struct freeze *freeze, const char *id)
{
	autoclose int ending = ending_signals();
	struct message message = {.kind = MESSAGE_NONE};
	sigset_t all, before;
	struct pollfd polls[2];
	int ends[2], none;

	*freeze = (struct freeze){.id = id};
	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail("socketpair");
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before); /* no signal but SIGKILL ends the keeper */
	if ((freeze->keeper = fork()) == 0)
		keep_frozen(id, ends[1]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	freeze->life = ends[0];
	if (freeze->keeper < 0) {
		close_fd(&freeze->life);
		return fail("fork");
	}
	polls[0] = (struct pollfd){.fd = freeze->life, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = ending, .events = POLLIN};
	while (poll(polls, 2, -1) < 0 && errno == EINTR)
		;
	if (!polls[0].revents) {
		release(freeze);
		return failx("interrupted");
	}
	if (message_receive(freeze->life, &message, &none) && message.kind == MESSAGE_READY) {
		freeze->mine = message.status;
		return 0;
	}
	freeze->mine = true; /* if the keeper has died, it may have frozen the container */
	if (release(freeze) == 0)
		failx("%s", message.kind == MESSAGE_ERROR ? message.text : "interrupted");
	return -1;
}

int freeze_end(struct freeze *freeze)
{
	bool frozen = cgroup_frozen(freeze->id);
	int result = release(freeze);

	return frozen ? result
		      : failx("container %.12s was thawed before the work on it was done",
				freeze->id);
}

int freeze_stay(const char *id, bool frozen)
{
	struct cgroup cgroup;
	autoclose int fd = -1;
	int result = -1;

	if (cgroup_open(&cgroup, id) < 0)
		return -1;
	if (cgroup.n == 0 || (fd = take_lock(&cgroup, id, F_OFD_SETLKW)) >= 0)
		result = cgroup_frozen(id) == frozen ? 1 : cgroup_freeze(&cgroup, frozen);
	cgroup_close(&cgroup);
	return result;
}
