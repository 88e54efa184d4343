/* fuse.c: the root of a container in a user namespace that box is in, too. box makes the mount, and
 * not the container's child: fuse-overlayfs is to be outside of the container's PID namespace. */
#define _GNU_SOURCE
#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "debug.h"
#include "error.h"
#include "path.h"
#include "id-maps.h"
#include "rootfs.h"
#include "spec.h"

enum { PATIENCE = 20 }; /* seconds in which fuse-overlayfs has to make its mount */

/* Writes to OUT the name of FOLDER, relative to DIR, as that of a descriptor, which stays open: so
 * commas and colons in FOLDER mean nothing. */
static int put_folder(FILE *out, int dir, const char *folder)
{
	int fd = open_settled(dir, folder, O_PATH | O_DIRECTORY);

	if (fd < 0 || fcntl(fd, F_SETFD, 0) < 0)
		return fail("%s", folder);
	fprintf(out, "/proc/self/fd/%d", fd);
	return 0;
}

/* Executes fuse-overlayfs(1), which ends with the process BOX. */
static _Noreturn void serve(const struct root *root, pid_t box)
{
	autoclose int dir = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC),
		      null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char options[16384] = "";
	FILE *out = fmemopen(options, sizeof(options), "w");
	sigset_t none;
	bool ok =
		dir >= 0 && out && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != box)
		_exit(EXIT_BOX); /* box has died before PR_SET_PDEATHSIG */
	if (!debug_print)
		ok = ok && dup2(null, STDERR_FILENO) >= 0; /* it says more than it should */
	setsid(); /* the keys of box's terminal do not end it */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (size_t i = 0; ok && root->lower[i]; i++) {
		fputs(i > 0 ? ":" : "lowerdir=", out);
		ok = put_folder(out, dir, root->lower[i]) == 0;
	}
	ok = ok && fputs(",upperdir=", out) >= 0 && put_folder(out, dir, root->upper) == 0 &&
	     fputs(",workdir=", out) >= 0 && put_folder(out, dir, root->work) == 0 &&
	     fclose(out) == 0;
	if (ok)
		execlp("fuse-overlayfs", "fuse-overlayfs", "-f", "-o", options, root->path, NULL);
	if (!ok)
		debug("fuse-overlayfs: %s", failure());
	_exit(ok && errno == ENOENT ? EXIT_NOT_FOUND : EXIT_BOX);
}

static bool is_other(const char *path, const struct stat *before)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_dev != before->st_dev;
}

/* Fails with the CAUSE why the kernel has not made the mount, and with what fuse-overlayfs did, by
 * its exit STATUS. Returns -1. */
static int refuse(const char *cause, int status)
{
	if (status != EXIT_NOT_FOUND)
		return failx("%s; and fuse-overlayfs has failed, too: see --debug", cause);
	return failx("%s%s; or install fuse-overlayfs", cause,
		strstr(cause, "--data") ? "" : ": --data gives a folder on another disk");
}

/* Starts fuse-overlayfs, and waits until it has made the mount. Returns its PID, or -1 after
 * failx(). CAUSE is why the kernel has not. */
static pid_t start(const struct root *root, const char *cause)
{
	double deadline = clock_now() + PATIENCE;
	struct stat before;
	int status = 0;
	pid_t pid, box = getpid();

	debug("fuse-overlayfs on %s: the kernel refuses an overlay", root->path);
	if (stat(root->path, &before) < 0)
		return fail("%s", root->path);
	if ((pid = fork()) == 0)
		serve(root, box);
	while (pid > 0 && !is_other(root->path, &before)) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return refuse(cause, WIFEXITED(status) ? WEXITSTATUS(status) : 0);
		if (!nap(0.002, deadline)) {
			fuse_unmount(root, pid);
			return failx("%s; and fuse-overlayfs does not mount it, either", cause);
		}
	}
	return pid < 0 ? fail("fork") : pid;
}

int fuse_mount(const struct root *root, pid_t *daemon)
{
	autoclose int here = -1;
	char cause[MAX_FAILURE];
	int result, error;

	*daemon = 0;
	/* In the namespace that this process had, another box that is a child of the same one may
	 * have mounted the root of its container there. */
	if (unshare(CLONE_NEWNS) < 0)
		return id_maps_refused("make a mount namespace");
	here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	result = mount_overlay(root, NULL);
	error = errno;
	if (here < 0 || fchdir(here) < 0) {
		fail("the working folder");
		if (result == 0)
			fuse_unmount(root, 0);
		return -1;
	}
	if (result == 0 || (error != EINVAL && error != EPERM && error != EOPNOTSUPP &&
				   error != ENODEV && error != ENOSYS))
		return result;
	snprintf(cause, sizeof(cause), "%s", failure());
	if ((*daemon = start(root, cause)) > 0)
		return 0;
	*daemon = 0;
	return -1;
}

void fuse_unmount(const struct root *root, pid_t daemon)
{
	double deadline = clock_now() + 1;
	pid_t ended;

	umount2(root->path, MNT_DETACH);
	if (daemon <= 0)
		return;
	kill(daemon, SIGTERM);
	while ((ended = waitpid(daemon, NULL, WNOHANG)) == 0 && nap(0.002, deadline))
		;
	if (ended != 0)
		return;
	kill(daemon, SIGKILL); /* it is stopped, or still writes */
	waitpid(daemon, NULL, 0);
}
