/* join.c: starts a process in a PID namespace, from a helper that stays out of this namespace. */
#define _GNU_SOURCE
#include "join.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "attributes.h"
#include "caller.h"
#include "cgroup.h"
#include "channel.h"
#include "exempt.h"
#include "hooks.h"
#include "inside.h"
#include "namespaces.h"
#include "prepare.h"
#include "privileges.h"
#include "spec.h"
#include "tty.h"

/* Joins the container's namespaces. setns(2) puts only the children of this process into the PID
 * namespace, not this process. */
static int join_namespaces(const struct process *process, const struct namespaces *of,
	const struct cgroup *cgroup, bool born_inside, int pidfd)
{
	const int namespaces = namespaces_to_join(of, pidfd);
	struct environment environment;

	caller_forget(process->forget_caller);
	if (environment_find(&environment) < 0)
		return -1;
	environment_forget(&environment);
	if (cgroup_join(cgroup, !born_inside) < 0 || close_descriptors(process, pidfd, NULL) < 0)
		return -1;
	debug("setns to the container's namespaces");
	if (setns(pidfd, namespaces) < 0)
		return fail("join the container's namespaces");
	/* In a new session, this process gets no signals of the caller's terminal when signals are
	 * unblocked. */
	if (setsid() < 0 || chdir("/") < 0)
		return fail("setsid");
	return (!process->keep_keyring && session_keyring() < 0) ||
			       close_descriptors(process, to_box, NULL) < 0 || reopen_null() < 0 ||
			       reset_signals() < 0
		       ? -1
		       : 0;
}

/* The last part, in the process that is visible inside the container. FIRST is the spec of the
 * container if this is its first process; NULL if the process joins a running container. */
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
	wait_for_go(guard); /* now box knows the PID of this process */
	if (own_call(guard, SYS_setsid, 0, 0, 0) < 0 ||
		(process->terminal && own_call(guard, SYS_ioctl, STDIN_FILENO, TIOCSCTTY, 0) < 0)) {
		fail("make a session with its terminal");
		die(EXIT_BOX);
	}
	/* This is not done earlier, because the filter's listener answers only from now on. */
	if (first && process->listener)
		look_for_program(first);
	if (first && wait_at_gate(first->oci->gate, guard) < 0)
		die(EXIT_BOX);
	if (hooks &&
		(hooks_run(&first->oci->hooks, HOOK_START_CONTAINER, "created", getpid()) < 0 ||
			reset_signals() < 0))
		die(EXIT_BOX);
	run_command(process->argv);
}

/* Starts the process that will be visible inside, as a child of box: so box can wait for it. */
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
	own_call(guard, SYS_exit_group, write(to_box, &message, sizeof(message)) < 0, 0, 0);
	_exit(0);
}

/* As soon as a process with CAP_SYS_PTRACE inside the container can see a process that joins, it
 * can read the memory of that process, and control it (CVE-2016-9962). PR_SET_DUMPABLE helps only
 * against processes that have this capability in a user namespace below. So the process that joins
 * stays out of the container's PID namespace, as setns(2) moves only its children there; and before
 * it makes its child, it gives up everything that the child must not have. */
_Noreturn void exec_main(const struct process *process, const struct namespaces *namespaces,
	const struct cgroup *cgroup, bool born_inside, int pidfd, int socket)
{
	struct message message = {.kind = MESSAGE_READY};
	struct guard guard = {.box = socket};
	int master = -1;

	begin_inside(socket);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	wait_for_message(MESSAGE_GO);
	if ((process->seccomp && exempt_own_calls(process->seccomp, &guard) < 0) ||
		join_namespaces(process, namespaces, cgroup, born_inside, pidfd) < 0 ||
		(process->terminal && (master = terminal_open(false)) < 0))
		die(EXIT_BOX);
	if (message_send(to_box, &message, master) < 0)
		_exit(EXIT_BOX);
	close_fd(&master);
	wait_for_message(MESSAGE_START);
	if (prepare_process(process, namespaces, &guard, true) < 0 ||
		filter_last(process, &guard) < 0)
		die(EXIT_BOX);
	start_inside(process, NULL, &guard);
}

/* The last part of child_main() for a process outside the PID namespace PID_NS: the same steps as
 * at the end of exec_main(). */
_Noreturn void finish_outside(
	const struct spec *spec, int pid_ns, const struct environment *environment)
{
	struct guard guard = {.box = to_box};

	environment_forget(environment);
	if ((spec->process.seccomp && exempt_own_calls(spec->process.seccomp, &guard) < 0) ||
		namespaces_enter_pids(&spec->namespaces, pid_ns) < 0 || close(pid_ns) < 0 ||
		reset_signals() < 0 ||
		prepare_process(&spec->process, &spec->namespaces, &guard, true) < 0)
		die(EXIT_BOX);
	if (!spec->process.listener)
		look_for_program(spec);
	if (filter_last(&spec->process, &guard) < 0)
		die(EXIT_BOX);
	start_inside(&spec->process, spec, &guard);
}

/* Enters all namespaces except the PID namespace, and returns a descriptor of that one. */
int enter_from_outside(const struct spec *spec, struct environment *environment)
{
	const struct message message = {.kind = MESSAGE_READY};
	int pid_ns;

	if (environment_find(environment) < 0 ||
		(pid_ns = namespaces_enter_but_pids(&spec->namespaces)) < 0)
		die(EXIT_BOX);
	if (message_send(to_box, &message, -1) < 0)
		_exit(EXIT_BOX);
	return pid_ns;
}
