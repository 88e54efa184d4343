/* box, step 04: runs a command in a root filesystem that no name leads out of. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Docker's, and the shells'. 128 + N says that signal N killed the command. */
enum { EXIT_BOX = 125, EXIT_CANNOT_EXEC = 126, EXIT_NOT_FOUND = 127 };

static const char usage[] = "usage: box run ROOTFS COMMAND [ARG...]";

struct box {
	char *rootfs;
	char **command;
	int pidfd; /* of box itself: shows the child whether box still lives */
	sigset_t inherited; /* the signal mask that box was started with */
};

static void enter_rootfs(const char *rootfs)
{
	/* pivot_root takes mounts; ROOTFS is but a folder, until it is bound onto itself. */
	if (mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL) < 0)
		err(EXIT_BOX, "bind %s", rootfs);
	if (chdir(rootfs) < 0)
		err(EXIT_BOX, "chdir %s", rootfs);
	/* The old root lands on top of the new one, where "." names it until it is unmounted. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		err(EXIT_BOX, "pivot_root %s", rootfs);
	/* A /proc shows the PID namespace of the process that mounts it. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		err(EXIT_BOX, "mount /proc");
	if (umount2(".", MNT_DETACH) < 0)
		err(EXIT_BOX, "umount the old root");
}

static _Noreturn void run_command(const struct box *box)
{
	if (sigprocmask(SIG_SETMASK, &box->inherited, NULL) < 0)
		err(EXIT_BOX, "sigprocmask");
	execvp(box->command[0], box->command);
	err(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC, "%s", box->command[0]);
}

static _Noreturn void child_main(const struct box *box)
{
	struct pollfd parent = {.fd = box->pidfd, .events = POLLIN};

	/* The kernel kills the command when box dies; if box is dead by now, nobody would. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		err(EXIT_BOX, "prctl PR_SET_PDEATHSIG");
	if (poll(&parent, 1, 0) != 0)
		errx(EXIT_BOX, "box has died");
	/* stdin, stdout and stderr are the command's; any other may lead out of the box. */
	if (close_range(3, ~0U, 0) < 0)
		err(EXIT_BOX, "close_range");
	if (sethostname("box", strlen("box")) < 0)
		err(EXIT_BOX, "sethostname");
	/* The new namespace is a copy of the host's: where / is shared, each passes mounts on. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(EXIT_BOX, "make the mounts private");
	enter_rootfs(box->rootfs);
	run_command(box);
}

/* Returns the wait status. Ctrl-C is for the command, which gets it too: box drops SIGINT. */
static int wait_for(pid_t child, const sigset_t *blocked)
{
	int status, sig;
	pid_t ended;

	while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
		if ((errno = sigwait(blocked, &sig)) != 0)
			err(EXIT_BOX, "sigwait");
		if ((sig == SIGTERM || sig == SIGHUP) && kill(child, SIGKILL) < 0)
			err(EXIT_BOX, "kill %d", child);
	}
	if (ended < 0)
		err(EXIT_BOX, "waitpid %d", child);
	return status;
}

static void parse_arguments(int argc, char *argv[], struct box *box)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	bool run = argc > 1 && strcmp(argv[1], "run") == 0;
	int option;

	argv[run] = "box"; /* the name in getopt's messages */
	while ((option = getopt_long(argc - run, argv + run, "+h", options, NULL)) != -1) {
		if (option == 'h')
			exit(puts(usage) < 0 || fflush(stdout) != 0 ? EXIT_BOX : 0);
		else
			exit(EXIT_BOX);
	}
	argv += run + optind;
	if (!run && argv[0])
		errx(EXIT_BOX, "unknown command %s; see box --help", argv[0]);
	if (!run || !argv[0] || !argv[1])
		errx(EXIT_BOX, "no %s; see box --help", argv[0] ? "command" : "root filesystem");
	if (geteuid() != 0)
		errx(EXIT_BOX, "only root may make namespaces: try sudo");
	if (!(box->rootfs = realpath(argv[0], NULL)))
		err(EXIT_BOX, "%s", argv[0]);
	box->command = argv + 1;
}

int main(int argc, char *argv[])
{
	struct clone_args args = {
		.flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD};
	struct box box = {0};
	struct sigaction hangup;
	sigset_t blocked;
	pid_t child;
	int status;

	parse_arguments(argc, argv, &box);
	/* Only SIGKILL ends box before it has cleaned up. Ctrl-Z still stops it. */
	sigfillset(&blocked);
	sigdelset(&blocked, SIGTSTP);
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN)
		sigdelset(&blocked, SIGHUP); /* started by nohup; sigwait would get it even so */
	if (sigprocmask(SIG_BLOCK, &blocked, &box.inherited) < 0)
		err(EXIT_BOX, "sigprocmask");
	signal(SIGCHLD, SIG_DFL); /* a caller that ignores it leaves no exit status to wait for */
	if ((box.pidfd = syscall(SYS_pidfd_open, getpid(), 0)) < 0)
		err(EXIT_BOX, "pidfd_open");
	if ((child = syscall(SYS_clone3, &args, sizeof(args))) < 0)
		err(EXIT_BOX, "clone3");
	if (child == 0)
		child_main(&box);
	status = wait_for(child, &blocked);
	/* A shell in the box takes the terminal; it sees no PID to give it back to when it ends. */
	if (kill(-tcgetpgrp(STDIN_FILENO), 0) < 0)
		tcsetpgrp(STDIN_FILENO, getpgrp());
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
