/* target.c: the common part of all commands that take the names of containers. */
#define _GNU_SOURCE
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "id.h"
#include "process.h"
#include "store.h"
#include "kept.h"
#include "state.h"

int find_target(struct store *store, const char *name, struct target *target)
{
	char id[ID_LENGTH + 1];

	*target = (struct target){.store = store, .name = name, .fd = -1};
	return state_find(store, name, id) < 0 || state_read(store, id, &target->state) < 0 ? -1
											    : 0;
}

/* Does what act_in_rounds() does, for the first N of NAMES. Returns the exit status. */
static int act_on(struct store *store, char *names[], size_t n, enum order order,
	const act_t rounds[], void *data)
{
	autofree struct target *targets = calloc(n, sizeof(*targets));
	int status = 0;

	if (!targets) {
		fail("memory");
		return report();
	}
	for (size_t i = 0; i < n; i++) {
		if (find_target(store, names[i], &targets[i]) < 0) {
			bool none = order == AT_ONCE_OR_NONE && errno == ENOENT;

			report();
			status = none ? status : EXIT_BOX;
			targets[i].name = NULL;
		}
		targets[i].data = data;
	}
	for (; *rounds; rounds++)
		for (size_t i = 0; i < n; i++)
			if (targets[i].name && (*rounds)(&targets[i]) < 0) {
				status = report();
				targets[i].name = NULL;
			}
	for (size_t i = 0; i < n; i++) {
		close_fd(&targets[i].fd);
		state_free(&targets[i].state);
	}
	return status;
}

int act_in_rounds(const struct folders *folders, char *names[], enum order order,
	const act_t rounds[], void *data)
{
	struct store store;
	int status = 0, one;
	size_t n = 0;

	while (names[n])
		n++;
	if (n == 0) {
		failx("no container is named");
		return report();
	}
	if (folders_open(folders, &store) < 0)
		return report();
	if (sweep(&store) < 0)
		status = report(); /* the command goes on: box rm may make room on a full disk */
	for (size_t i = 0, step = order == ONE_BY_ONE ? 1 : n; i < n; i += step)
		if ((one = act_on(&store, names + i, step, order, rounds, data)) != 0)
			status = one;
	store_close(&store);
	return status;
}

int each_container(
	const struct folders *folders, char *names[], int (*act)(struct target *), void *data)
{
	return act_in_rounds(folders, names, ONE_BY_ONE, (const act_t[]){act, NULL}, data);
}

/* Returns a pidfd of the box that runs the container; -1 if that box has ended, or is not known. */
static int open_box(const struct state *state)
{
	autoclose int fd = state->box > 0 ? (int)syscall(SYS_pidfd_open, state->box, 0) : -1;

	return fd >= 0 && start_time(state->box) == state->box_start ? steal_fd(&fd) : -1;
}

/* The box that runs the container holds the place's lock, which the kernel releases when box
 * ends, or when the first process has ended, if box was killed. */
int wait_for_end(struct target *target, double deadline)
{
	autoclose int box = -1;
	struct pollfd end = {.events = POLLIN};
	autoclose int fd = openat(target->store->containers, target->state.id,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return 0; /* the container was removed, as with --rm */
	if (isinf(deadline))
		return flock(fd, LOCK_SH) < 0 ? fail("wait") : 0;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	box = end.fd = deadline > 0 ? open_box(&target->state) : -1;
	while (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		double left = deadline - clock_now();

		if (box < 0 ? !nap(0.005, deadline) : left <= 0)
			return 1;
		if (box >= 0 && poll(&end, 1, left < 1 ? (int)(left * 1000) + 1 : 1000) != 0)
			close_fd(&box); /* it has ended; nap() from now on */
	}
	return 0;
}
