/* init.c: the container's first process, from clone3(2) to exec. */
#define _GNU_SOURCE
#include "init.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "path.h"
#include "process.h"
#include "caller.h"
#include "cgroup.h"
#include "channel.h"
#include "dev.h"
#include "exempt.h"
#include "hooks.h"
#include "inside.h"
#include "join.h"
#include "mapped.h"
#include "masks.h"
#include "mounts.h"
#include "namespaces.h"
#include "prepare.h"
#include "privileges.h"
#include "rootfs.h"
#include "spec.h"
#include "sysctl.h"
#include "tree.h"
#include "tty.h"

/* A new network namespace has a loopback interface, but it is down. */
static int loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return fail("bring the loopback interface up");
	return 0;
}

static int move_in(const struct spec *spec, const struct cgroup *cgroup, bool born_inside)
{
	if (cgroup_join(cgroup, !born_inside) < 0)
		return -1;
	/* The root of a new cgroup namespace is the cgroup of this process; so this process joins
	 * its cgroups first. */
	if ((spec->namespaces.made & CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		return fail("unshare the cgroup namespace");
	if ((spec->namespaces.made & CLONE_NEWNET) && loopback_up() < 0)
		return -1;
	debug("sethostname %s, setsid", spec->hostname ?: "is left out");
	if (spec->hostname && sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		return fail("sethostname %s", spec->hostname);
	if (spec->oci->domainname &&
		setdomainname(spec->oci->domainname, strlen(spec->oci->domainname)) < 0)
		return fail("setdomainname %s", spec->oci->domainname);
	/* A new session has no controlling terminal for TIOCSTI to type into (CVE-2017-5226). */
	if (setsid() < 0)
		return fail("setsid");
	return spec->process.keep_keyring ? 0 : session_keyring();
}

/* Lets box run its hooks, and runs the createContainer hooks, when everything is mounted, and the
 * host's root is still reachable. */
static int run_hooks(const struct spec *spec)
{
	struct message message = {.kind = MESSAGE_HOOKS};

	if (!hooks_any(&spec->oci->hooks, HOOK_PRESTART, HOOK_CREATE_CONTAINER))
		return 0;
	if (message_send(to_box, &message, -1) < 0)
		_exit(EXIT_BOX);
	wait_for_message(MESSAGE_GO);
	return hooks_run(&spec->oci->hooks, HOOK_CREATE_CONTAINER, "creating", getpid());
}

/* Receives the mounts of mapped_send() from box. *OVERLAY becomes the root's, or -1. */
static int receive_mounts(const struct spec *spec, int *overlay, int trees[])
{
	if (spec->root.mapped && (*overlay = wait_for_message(MESSAGE_MOUNT)) < 0)
		return failx("the root: no descriptor came");
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (mount_is_sent(&spec->mounts[i]) &&
			(trees[i] = wait_for_message(MESSAGE_MOUNT)) < 0)
			return failx("mount at %s: no descriptor came", spec->mounts[i].target);
	return 0;
}

/* Takes the host's folders, makes all mounts, and enters the container's root. TREES get the mounts
 * that restrict_all() makes read-only. */
static int make_root(const struct spec *spec, const struct cgroup *cgroup, int pid_ns, int trees[])
{
	int nodes[spec->oci->n_nodes + 1];
	autoclose int root = -1, overlay = -1, scratch = -1;

	if (take_mounts(spec, trees) < 0 || receive_mounts(spec, &overlay, trees) < 0)
		return -1;
	/* The mounts that take_mounts() took have the right propagation already: see take_bind().
	 * All others are copies of the host's mounts, and become private here: a mount that is made
	 * on a shared one would also appear on the host. */
	debug("mount / as MS_REC | MS_PRIVATE");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("make the mounts private");
	/* All this happens before the process becomes root of a user namespace, who cannot look
	 * into all of the host's folders. */
	if (spec->root.outside && (overlay = mount_copy(AT_FDCWD, spec->root.path, false)) < 0)
		return fail("the overlay on %s", spec->root.path);
	if (devices_take(spec, nodes) < 0 ||
		(root = mount_rootfs(&spec->root, overlay, &scratch)) < 0 ||
		namespaces_become_root(&spec->namespaces) < 0)
		return -1;
	if (make_mounts(spec, cgroup, pid_ns, scratch, trees) < 0 ||
		attach_mounts(spec, root, scratch, trees) < 0 ||
		devices_make(spec, root, nodes) < 0 || run_hooks(spec) < 0 ||
		enter_rootfs(&spec->root, root) < 0)
		return -1;
	if (spec->root.propagation && mount(NULL, "/", NULL, spec->root.propagation, NULL) < 0)
		return fail("propagation of the root's mounts");
	return 0;
}

/* Makes mounts read-only, when everything in them has been made. */
static int restrict_all(const struct spec *spec, int trees[])
{
	return restrict_mounts(spec, trees) < 0 ? -1 : restrict_rootfs(&spec->root);
}

/* Makes the inside of the container. *MASTER becomes box's end of its terminal, or -1. */
static int make_inside(
	const struct spec *spec, const struct cgroup *cgroup, int pid_ns, int *master)
{
	int trees[spec->n_mounts + 1];
	autoclose int root = -1, folder = -1;

	if (make_root(spec, cgroup, pid_ns, trees) < 0 || sysctls_write(spec) < 0 ||
		mask_paths(spec) < 0 || reopen_null() < 0)
		return -1;
	/* The working folder is made now, while the root can still be written to. enter_folder()
	 * checks later that it is in the container. */
	if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		(folder = make_in_root(root, spec->process.cwd, true)) < 0)
		return fail("the working folder %s", spec->process.cwd);
	*master = -1;
	if (spec->process.terminal && (*master = terminal_open(true)) < 0)
		return -1;
	return restrict_all(spec, trees);
}

/* --init: PID 1 starts the process as its child, reaps orphans, and passes signals on. The process
 * is not PID 1, so signals have their usual effect on it. */
static _Noreturn void serve_as_init(const struct spec *spec)
{
	sigset_t all;
	pid_t child, ended;
	int status, signal;

	process_rename("init"); /* its command line has paths of the host */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if ((child = fork()) < 0) {
		fail("fork");
		die(EXIT_BOX);
	}
	if (child == 0) {
		/* Its own process group, without PID 1, gets the signals of the terminal's keys. */
		setpgid(0, 0);
		if (spec->process.terminal)
			tcsetpgrp(STDIN_FILENO, getpid());
		if (reset_signals() < 0)
			die(EXIT_BOX);
		run_command(spec->process.argv);
	}
	close(to_box);
	for (;;) {
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
			if (ended == child)
				_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
							  : WEXITSTATUS(status));
		if (sigwait(&all, &signal) == 0 && signal != SIGCHLD)
			kill(child, signal);
	}
}

/* Waits at the gate until the engine starts the program, and installs the filter of system calls if
 * filter_last() still has to do so. A filter with a listener is installed before the wait, because
 * box, which passes the listener on, ends before the gate opens; any other filter is installed
 * after the wait. */
static int pass_gate(const struct spec *spec, const struct guard *guard)
{
	const struct process *process = &spec->process;

	return (process->listener && filter_last(process, guard) < 0) ||
			       wait_at_gate(spec->oci->gate, guard) < 0 ||
			       hooks_run(&spec->oci->hooks, HOOK_START_CONTAINER, "created",
				       getpid()) < 0 ||
			       (!process->listener && filter_last(process, guard) < 0)
		       ? -1
		       : 0;
}

_Noreturn void mount_main(const struct spec *spec, int socket)
{
	const struct cgroup none = {.n = 0};
	const struct message ready = {.kind = MESSAGE_READY};
	int root = -1, trees[spec->n_mounts + 1];

	begin_inside(socket);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	wait_for_message(MESSAGE_GO);
	if (close_descriptors(&spec->process, to_box, NULL) < 0 ||
		make_root(spec, &none, -1, trees) < 0 || restrict_all(spec, trees) < 0)
		die(EXIT_BOX);
	if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		message_send(to_box, &ready, root) < 0)
		_exit(EXIT_BOX);
	wait_for_message(MESSAGE_GO); /* GO never comes: box kills this process, or has died */
	_exit(0);
}

/* Begins child_main(), and waits until box has done its part for this process. Returns the
 * descriptor of enter_from_outside(), if OUTSIDE. */
static int begin_child(
	const struct spec *spec, bool outside, int socket, struct environment *environment)
{
	bool alone = spec->namespaces.maps.n_uids > 0 && spec->namespaces.n_joins == 0;
	int pid_ns;

	/* The kernel kills this process when box dies. If box has died before this call,
	 * wait_for_message() notices it. */
	if (!spec->process.detached)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The container must not read box's memory, of which this process has a copy. But box, if
	 * an ordinary user has started it, can write the ID maps of this process only while it is
	 * dumpable (proc(5)); in namespaces that are all new, no other process is there yet. */
	if (!alone)
		prctl(PR_SET_DUMPABLE, 0);
	begin_inside(socket);
	pid_ns = outside ? enter_from_outside(spec, environment) : -1;
	wait_for_message(MESSAGE_GO);
	prctl(PR_SET_DUMPABLE, 0);
	return pid_ns;
}

_Noreturn void child_main(const struct spec *spec, const struct cgroup *cgroup, bool born_inside,
	bool outside, int socket)
{
	struct message ready = {.kind = MESSAGE_READY};
	struct guard guard = {.box = socket};
	struct environment environment;
	int master, pid_ns = begin_child(spec, outside, socket, &environment);

	caller_forget(spec->process.forget_caller);
	if (move_in(spec, cgroup, born_inside) < 0 ||
		close_descriptors(&spec->process, outside ? pid_ns : to_box, spec->oci->gate) < 0)
		die(EXIT_BOX);
	if (make_inside(spec, cgroup, pid_ns, &master) < 0)
		die(EXIT_BOX);
	if (spec->process.terminal && !outside && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) {
		fail("make the controlling terminal");
		die(EXIT_BOX);
	}
	if (message_send(to_box, &ready, master) < 0)
		_exit(EXIT_BOX);
	close_fd(&master);
	wait_for_message(MESSAGE_START);
	if (outside)
		finish_outside(spec, pid_ns, &environment);
	if (spec->init && environment_find(&environment) < 0)
		die(EXIT_BOX);
	if (spec->init)
		environment_forget(&environment);
	if (spec->process.seccomp)
		guard.filter = *spec->process.seccomp;
	if (prepare_process(&spec->process, &spec->namespaces, &guard, false) < 0)
		die(EXIT_BOX);
	look_for_program(spec);
	if (pass_gate(spec, &guard) < 0)
		die(EXIT_BOX);
	if (spec->init)
		serve_as_init(spec);
	if (reset_signals() < 0)
		die(EXIT_BOX);
	run_command(spec->process.argv);
}
