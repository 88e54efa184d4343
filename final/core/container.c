/* container.c: starts, watches and ends a container. This is the parent's side; init.c is the
 * child's. */
#define _GNU_SOURCE
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "printable.h"
#include "process.h"
#include "text.h"
#include "attributes.h"
#include "cgroup.h"
#include "channel.h"
#include "fuse.h"
#include "hooks.h"
#include "id-maps.h"
#include "init.h"
#include "join.h"
#include "mapped.h"
#include "namespaces.h"
#include "oom.h"
#include "pipes.h"
#include "resources.h"
#include "spec.h"
#include "tree.h"

enum { MAX_DEATH = 5000 }; /* milliseconds that a process may take to end after SIGKILL */

const struct oci_extras no_oci_extras = {.n_nodes = 0};

const struct container no_container = {.pid = -1,
	.pidfd = -1,
	.socket = -1,
	.master = -1,
	.stdio = {-1, -1, -1},
	.listener = -1,
	.ending = -1,
	.oom = -1,
	.fuse = -1};

/* Whether PID is a child of box other than container->pid. The PID comes in a message from inside
 * the container, where another process may have sent it; so it is checked. */
static bool is_child(const struct container *container, pid_t pid)
{
	siginfo_t info;

	return pid > 0 && pid != container->pid &&
	       waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Notes that the child for which box waits has died, and whether the memory limit was the cause.
 * Returns -1. */
static int is_dead(const struct container *container)
{
	const char *what = container->joined ? "process that joins the container"
					     : "container's first process";
	autoclose int own = oom_open(&container->cgroup);

	if (oom_kills(own >= 0 ? own : container->oom) > container->oom_kills)
		return failx(
			"the memory limit of the container is too low: the %s was killed", what);
	return failx("the %s died before it could start", what);
}

/* Waits for a message on SOCKET, or if SOCKET is -1, for the end of the child. The pidfd tells when
 * the child has ended: a child of the child may still have the other end of the socket open. A
 * signal of ending_signals() ends the wait with an error, because the child may be stopped, or its
 * cgroup frozen. The signal stays pending, so that it also ends the next wait. */
static int wait_for_child(const struct container *container, int socket)
{
	struct pollfd polls[] = {{.fd = socket, .events = POLLIN},
		{.fd = container->pidfd, .events = POLLIN},
		{.fd = container->ending, .events = POLLIN}};

	while (poll(polls, 3, -1) < 0)
		if (errno != EINTR)
			return fail("poll");
	/* The child may have sent a message and ended after poll(2) looked at the socket: look
	 * again. */
	if (!polls[0].revents && polls[1].revents && poll(polls, 1, 0) < 0)
		return fail("poll");
	if (polls[0].revents || (polls[1].revents && socket < 0))
		return 0;
	return polls[1].revents ? is_dead(container)
				: failx("ended by a signal before the command had started");
}

/* Kills and reaps a child of box; until it is reaped, no other process can have its PID. A process
 * that the freezer of cgroup v1 has stopped dies only when it is thawed, so box waits for at most
 * MAX_DEATH. */
static void end_child(pid_t pid)
{
	struct pollfd end = {.fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	kill(pid, SIGKILL);
	if (end.fd >= 0)
		poll(&end, 1, MAX_DEATH);
	waitpid(pid, NULL, end.fd < 0 ? 0 : WNOHANG);
	close_fd(&end.fd);
}

/* If MESSAGE is a line of debug() in the child, prints it, and returns true. The line may have been
 * sent by another process inside the container, so it is made printable. */
static bool print_line(struct message *message)
{
	if (message->kind != MESSAGE_DEBUG || !debug_print)
		return false;
	message->text[sizeof(message->text) - 1] = '\0';
	make_printable(message->text);
	debug_print(message->text);
	return true;
}

/* Waits for the child's message KIND, or, if KIND is MESSAGE_NONE, for the end of the connection,
 * by exec. It is an error if anything else comes first; then *STATUS is the exit status. */
static int expect(struct container *container, enum message_kind kind, int *status)
{
	struct message message = {0};
	autoclose int fd = -1;

	*status = EXIT_BOX;
	do {
		close_fd(&fd);
		if (wait_for_child(container, container->socket) < 0)
			return -1;
		if (!message_receive(container->socket, &message, &fd)) {
			if (kind != MESSAGE_NONE)
				return is_dead(container);
			debug("process %d runs the program", container->pid); /* by exec(3) */
			return 0;
		}
	} while (print_line(&message));
	if (message.kind == MESSAGE_ERROR) {
		if (message.status == EXIT_CANNOT_EXEC || message.status == EXIT_NOT_FOUND)
			*status = message.status;
		return failx("%s", message.text);
	}
	if (message.kind != kind || (kind == MESSAGE_PID && !is_child(container, message.status)))
		return failx("the container's first process is out of step");
	if (kind == MESSAGE_PID)
		container->pid = message.status;
	else if (kind == MESSAGE_LISTENER)
		container->listener = syscall(SYS_pidfd_getfd, container->pidfd, message.status, 0);
	else if (kind == MESSAGE_READY && fd >= 0)
		container->master = steal_fd(&fd);
	return 0;
}

static void debug_clone(const struct clone_args *args)
{
	static const unsigned long types[] = {
		CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET};
	char names[64] = "";

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (args->flags & types[i])
			snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s",
				namespace_name(types[i]));
	debug("clone3: a child%s%s%s", *names ? " in new namespaces:" : "", names,
		args->flags & CLONE_INTO_CGROUP ? ", in the cgroup" : "");
}

/* Makes a child, which is born in the cgroup of v2 if CGROUP has one: then the limits apply to
 * everything that the child does. To join the cgroup later would cost milliseconds. */
static pid_t clone_inside(struct clone_args *args, const struct cgroup *cgroup, bool *born_inside)
{
	int fd = cgroup_clone_fd(cgroup);
	pid_t pid;

	if ((*born_inside = fd >= 0)) {
		args->flags |= CLONE_INTO_CGROUP;
		args->cgroup = fd;
	}
	debug_clone(args);
	pid = syscall(SYS_clone3, args, sizeof(*args));
	/* a kernel before Linux 5.7, or a cgroup that does not take processes this way */
	if (pid < 0 && *born_inside && errno != EAGAIN && errno != ENOMEM) {
		args->flags &= ~CLONE_INTO_CGROUP;
		*born_inside = false;
		pid = syscall(SYS_clone3, args, sizeof(*args));
	}
	if (pid < 0 && (errno == ENOSPC || (errno == EPERM && args->flags & CLONE_NEWUSER)))
		return id_maps_refused("clone3");
	return pid < 0 ? fail("clone3") : pid;
}

/* A process that joins a user or mount namespace cannot return to its own, and only root of the
 * machine can return to its own namespaces of other types. So a helper joins the namespaces, and
 * makes the container's first process as a child of box (CLONE_PARENT). */
static _Noreturn void help_clone(
	struct container *container, struct clone_args *args, int sockets[2], const int pipes[3])
{
	const struct spec *spec = container->spec;
	struct message message = {.kind = MESSAGE_PID, .status = -1};
	bool born_inside;

	/* This helper has a copy of box's memory, which root of the namespaces that it joins must
	 * not be able to read (CVE-2016-9962). */
	prctl(PR_SET_DUMPABLE, 0);
	args->flags = (args->flags & ~(uint64_t)CLONE_PIDFD) | CLONE_PARENT;
	args->exit_signal = 0;
	debug_print = NULL; /* the path of a log would lead elsewhere in the joined mounts */
	if (namespaces_enter_for_good(&spec->namespaces) == 0)
		message.status = clone_inside(args, &container->cgroup, &born_inside);
	if (message.status == 0) {
		close(sockets[0]);
		use_pipes(pipes);
		child_main(spec, &container->cgroup, born_inside, false, sockets[1]);
	}
	if (message.status < 0) {
		message = (struct message){.kind = MESSAGE_ERROR, .status = EXIT_BOX};
		snprintf(message.text, sizeof(message.text), "%s", failure());
	}
	_exit(message_send(sockets[1], &message, -1) < 0);
}

static pid_t clone_by_helper(
	struct container *container, struct clone_args *args, int sockets[2], const int pipes[3])
{
	struct clone_args own = {
		.flags = CLONE_PIDFD, .pidfd = args->pidfd, .exit_signal = SIGCHLD};
	int status, result;
	pid_t helper = syscall(SYS_clone3, &own, sizeof(own));

	if (helper == 0)
		help_clone(container, args, sockets, pipes);
	if (helper < 0)
		return fail("clone3");
	close_fd(&sockets[1]); /* so that the connection ends if the helper dies */
	result = expect(container, MESSAGE_PID, &status);
	if (result == 0)
		result = wait_for_child(container, -1);
	end_child(helper);
	close_fd(&container->pidfd);
	if (result == 0 && (container->pidfd = syscall(SYS_pidfd_open, container->pid, 0)) < 0)
		fail("process %d", container->pid);
	if (container->pidfd >= 0)
		return container->pid;
	if (container->pid > 0)
		end_child(container->pid);
	return -1;
}

/* For a container that joins a PID namespace, if the kernel can mount a /proc for that namespace:
 * the child joins all other namespaces, and starts the process as a further child of box, as
 * exec_main() does. */
static pid_t clone_outside(
	struct container *container, struct clone_args *args, int sockets[2], const int pipes[3])
{
	bool born_inside;
	pid_t pid;

	args->flags = CLONE_PIDFD;
	if ((pid = clone_inside(args, &container->cgroup, &born_inside)) == 0) {
		close(sockets[0]);
		use_pipes(pipes);
		child_main(container->spec, &container->cgroup, born_inside, true, sockets[1]);
	}
	return pid;
}

static pid_t clone_init(struct container *container, int sockets[2], const int pipes[3])
{
	struct clone_args args = {
		/* The child makes the cgroup namespace itself, after it has joined its cgroups. */
		.flags = (container->namespaces->made & ~CLONE_NEWCGROUP) | CLONE_PIDFD,
		.pidfd = (uintptr_t)&container->pidfd,
		.exit_signal = SIGCHLD,
	};
	struct own_namespaces own;
	bool born_inside;
	pid_t pid;

	if (container->outside)
		return clone_outside(container, &args, sockets, pipes);
	if (!namespaces_return(container->namespaces))
		return clone_by_helper(container, &args, sockets, pipes);
	if (namespaces_enter(container->namespaces, &own) < 0)
		return -1;
	if ((pid = clone_inside(&args, &container->cgroup, &born_inside)) == 0) {
		close(sockets[0]);
		use_pipes(pipes);
		child_main(container->spec, &container->cgroup, born_inside, false, sockets[1]);
	}
	if (namespaces_leave(&own) == 0 || pid < 0)
		return pid;
	kill(pid, SIGKILL); /* box itself could not leave the joined namespaces */
	waitpid(pid, NULL, 0);
	return -1;
}

static int send_go(struct container *container)
{
	static const struct message go = {.kind = MESSAGE_GO};

	debug("the child may go on");
	return message_send(container->socket, &go, -1) < 0 ? fail("start the container") : 0;
}

/* Receives the PID of the process that the helper has made (see exec_main()), waits for the
 * helper's end, and makes the process the one that CONTAINER holds. */
static int meet_process(struct container *container, int *status)
{
	const pid_t helper = container->pid;
	int result;

	if (expect(container, MESSAGE_PID, status) < 0)
		return -1;
	*status = EXIT_BOX;
	result = wait_for_child(container, -1);
	end_child(helper);
	close_fd(&container->pidfd);
	if (result < 0)
		return -1;
	container->pidfd = syscall(SYS_pidfd_open, container->pid, 0);
	return container->pidfd < 0 ? fail("process %d", container->pid) : 0;
}

/* Lets the child drop its privileges. If the child is a helper, waits until the helper has made the
 * process; the process then waits for box. */
static int lead_process(struct container *container, int *status)
{
	static const struct message start = {.kind = MESSAGE_START};
	const struct process *process = container->process;
	bool other = container->joined || container->outside;

	debug("the inside is made: the child may drop its rights, and execute the program");
	*status = EXIT_BOX;
	if (namespaces_users(container->namespaces) &&
		process_limits(process, container->pid, other) < 0)
		return -1;
	if (message_send(container->socket, &start, -1) < 0)
		return fail("start the container");
	if (process->listener && expect(container, MESSAGE_LISTENER, status) < 0)
		return -1;
	if (!other)
		return 0;
	/* The helper makes the process only after it has installed the filter. */
	if ((process->listener && send_go(container) < 0) || meet_process(container, status) < 0)
		return -1;
	*status = EXIT_BOX;
	return process_priorities(process, container->pid);
}

/* Leads the child from its birth to the moment before it drops its privileges. If the child is
 * OUTSIDE, goes on until the process that it makes is about to execute the program. */
static int lead_init(struct container *container)
{
	const struct spec *spec = container->spec;
	int status;

	if (container->outside && expect(container, MESSAGE_READY, &status) < 0)
		return -1;
	if (namespaces_prepare(spec, container->pid) < 0)
		return -1;
	if (send_go(container) < 0)
		return -1;
	if (mapped_send(spec, container->pid, container->socket) < 0)
		return -1;
	if (hooks_any(&spec->oci->hooks, HOOK_PRESTART, HOOK_CREATE_CONTAINER)) {
		if (expect(container, MESSAGE_HOOKS, &status) < 0 ||
			hooks_run(&spec->oci->hooks, HOOK_PRESTART, "creating", container->pid) <
				0 ||
			hooks_run(&spec->oci->hooks, HOOK_CREATE_RUNTIME, "creating",
				container->pid) < 0)
			return -1;
		if (send_go(container) < 0)
			return -1;
	}
	if (expect(container, MESSAGE_READY, &status) < 0)
		return -1;
	return container->outside ? lead_process(container, &status) : 0;
}

static void set_spec(struct container *container, const struct spec *spec)
{
	container->spec = spec;
	container->process = &spec->process;
	container->namespaces = &spec->namespaces;
}

int container_create(struct container *container, const struct spec *spec)
{
	int sockets[2], pipes[3];

	*container = no_container;
	set_spec(container, spec);
	container->outside = namespaces_joined_pids(&spec->namespaces) && mounts_know_pids();
	fflush(NULL); /* otherwise the child would also write the buffered output */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return fail("socketpair");
	container->socket = sockets[0];
	container->ending = ending_signals();
	if (make_pipes(container, pipes) == 0 &&
		make_cgroup(&container->cgroup, spec->cgroup ?: spec->id, &spec->limits) == 0 &&
		(!spec->cgroup || cgroup_check_runs(&container->cgroup) == 0) &&
		(!spec->oci->resources ||
			resources_write(&container->cgroup, spec->oci->resources) == 0) &&
		(!spec->root.outside || fuse_mount(&spec->root, &container->fuse) == 0))
		container->pid = clone_init(container, sockets, pipes);
	close_fd(&sockets[1]);
	close_pipes(pipes);
	if (container->pid > 0 && lead_init(container) == 0)
		return 0;
	keep_failure();
	container_destroy(container);
	return -1;
}

int container_join(struct container *container, const struct process *process,
	const struct namespaces *namespaces, int pidfd, const struct cgroup *cgroup)
{
	struct clone_args args = {.flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)&container->pidfd,
		.exit_signal = SIGCHLD};
	int sockets[2], pipes[3], status;
	bool born_inside;

	*container = no_container;
	container->process = process;
	container->namespaces = namespaces;
	container->joined = true;
	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return fail("socketpair");
	container->socket = sockets[0];
	container->oom = oom_open(cgroup);
	container->oom_kills = oom_kills(container->oom);
	container->ending = ending_signals();
	if (make_pipes(container, pipes) == 0 &&
		(container->pid = clone_inside(&args, cgroup, &born_inside)) == 0) {
		close(sockets[0]);
		use_pipes(pipes);
		exec_main(process, namespaces, cgroup, born_inside, pidfd, sockets[1]);
	}
	close(sockets[1]);
	close_pipes(pipes);
	if (container->pid > 0 && send_go(container) == 0 &&
		expect(container, MESSAGE_READY, &status) == 0)
		return 0;
	keep_failure();
	container_destroy(container);
	return -1;
}

int container_mount(struct container *container, const struct spec *spec)
{
	struct clone_args args = {
		.flags = spec->namespaces.made & (CLONE_NEWNS | CLONE_NEWUSER),
		.exit_signal = SIGCHLD,
	};
	int sockets[2], status;

	*container = no_container;
	set_spec(container, spec);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return fail("socketpair");
	container->socket = sockets[0];
	if (spec->root.outside && fuse_mount(&spec->root, &container->fuse) < 0) {
		close(sockets[1]);
		return -1;
	}
	if ((container->pid = syscall(SYS_clone3, &args, sizeof(args))) == 0) {
		close(sockets[0]);
		mount_main(spec, sockets[1]);
	}
	close(sockets[1]);
	if (container->pid < 0)
		return fail("clone3");
	if (namespaces_prepare(spec, container->pid) < 0 || send_go(container) < 0 ||
		mapped_send(spec, container->pid, container->socket) < 0)
		return -1;
	return expect(container, MESSAGE_READY, &status) < 0 ? -1 : steal_fd(&container->master);
}

/* Passes the listener of the process on to the program that answers. The process cannot do so
 * itself: the filter may ask the listener about every call but write(2), and nobody answers yet. */
static int pass_listener(struct container *container)
{
	const struct listener *to = container->process->listener;
	autofree char *text = format_text("%s,\"pid\":%d},\"pid\":%d}", to->text,
		to->first ?: container->pid, container->pid);

	if (!text || container->listener < 0 ||
		send_to_socket(to->path, text, strlen(text), container->listener) < 0)
		return fail("seccomp.listenerPath %s", to->path);
	close_fd(&container->listener);
	return 0;
}

int container_start(struct container *container, int *status)
{
	const struct listener *listener = container->process->listener;
	bool gate = container->spec && container->spec->oci->gate[0];

	if (!container->outside && lead_process(container, status) < 0)
		return -1;
	*status = EXIT_BOX;
	if (listener && pass_listener(container) < 0)
		return -1;
	if ((listener || container->joined || container->outside) && send_go(container) < 0)
		return -1;
	return expect(container, gate ? MESSAGE_READY : MESSAGE_NONE, status);
}

void container_release(struct container *container)
{
	cgroup_close(&container->cgroup);
	close_fd(&container->pidfd);
	close_fd(&container->socket);
	close_fd(&container->master);
	close_fd(&container->listener);
	close_fd(&container->oom);
	close_fd(&container->ending);
	close_pipes(container->stdio);
}

int container_destroy(struct container *container)
{
	int result = 0;

	if (container->pid > 0) {
		debug("kill process %d", container->pid);
		/* The kernel ends a whole PID namespace with its PID 1. If the container has no PID
		 * namespace of its own, remove_cgroup() ends all its processes. It also lets those
		 * go on, to their end, that the freezer of cgroup v1 still holds. */
		end_child(container->pid);
		container->pid = -1;
	}
	if (container->cgroup.n > 0)
		result = remove_cgroup(&container->cgroup);
	if (result == 0 && container->spec) /* cgroup_update() may have made more cgroups */
		result = cgroup_sweep(container->spec->id, false);
	if (container->fuse >= 0)
		fuse_unmount(&container->spec->root, container->fuse);
	container->fuse = -1;
	container_release(container);
	return result;
}
