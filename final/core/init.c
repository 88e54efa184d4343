/* init.c: the container's first process, from clone3(2) to exec. */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "path.h"
#include "attributes.h"
#include "caller.h"
#include "cgroup.h"
#include "channel.h"
#include "dev.h"
#include "exempt.h"
#include "hooks.h"
#include "masks.h"
#include "mounts.h"
#include "namespaces.h"
#include "privileges.h"
#include "program.h"
#include "rootfs.h"
#include "spec.h"
#include "sysctl.h"
#include "tty.h"
#include "user.h"

/* The socket to container.c; from the gate on, gate[1]. */
static int box = -1;

/* Sends failure() to box, which prints it: so the message appears once, and not on the command's
 * stderr. This uses write(2), because at the gate, box is a fifo, and because the filter of system
 * calls may be installed. */
static _Noreturn void die(int status)
{
	struct message message = {.kind = MESSAGE_ERROR, .status = status};

	snprintf(message.text, sizeof(message.text), "%s", failure());
	_exit(write(box, &message, sizeof(message)) < 0 ? EXIT_BOX : status);
}

/* Waits for a message KIND. Returns the descriptor that came with it, or -1. */
static int wait_for(enum message_kind kind)
{
	struct message message;
	int fd;

	if (!message_receive(box, &message, &fd) || message.kind != kind)
		_exit(EXIT_BOX); /* box has died: nobody would clean up after this process */
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
static int close_descriptors(const struct process *process, int other, const int gate[2])
{
	int first = 3 + process->preserve_fds;
	int kept[] = {box, other, gate ? gate[0] : box, gate ? gate[1] : box};
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

/* A new network namespace has a loopback interface, but it is down. */
static int loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return fail("bring the loopback interface up");
	return 0;
}

static int enter_namespaces(const struct spec *spec, const struct cgroup *cgroup, bool born_inside)
{
	if (cgroup_join(cgroup, !born_inside) < 0)
		return -1;
	/* The root of the new namespace is this process's cgroup; so it joins its cgroups first. */
	if ((spec->namespaces.made & CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		return fail("unshare the cgroup namespace");
	if ((spec->namespaces.made & CLONE_NEWNET) && loopback_up() < 0)
		return -1;
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

/* Replaces the host's /dev/null by the container's own, as the container could change its mode. */
static int reopen_null(void)
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

/* Runs the hooks, when everything is mounted, and the host's root is still there. */
static int run_hooks(const struct spec *spec)
{
	struct message message = {.kind = MESSAGE_HOOKS};

	if (!hooks_any(&spec->oci->hooks, HOOK_PRESTART, HOOK_CREATE_CONTAINER))
		return 0;
	if (message_send(box, &message, -1) < 0)
		_exit(EXIT_BOX);
	wait_for(MESSAGE_GO);
	return hooks_run(&spec->oci->hooks, HOOK_CREATE_CONTAINER, "creating", getpid());
}

/* Receives the ID-mapped mounts from box, see mount_take_mapped(). */
static int receive_mounts(const struct spec *spec, int trees[])
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (spec->mounts[i].id_mapped && (trees[i] = wait_for(MESSAGE_MOUNT)) < 0)
			return failx("mount at %s: no descriptor came", spec->mounts[i].target);
	return 0;
}

/* Makes all mounts, from the host's paths to the container's root. TREES: see restrict_mounts(). */
static int make_root(const struct spec *spec, const struct cgroup *cgroup, int pids, int trees[])
{
	int nodes[spec->oci->n_nodes + 1];
	autoclose int root = -1, scratch = -1;

	if (mounts_take(spec, trees) < 0 || receive_mounts(spec, trees) < 0)
		return -1;
	/* Each mount that was taken is private already: see take_bind(). The others are copies of
	 * the host's, and are made private: what is mounted on a shared one appears there, too. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("make the mounts private");
	/* Before this process becomes root of a user namespace: such a root cannot look into all of
	 * the host's folders. */
	if (devices_take(spec, nodes) < 0 || (root = rootfs_mount(&spec->root, &scratch)) < 0 ||
		namespaces_become_root(&spec->namespaces) < 0)
		return -1;
	if (mounts_make(spec, cgroup, pids, scratch, trees) < 0 ||
		mounts_attach(spec, root, scratch, trees) < 0 ||
		devices_make(spec, root, nodes) < 0 || run_hooks(spec) < 0 ||
		rootfs_enter(&spec->root, root) < 0)
		return -1;
	if (spec->root.propagation && mount(NULL, "/", NULL, spec->root.propagation, NULL) < 0)
		return fail("propagation of the root's mounts");
	return 0;
}

/* Makes mounts read-only, when everything in them has been made. */
static int restrict_mounts(const struct spec *spec, int trees[])
{
	return mounts_restrict(spec, trees) < 0 ? -1 : rootfs_restrict(&spec->root);
}

/* Makes all that is inside. *MASTER becomes box's end of the container's terminal, or -1. */
static int make_inside(const struct spec *spec, const struct cgroup *cgroup, int pids, int *master)
{
	int trees[spec->n_mounts + 1];
	autoclose int root = -1, folder = -1;

	if (make_root(spec, cgroup, pids, trees) < 0 || sysctls_write(spec) < 0 ||
		mounts_mask(spec) < 0 || reopen_null() < 0)
		return -1;
	/* While the root can be written to. enter_folder() checks that this is in the container. */
	if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		(folder = make_in_root(root, spec->process.cwd, true)) < 0)
		return fail("the working folder %s", spec->process.cwd);
	*master = -1;
	if (spec->process.terminal && (*master = terminal_open(true)) < 0)
		return -1;
	return restrict_mounts(spec, trees);
}

/* Makes the folder PATH if it is missing, and changes to it. It must be in the container: for any
 * other folder getcwd(2) returns a path that begins with "(unreachable)" (CVE-2024-21626). */
static int enter_folder(const char *path)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int fd = root < 0 ? -1 : make_in_root(root, path, true);
	char now[4096];

	if (fd < 0 || fchdir(fd) < 0)
		return fail("the working folder %s", path);
	if (!getcwd(now, sizeof(now)) || now[0] != '/')
		return failx("the working folder %s is not in the container", path);
	return 0;
}

/* Gives all signals their default action and unblocks them, as a login would: nothing that the
 * caller has set reaches the command. */
static int reset_signals(void)
{
	/* the kernel's struct: all zero is SIG_DFL */
	static const unsigned long default_action[8];
	sigset_t none;

	/* By the system call, because glibc keeps two signals to itself, and posix_spawn(3) leaves
	 * these two ignored. For SIGKILL and SIGSTOP the call fails, which does not matter. */
	for (int i = 1; i < NSIG; i++)
		syscall(SYS_rt_sigaction, i, default_action, NULL, sizeof(uint64_t));
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return fail("sigprocmask");
	return 0;
}

/* Sets HOME if the spec has none, or an empty one, as with runc, and so with Docker. */
static int set_home(const struct user *user)
{
	const char *home = getenv("HOME");

	return (!home || !*home) && setenv("HOME", user->home, 1) < 0 ? fail("memory") : 0;
}

/* Makes UID the owner of stdin, stdout and stderr where they are a terminal, or pipes without a
 * name: /dev/stdout opens them again. USERS: the process is in a user namespace. */
static int own_stdio(const struct process *process, bool users, uid_t uid)
{
	struct statfs fs;

	for (int fd = 0; fd < 3; fd++)
		if ((process->terminal || (fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC)) &&
			/* in a user namespace the pipe may be another user's */
			fchown(fd, uid, -1) < 0 && !users)
			return fail("give descriptor %d to user %u", fd, uid);
	return 0;
}

static int prepare_process(const struct process *process, const struct namespaces *namespaces,
	const struct guard *guard, bool joined)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct user user = {.n_groups = 0}; /* not freed: exec does so */
	bool users = namespaces_users(namespaces);

	if (root < 0)
		return fail("/");
	if (user_find(root, process->user, &user) < 0)
		return -1;
	/* now: when the filter is installed, close(2) may have to wait for its listener */
	close_fd(&root);
	environ = process->env; /* execute() reads PATH from it */
	if (set_home(&user) < 0)
		return -1;
	umask(process->umask ? *process->umask : 022);
	if (!users && process_limits(process, 0, joined) < 0)
		return -1;
	if (enter_folder(process->cwd) < 0)
		return -1;
	if (own_stdio(process, users, user.uid) < 0)
		return -1;
	if (process->personality && personality(*process->personality) < 0)
		return fail("personality of the process");
	return drop_privileges(process, guard, user.uid, user.gid, process->groups ?: user.groups,
		process->groups ? process->n_groups : user.n_groups);
}

/* Engines expect the error of a missing program from create, not from start. */
static void look_for_program(const struct spec *spec)
{
	if (spec->oci->gate[0] && program_find(spec->process.argv[0]) < 0)
		die(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC);
}

/* Waits at the gate, if there is one. When that opens, box has ended: errors go to gate[1] then. */
static int wait_at_gate(const int gate[2], const struct guard *guard)
{
	struct message message = {.kind = MESSAGE_READY};
	char byte;

	if (!gate[0])
		return 0;
	if (write(box, &message, sizeof(message)) != sizeof(message))
		_exit(EXIT_BOX);
	own_call(guard, SYS_close, box, 0, 0);
	box = gate[1];
	if (own_call(guard, SYS_read, gate[0], (long)&byte, 1) != 1)
		return fail("the gate");
	/* Closes gate[0] before exec closes gate[1], which is the sign that the command runs: after
	 * that sign nobody is to find the gate still open. */
	own_call(guard, SYS_close, gate[0], 0, 0);
	return 0;
}

static _Noreturn void execute(char **argv)
{
	program_execute(argv);
	die(errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC);
}

/* With --init, PID 1 is still box: so its command line, with paths of the host, is replaced. */
static void rename_to_init(void)
{
	autofree char *line = malloc(1 << 20);
	autoclose int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = line && fd >= 0 ? read(fd, line, 1 << 20) : 0;

	prctl(PR_SET_NAME, "init");
	for (ssize_t i = 0; i < size; i++) /* the command line begins at argv[0] */
		program_invocation_name[i] = i < 4 ? "init"[i] : '\0';
}

/* --init: PID 1 starts the process as its child, reaps orphans, and passes signals on. The process
 * is not PID 1, so signals have their usual effect on it. */
static _Noreturn void serve_as_init(const struct spec *spec)
{
	sigset_t all;
	pid_t child, ended;
	int status, signal;

	rename_to_init();
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
		execute(spec->process.argv);
	}
	close(box);
	for (;;) {
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
			if (ended == child)
				_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
							  : WEXITSTATUS(status));
		if (sigwait(&all, &signal) == 0 && signal != SIGCHLD)
			kill(child, signal);
	}
}

/* Joins the container's namespaces. setns(2) puts only the children of this process into the PID
 * namespace, not this process. */
static int join_namespaces(const struct process *process, const struct namespaces *of,
	const struct cgroup *cgroup, bool born_inside, int pidfd)
{
	const int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC |
			       CLONE_NEWNET | CLONE_NEWCGROUP | namespaces_own(of);
	struct environment environment;

	caller_forget(!process->forget_caller);
	if (environment_find(&environment) < 0)
		return -1;
	environment_forget(&environment);
	if (cgroup_join(cgroup, !born_inside) < 0 || close_descriptors(process, pidfd, NULL) < 0)
		return -1;
	if (setns(pidfd, namespaces) < 0)
		return fail("join the container's namespaces");
	/* In a new session it gets no signals of the caller's terminal, once they are unblocked. */
	if (setsid() < 0 || chdir("/") < 0)
		return fail("setsid");
	return (!process->keep_keyring && session_keyring() < 0) ||
			       close_descriptors(process, box, NULL) < 0 || reopen_null() < 0 ||
			       reset_signals() < 0
		       ? -1
		       : 0;
}

/* The rest, for the process that is visible inside. FIRST: the container whose first
 * process it is; NULL: it joins one. */
static _Noreturn void execute_inside(
	const struct process *process, const struct spec *first, const struct guard *guard)
{
	bool hooks =
		first && hooks_any(&first->oci->hooks, HOOK_START_CONTAINER, HOOK_START_CONTAINER);

	/* If box has died before this call, wait_for_go() notices it. */
	if (!process->detached && own_call(guard, SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0) < 0) {
		fail("PR_SET_PDEATHSIG");
		die(EXIT_BOX);
	}
	if (process_limit_joined(process, guard) < 0)
		die(EXIT_BOX);
	wait_for_go(guard); /* box knows this process's PID now */
	if (own_call(guard, SYS_setsid, 0, 0, 0) < 0 ||
		(process->terminal && own_call(guard, SYS_ioctl, STDIN_FILENO, TIOCSCTTY, 0) < 0)) {
		fail("make a session with its terminal");
		die(EXIT_BOX);
	}
	/* Not before, as the filter's listener answers only from now on. */
	if (first && process->listener)
		look_for_program(first);
	if (first && wait_at_gate(first->oci->gate, guard) < 0)
		die(EXIT_BOX);
	if (hooks &&
		(hooks_run(&first->oci->hooks, HOOK_START_CONTAINER, "created", getpid()) < 0 ||
			reset_signals() < 0))
		die(EXIT_BOX);
	execute(process->argv);
}

/* Starts the process that is to be visible inside, as box's own child: so box can wait for it. */
static _Noreturn void start_inside(
	const struct process *process, const struct spec *first, const struct guard *guard)
{
	struct message message = {.kind = MESSAGE_PID};

	message.status = own_clone(guard, CLONE_PARENT | SIGCHLD);
	if (message.status == 0)
		execute_inside(process, first, guard);
	if (message.status < 0) {
		fail("clone");
		die(EXIT_BOX);
	}
	own_call(guard, SYS_exit_group, write(box, &message, sizeof(message)) < 0, 0, 0);
	_exit(0);
}

/* A process inside that has CAP_SYS_PTRACE can read the memory of a process that joins, and control
 * it, as soon as it can see it (CVE-2016-9962). PR_SET_DUMPABLE helps only against processes that
 * have this capability in a user namespace below. So the process that joins stays out of the
 * container's PID namespace (setns(2): only its children are in it), and before it makes its child,
 * it gives up all that the child is not to have. */
_Noreturn void join_main(const struct process *process, const struct namespaces *namespaces,
	const struct cgroup *cgroup, bool born_inside, int pidfd, int socket)
{
	struct message message = {.kind = MESSAGE_READY};
	struct guard guard = {.box = socket};
	int master = -1;

	box = socket;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	wait_for(MESSAGE_GO);
	if ((process->seccomp && exempt_own_calls(process->seccomp, &guard) < 0) ||
		join_namespaces(process, namespaces, cgroup, born_inside, pidfd) < 0 ||
		(process->terminal && (master = terminal_open(false)) < 0))
		die(EXIT_BOX);
	if (message_send(box, &message, master) < 0)
		_exit(EXIT_BOX);
	close_fd(&master);
	wait_for(MESSAGE_START);
	if (prepare_process(process, namespaces, &guard, true) < 0 ||
		filter_last(process, &guard) < 0)
		die(EXIT_BOX);
	start_inside(process, NULL, &guard);
}

_Noreturn void mount_main(const struct spec *spec, int socket)
{
	const struct cgroup none = {.n = 0};
	const struct message ready = {.kind = MESSAGE_READY};
	int root = -1, trees[spec->n_mounts + 1];

	box = socket;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNS) < 0) {
		fail("unshare");
		die(EXIT_BOX);
	}
	if (close_descriptors(&spec->process, box, NULL) < 0 ||
		make_root(spec, &none, -1, trees) < 0 || restrict_mounts(spec, trees) < 0)
		die(EXIT_BOX);
	if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		message_send(box, &ready, root) < 0)
		_exit(EXIT_BOX);
	wait_for(MESSAGE_GO); /* GO never comes: box ends this process, or has died */
	_exit(0);
}

/* The rest of init_main() for a process that is outside of the PID namespace PIDS: it does what
 * join_main() does at its end. */
static _Noreturn void finish_outside(
	const struct spec *spec, int pids, const struct environment *environment)
{
	struct guard guard = {.box = box};

	environment_forget(environment);
	if ((spec->process.seccomp && exempt_own_calls(spec->process.seccomp, &guard) < 0) ||
		namespaces_enter_pids(&spec->namespaces, pids) < 0 || close(pids) < 0 ||
		reset_signals() < 0 ||
		prepare_process(&spec->process, &spec->namespaces, &guard, true) < 0)
		die(EXIT_BOX);
	if (!spec->process.listener)
		look_for_program(spec);
	if (filter_last(&spec->process, &guard) < 0)
		die(EXIT_BOX);
	start_inside(&spec->process, spec, &guard);
}

/* Enters all namespaces but that of PIDs. Returns a descriptor of the PID namespace. */
static int enter_from_outside(const struct spec *spec, struct environment *environment)
{
	const struct message message = {.kind = MESSAGE_READY};
	int pids;

	if (environment_find(environment) < 0 ||
		(pids = namespaces_enter_but_pids(&spec->namespaces)) < 0)
		die(EXIT_BOX);
	if (message_send(box, &message, -1) < 0)
		_exit(EXIT_BOX);
	return pids;
}

_Noreturn void init_main(const struct spec *spec, const struct cgroup *cgroup, bool born_inside,
	bool outside, int socket)
{
	struct message ready = {.kind = MESSAGE_READY};
	struct guard guard = {.box = socket};
	struct environment environment;
	int master, pids;

	/* The kernel kills this process when box dies; if box has died, wait_for() notices it. */
	if (!spec->process.detached)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0); /* the container is not to read what box had in memory */
	box = socket;
	pids = outside ? enter_from_outside(spec, &environment) : -1;
	wait_for(MESSAGE_GO);
	caller_forget(!spec->process.forget_caller);
	if (enter_namespaces(spec, cgroup, born_inside) < 0 ||
		close_descriptors(&spec->process, outside ? pids : box, spec->oci->gate) < 0)
		die(EXIT_BOX);
	if (make_inside(spec, cgroup, pids, &master) < 0)
		die(EXIT_BOX);
	if (spec->process.terminal && !outside && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) {
		fail("make the controlling terminal");
		die(EXIT_BOX);
	}
	if (message_send(box, &ready, master) < 0)
		_exit(EXIT_BOX);
	close_fd(&master);
	wait_for(MESSAGE_START);
	if (outside)
		finish_outside(spec, pids, &environment);
	if (spec->init && environment_find(&environment) < 0)
		die(EXIT_BOX);
	if (spec->init)
		environment_forget(&environment);
	if (spec->process.seccomp)
		guard.filter = *spec->process.seccomp;
	if (prepare_process(&spec->process, &spec->namespaces, &guard, false) < 0)
		die(EXIT_BOX);
	look_for_program(spec);
	/* Only with a seccomp listener is the filter installed before the wait at the gate. */
	if ((spec->process.listener && filter_last(&spec->process, &guard) < 0) ||
		wait_at_gate(spec->oci->gate, &guard) < 0 ||
		hooks_run(&spec->oci->hooks, HOOK_START_CONTAINER, "created", getpid()) < 0 ||
		(!spec->process.listener && filter_last(&spec->process, &guard) < 0))
		die(EXIT_BOX);
	if (spec->init)
		serve_as_init(spec);
	if (reset_signals() < 0)
		die(EXIT_BOX);
	execute(spec->process.argv);
}
