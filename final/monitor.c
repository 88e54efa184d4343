/* monitor.c: what stays with a container in the background: its parent, which keeps its log. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

enum { OUT, ERR, N_STREAMS };

struct monitor {
	struct container container;
	struct log log;
	int ends[N_STREAMS]; /* of what the container writes; with a terminal, OUT alone */
};

/* stdin, stdout and stderr: /dev/null, or the pipes that the container will have. */
static int set_files(int in, int out, int err)
{
	return dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ? fail("dup2") : 0;
}

/* The container is made with the pipes as its own files; the monitor keeps their other ends. */
static int create(struct monitor *monitor, const struct spec *spec)
{
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int out[2], err[2], result;

	if (null < 0 || pipe2(out, O_CLOEXEC) < 0)
		return fail("pipe");
	if (pipe2(err, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return fail("pipe");
	}
	result = set_files(null, out[1], err[1]) < 0 ? -1
						     : container_create(&monitor->container, spec);
	dup2(null, 1);
	dup2(null, 2);
	close(out[1]);
	close(err[1]);
	monitor->ends[OUT] = out[0];
	monitor->ends[ERR] = err[0];
	if (result == 0 && monitor->container.master >= 0) {
		close(monitor->ends[OUT]);
		monitor->ends[OUT] = monitor->container.master;
	}
	return result;
}

/* Adds what can be read now to the log. False at the end. */
static bool log_some(struct monitor *monitor, int stream)
{
	char data[16384];
	ssize_t size = read(monitor->ends[stream], data, sizeof(data));

	if (size > 0)
		log_write(&monitor->log, stream + 1, data, size);
	return size > 0 || (size < 0 && errno == EINTR);
}

/* Returns the exit status. */
static int watch(struct monitor *monitor)
{
	struct container *container = &monitor->container;
	sigset_t signals;
	autoclose int fd = -1;
	/* As container_wait(). */
	autoclose int peer __attribute__((unused)) = terminal_peer(container->master);
	struct pollfd polls[4];
	int status;

	sigfillset(&signals);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	polls[0] = (struct pollfd){.fd = container->pidfd, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = fd, .events = POLLIN};
	for (int i = 0; i < N_STREAMS; i++) {
		fcntl(monitor->ends[i], F_SETFL, O_NONBLOCK);
		polls[2 + i] = (struct pollfd){.fd = monitor->ends[i], .events = POLLIN};
	}
	polls[0].revents = 0;
	while (fd >= 0 && !polls[0].revents && poll(polls, 4, -1) >= 0) {
		if (polls[1].revents)
			container_signal(container, fd);
		for (int i = 0; i < N_STREAMS; i++)
			if (polls[2 + i].revents && !log_some(monitor, i))
				polls[2 + i].fd = -1;
	}
	/* All of its processes are dead, and have written their last. */
	for (int i = 0; i < N_STREAMS; i++)
		while (polls[2 + i].fd >= 0 && log_some(monitor, i))
			;
	if (waitpid(container->pid, &status, 0) < 0)
		return fail("waitpid %d", container->pid);
	container->pid = -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void background_tell(int box, int status)
{
	struct message message = {.kind = MESSAGE_ERROR, .status = status};

	snprintf(message.text, sizeof(message.text), "%s", failure());
	if (write(box, &message, sizeof(message)) < 0)
		return; /* box has been killed; we go on */
	close(box);
}

int background(void (*function)(void *data, int box), void *data)
{
	struct message message = {.status = EXIT_BOX};
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int ends[2];
	ssize_t size;
	pid_t pid;

	fflush(NULL);
	if (null < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return fail("start a process in the background"), report();
	if ((pid = fork()) == 0) {
		close(ends[0]);
		setsid(); /* the end of the caller's terminal is none of our business */
		if (set_files(null, null, null) < 0)
			background_tell(ends[1], EXIT_BOX);
		else
			function(data, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	size = pid < 0 ? -1 : read(ends[0], &message, sizeof(message));
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
	struct options *options;
};

static void monitor_main(void *data, int box)
{
	const struct job *job = data;
	struct monitor monitor = {.log = {.fd = -1}, .ends = {-1, -1}, .container = no_container};
	int status = EXIT_BOX;

	if (log_open(&monitor.log, job->place->dir, job->options->log_size) < 0 ||
		create(&monitor, &job->options->spec) < 0 || chdir("/") < 0 ||
		container_start(&monitor.container, &status) < 0 ||
		note_start(job->store, job->state, &monitor.container) < 0) {
		/* Told when nothing of it is left: who asked may remove it at once. */
		autofree char *text = strdup(failure());

		note_end(job->store, job->place, job->state, &monitor.container, status,
			!job->options->remove);
		if (job->options->remove)
			place_remove(job->store, job->place);
		failx("%s", text ? text : "memory");
		place_close(job->place);
		background_tell(box, status ?: EXIT_BOX);
		return;
	}
	background_tell(box, 0);
	if ((status = watch(&monitor)) < 0)
		status = EXIT_BOX;
	note_end(job->store, job->place, job->state, &monitor.container, status,
		!job->options->remove);
	if (job->options->remove)
		place_remove(job->store, job->place);
}

int monitor_start(
	struct store *store, struct place *place, struct state *state, struct options *options)
{
	struct job job = {store, place, state, options};

	return background(monitor_main, &job);
}
