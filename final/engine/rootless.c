/* rootless.c: lets an ordinary user run box. A new user namespace has all the user's IDs: the
 * user's own is root in it, and the ranges of /etc/subuid and /etc/subgid follow, from 1 on.
 *
 * The namespace ends with its last process. So one process that does nothing else, the holder,
 * keeps it as long as any box of the user runs. Each box holds a shared lock of the file
 * ROOT/users; the holder waits for the exclusive lock, and ends when it gets it. */
#define _GNU_SOURCE
#include "rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "file.h"
#include "path.h"
#include "process.h"
#include "text.h"
#include "users.h"
#include "cgroup.h"
#include "id-maps.h"

enum { LOCK_FD = 3 }; /* ROOT/users, when box executes itself: see rootless_inherited() */

/* ---- places ---- */

/* Whether the places of an ordinary user are meant. In a user namespace that somebody else has made
 * (podman unshare, unshare -r) box is root, but not of the machine's files. */
static bool is_ordinary(void)
{
	struct stat st;

	return geteuid() != 0 || (!users_are_initial() && stat("/", &st) == 0 && st.st_uid != 0);
}

/* Returns the folder "box" of the folder in the variable NAME; or, if that is no absolute path, of
 * OTHERWISE below the user's home. */
static const char *user_folder(const char *name, const char *otherwise)
{
	const char *value = getenv(name), *home = getenv("HOME");

	if (value && *value == '/')
		return format_text("%s/box", value);
	if (home && *home == '/')
		return format_text("%s/%s/box", home, otherwise);
	failx("neither %s nor HOME says where to keep files: see --data and --root", name);
	return NULL;
}

const char *default_data(void)
{
	return is_ordinary() ? user_folder("XDG_DATA_HOME", ".local/share") : "/var/lib/box";
}

const char *default_root(void)
{
	return is_ordinary() ? user_folder("XDG_RUNTIME_DIR", ".local/state") : "/run/box";
}

/* Makes the folder ROOT, in which others must not be able to write, and opens the file NAME in
 * it. */
static int open_in(const char *root, const char *name)
{
	autoclose int dir = open_made_folder(root);
	int fd;

	if (dir < 0)
		return -1;
	if (check_private(dir) < 0)
		return fail_prefix("%s: ", root);
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? fail("%s/%s", root, name) : fd;
}

/* ---- the holder ---- */

/* Writes its PID to READY, or after an error -errno, and stays until no box holds the lock of
 * ROOT/users any more. Then the file names no process: until somebody waits for this one, a box
 * could still join its namespace, which would end with that box. */
static _Noreturn void hold(const char *root, int ready)
{
	pid_t pid = getpid();
	sigset_t all;
	int fd;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	process_rename("box users");
	/* Where the user cannot read box's own file, the files of this process are root's
	 * otherwise. */
	prctl(PR_SET_DUMPABLE, 1);
	cgroup_make_room();
	if ((fd = open_in(root, "users")) < 0 || chdir("/") < 0)
		pid = -errno;
	if (write(ready, &pid, sizeof(pid)) != sizeof(pid) || pid < 0 || dup2(fd, LOCK_FD) < 0 ||
		close_range(0, LOCK_FD - 1, 0) < 0 || close_range(LOCK_FD + 1, ~0U, 0) < 0)
		_exit(EXIT_BOX);
	_exit(flock(LOCK_FD, LOCK_EX) < 0 || ftruncate(LOCK_FD, 0) < 0);
}

/* Starts the holder, as no child of box's, so that nobody waits for it. Returns its PID, or -1 with
 * errno set. */
static pid_t fork_holder(const char *root)
{
	pid_t child, holder;
	int ends[2], status = 0;
	ssize_t size;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if ((child = fork()) == 0) {
		if ((holder = fork()) == 0)
			hold(root, ends[1]);
		_exit(holder < 0);
	}
	close(ends[1]);
	size = child < 0 ? 0 : read(ends[0], &holder, sizeof(holder)); /* 0: there is no holder */
	close(ends[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	if (size == sizeof(holder) && holder > 0)
		return holder;
	errno = size == sizeof(holder) ? -holder : EAGAIN; /* fork(2) has failed in the child */
	return -1;
}

/* Starts the holder, and writes to the file USERS which process it is. */
static int start_holder(const char *root, int users)
{
	pid_t holder = fork_holder(root);
	autofree char *text = NULL;

	if (holder < 0)
		return fail("start the process that holds the user namespace");
	text = format_text("%d %" PRIu64 " %s\n", holder, start_time(holder), boot_id());
	return !text || ftruncate(users, 0) < 0 || pwrite(users, text, strlen(text), 0) < 0
		       ? fail("%s/users", root)
		       : 0;
}

/* Opens the user namespace of the process that the file USERS names as *HELD, which is -1 if there
 * is no such process. */
static int open_held(int users, int *held)
{
	char text[128] = "", boot[64] = "", path[64];
	uint64_t start = 0;
	pid_t holder = 0;
	int error;

	if (pread(users, text, sizeof(text) - 1, 0) <= 0 ||
		sscanf(text, "%d %" SCNu64 " %63s", &holder, &start, boot) != 3 || start == 0 ||
		strcmp(boot, boot_id()) != 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", holder);
	*held = open(path, O_RDONLY | O_CLOEXEC);
	/* Checked after the file was opened: another process may have the PID now. */
	error = errno;
	if (start_time(holder) != start) {
		close_fd(held);
		return 0;
	}
	errno = error;
	return *held < 0 ? fail("%s", path) : 0;
}

/* ---- entering ---- */

/* Warns if other boxes run, although there is no holder. This box has the shared lock of USERS, the
 * file users of ROOT, and loses it for a moment; but no other box can start meanwhile. */
static int warn_of_lost(const char *root, int users)
{
	if (flock(users, LOCK_EX | LOCK_NB) < 0)
		warn_user("the process that kept your user namespace was killed: containers that "
			  "run can be stopped, but not entered");
	return flock(users, LOCK_SH) < 0 ? fail("lock %s/users", root) : 0;
}

/* Enters the namespace of the holder; or makes one, with a holder. The caller has locked USERS. */
static int enter_users(const char *root, int users)
{
	autoclose int held = -1;

	if (open_held(users, &held) < 0)
		return -1;
	if (held >= 0) {
		debug("setns to the user namespace of this user's other boxes");
		return setns(held, CLONE_NEWUSER) < 0 ? fail("join the user namespace") : 0;
	}
	return warn_of_lost(root, users) < 0 || id_maps_unshare() < 0 ? -1
								      : start_holder(root, users);
}

/* Mounts are made in a namespace of box's own, in which the host's still appear: see fuse.c. */
static int own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return id_maps_refused("make a mount namespace");
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0
		       ? fail("make the mounts slaves of the host's")
		       : 0;
}

int rootless_enter(const char *root, bool again)
{
	autoclose int one_by_one = -1, users = -1;

	if (geteuid() == 0)
		return users_are_initial() ? 0 : own_mounts();
	/* Two boxes that start at the same time must not both make a namespace. */
	if ((one_by_one = open_in(root, "users.lock")) < 0 || (users = open_in(root, "users")) < 0)
		return -1;
	/* A holder that is about to end has the second lock for a moment. */
	if (flock(one_by_one, LOCK_EX) < 0 || flock(users, LOCK_SH) < 0)
		return fail("lock %s/users", root);
	if (enter_users(root, users) < 0)
		return -1;
	if (own_mounts() < 0)
		return -1;
	close_fd(&one_by_one);
	if (again)
		return dup2(users, LOCK_FD) < 0 ? fail("lock %s/users", root) : 0;
	steal_fd(&users);
	return 0;
}

int rootless_inherited(const char *root)
{
	autofree char *path = format_text("%s/users", root);
	struct stat file, fd;

	if (geteuid() != 0 || users_are_initial() || !path || stat(path, &file) < 0 ||
		fstat(LOCK_FD, &fd) < 0 || fd.st_dev != file.st_dev || fd.st_ino != file.st_ino)
		return LOCK_FD;
	fcntl(LOCK_FD, F_SETFD, FD_CLOEXEC);
	return LOCK_FD + 1;
}
