/* freeze.c: a container that stands still while box works on it, and goes on in any case. */
#define _GNU_SOURCE
#include "box.h"

#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Waits for the lock, unless box ends. Its holders have frozen the container, so that one who finds
 * it frozen knows: by `box pause`. */
static int lock(const struct cgroup *cgroup, int life)
{
	struct pollfd polls = {.fd = life, .events = POLLIN};

	while (flock(cgroup->hierarchies[0].dir, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return fail("%s", cgroup->hierarchies[0].path);
		if (poll(&polls, 1, 20) > 0)
			_exit(0);
	}
	return 0;
}

/* A process of its own, as box may be killed: LIFE ends with box. */
static _Noreturn void keep_frozen(const char *id, int life)
{
	struct message message = {.kind = MESSAGE_READY};
	struct cgroup cgroup;
	bool paused = false;

	/* No lock of box's, and none of its caller's pipes, is held for longer than box lives. */
	if (setsid() < 0 || dup2(life, 0) < 0 || close_range(1, ~0U, 0) < 0)
		_exit(EXIT_BOX);
	if (cgroup_open(&cgroup, id) < 0 || (cgroup.n > 0 && lock(&cgroup, 0) < 0) ||
		(!(paused = cgroup_frozen(id)) && cgroup_freeze(&cgroup, true) < 0)) {
		message.kind = MESSAGE_ERROR;
		snprintf(message.text, sizeof(message.text), "%s", failure());
	}
	message_send(0, &message, -1);
	while (read(0, &message, sizeof(message)) > 0)
		;
	if (!paused && cgroup.n > 0)
		cgroup_freeze(&cgroup, false);
	_exit(0);
}

/* Lets the container go on, and waits for its keeper. */
static void release(struct freeze *freeze)
{
	close_fd(&freeze->life);
	waitpid(freeze->keeper, NULL, 0);
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
	sigprocmask(SIG_BLOCK, &all, &before); /* no signal ends the keeper, but SIGKILL */
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
	while (poll(polls, 2, -1) < 0)
		; /* EINTR */
	if (polls[0].revents && message_receive(freeze->life, &message, &none) &&
		message.kind == MESSAGE_READY)
		return 0;
	release(freeze);
	return failx("%s", message.kind == MESSAGE_ERROR ? message.text
			   : polls[0].revents            ? "the process that freezes died"
							 : "interrupted");
}

int freeze_end(struct freeze *freeze)
{
	bool frozen = cgroup_frozen(freeze->id);

	release(freeze);
	return frozen ? 0 : failx("container %.12s went on meanwhile", freeze->id);
}

int freeze_stay(const char *id, bool frozen)
{
	struct cgroup cgroup;
	int result = -1;

	if (cgroup_open(&cgroup, id) < 0)
		return -1;
	if (cgroup.n > 0 && flock(cgroup.hierarchies[0].dir, LOCK_EX) < 0)
		fail("%s", cgroup.hierarchies[0].path);
	else if (cgroup_frozen(id) == frozen)
		result = 1;
	else
		result = cgroup_freeze(&cgroup, frozen);
	cgroup_close(&cgroup);
	return result;
}
