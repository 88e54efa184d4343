/* monitor.c: the process that stays with a container in the background. It is the parent of the
 * container's first process, and writes the log. */
#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "process.h"
#include "channel.h"
#include "container.h"
#include "kill.h"
#include "tty.h"
#include "wait.h"
#include "store.h"
#include "logs.h"
#include "options.h"
#include "state.h"

enum { OUT = 1, ERR, N_STREAMS };

struct monitor {
	struct container container;
	struct log log;
};

/* Reads at most MOST bytes of the container's stdout or stderr (STREAM) from FD, and writes them to
 * the log. Returns the number of bytes; 0 at the end of the stream; or -1 if there is nothing to
 * read now. */
static ssize_t log_some(struct monitor *monitor, int stream, int fd, size_t most)
{
	char data[16384];
	ssize_t size = read(fd, data, most < sizeof(data) ? most : sizeof(data));

	if (size > 0)
		log_write(&monitor->log, stream, data, size);
	return size < 0 && errno != EINTR && errno != EAGAIN ? 0 : size;
}

/* Reads only what was written before the end of the container: another process may have got the
 * pipe from it, and go on writing. */
static void log_rest(struct monitor *monitor, int stream, int fd)
{
	int left = unread_bytes(fd);
	ssize_t size;

	while (left > 0 && (size = log_some(monitor, stream, fd, left)) > 0)
		left -= size;
}

/* Writes the log, and passes signals on, until the container ends. Returns its exit status. */
static int watch(struct monitor *monitor)
{
	struct container *container = &monitor->container;
	sigset_t signals;
	autoclose int fd = -1;
	/* Kept open, as in container_wait(). */
	autoclose int peer __attribute__((unused)) = terminal_peer(container->master);
	struct pollfd polls[2 + N_STREAMS] = {{.fd = container->pidfd, .events = POLLIN}};
	struct pollfd *streams = polls + 1; /* streams[OUT] and streams[ERR] */
	int status;

	sigfillset(&signals);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	polls[1] = (struct pollfd){.fd = fd, .events = POLLIN};
	for (int i = OUT; i < N_STREAMS; i++)
		streams[i] = (struct pollfd){.fd = container->stdio[i], .events = POLLIN};
	if (container->master >= 0 && fcntl(container->master, F_SETFL, O_NONBLOCK) == 0)
		streams[OUT].fd = container->master;
	while (fd >= 0 && !polls[0].revents && poll(polls, 1 + N_STREAMS, -1) >= 0) {
		if (polls[1].revents)
			container_signal(container, fd);
		for (int i = OUT; i < N_STREAMS; i++)
			if (streams[i].revents &&
				log_some(monitor, i, streams[i].fd, SIZE_MAX) == 0)
				streams[i].fd = -1;
	}
	for (int i = OUT; i < N_STREAMS; i++)
		log_rest(monitor, i, streams[i].fd);
	if (waitpid(container->pid, &status, 0) < 0)
		return fail("waitpid %d", container->pid);
	container->pid = -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void background_tell(int box, int status)
{
	struct message message = {.kind = MESSAGE_ERROR, .status = status};

	debug_end(); /* no file of box's caller stays open */
	snprintf(message.text, sizeof(message.text), "%s", failure());
	if (write(box, &message, sizeof(message)) < 0)
		return; /* box was killed; the monitor goes on */
	close(box);
}

/* Reads the MESSAGE of background_tell(). As this may take long, signals that ask box to end are
 * passed on to the child PID, which then sends a message as well. */
static ssize_t read_told(int from, pid_t pid, struct message *message)
{
	autoclose int signals = ending_signals();
	struct pollfd polls[] = {{.fd = from, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	struct signalfd_siginfo info;

	do
		if (poll(polls, 2, -1) >= 0 && polls[1].revents &&
			read(signals, &info, sizeof(info)) == sizeof(info))
			kill(pid, info.ssi_signo); /* a child that has not been reaped */
	while (!polls[0].revents);
	return read(from, message, sizeof(*message));
}

int background(void (*function)(void *data, int box), void *data)
{
	struct message message = {.status = EXIT_BOX};
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int ends[2];
	ssize_t size;
	pid_t pid;

	fflush(NULL);
	if (null < 0 || pipe2(ends, O_CLOEXEC) < 0) {
		fail("start a process in the background");
		return report();
	}
	if ((pid = fork()) == 0) {
		close(ends[0]);
		setsid(); /* the end of the caller's terminal does not end the child */
		if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) {
			fail("dup2");
			background_tell(ends[1], EXIT_BOX);
		} else {
			function(data, ends[1]);
		}
		_exit(0);
	}
	close(ends[1]);
	size = pid < 0 ? -1 : read_told(ends[0], pid, &message);
	close(ends[0]);
	if (pid < 0)
		fail("fork");
	else if (size != sizeof(message))
		failx("the process in the background died before it could start anything");
	else if (message.status)
		failx("%s", message.text);
	if (message.status)
		report();
	return message.status;
}

struct job {
	struct store *store;
	struct place *place;
	struct state *state;
	const struct options *options;
	struct spec *spec;
};

/* Ends the container, and with --rm removes it. The noted error stays. */
static void end_job(const struct job *job, struct container *container, int status)
{
	keep_failure();
	note_end(job->store, job->place, job->state, container, status, !job->options->remove);
	if (job->options->remove)
		place_remove(job->store, job->place);
}

static void monitor_main(void *data, int box)
{
	const struct job *job = data;
	struct monitor monitor = {.log = {.fd = -1}, .container = no_container};
	int status = EXIT_BOX;

	job->spec->process.logged = true;
	if (log_open(&monitor.log, job->place->dir, job->options->log_size) < 0 ||
		container_create(&monitor.container, job->spec) < 0 || chdir("/") < 0 ||
		container_start(&monitor.container, &status) < 0 ||
		note_start(job->store, job->state, &monitor.container) < 0) {
		/* The caller is told last, because the user may then remove the container
		 * at once. */
		end_job(job, &monitor.container, status);
		place_close(job->place);
		background_tell(box, status ?: EXIT_BOX);
		return;
	}
	background_tell(box, 0);
	if ((status = watch(&monitor)) < 0)
		status = EXIT_BOX;
	end_job(job, &monitor.container, status);
}

int monitor_start(struct store *store, struct place *place, struct state *state,
	const struct options *options, struct spec *spec)
{
	struct job job = {store, place, state, options, spec};

	return background(monitor_main, &job);
}

int note_start(struct store *store, struct state *state, const struct container *container)
{
	state->phase = PHASE_RUNNING;
	state->started = time(NULL);
	state->finished = 0;
	state->paused = false;
	if (state_set_pid(state, container->pid) < 0)
		state->pid_start = 0; /* the process has ended already */
	return state_write(store, state);
}

int note_end(struct store *store, const struct place *place, struct state *state,
	struct container *container, int status, bool keep)
{
	int written;

	if (container_destroy(container) < 0) {
		report(); /* the file "status" still says -1, so the next box tries again */
		return EXIT_BOX;
	}
	state->phase = PHASE_EXITED;
	state->exit_status = status;
	state->finished = time(NULL);
	state->pid = 0;
	written = keep ? state_write(store, state) : 0;
	if (place_end(store, place, status) < 0 ||
		written < 0) /* both are tried, even if one fails */
		report();
	return status;
}
