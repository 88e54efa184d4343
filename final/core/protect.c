/* protect.c: protects the file of box's own program against processes of a container. */
#define _GNU_SOURCE
#include "protect.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "users.h"

/* Opens box's own file, which RUNNING is, by its name PATH: only a mount of the caller's mount
 * namespace can be copied, and in a user namespace that is not the one in which box was
 * executed. */
static int open_again(int running, const char *path)
{
	autoclose int named = open(path, O_PATH | O_CLOEXEC);
	struct stat one, other;

	if (named < 0 || fstat(named, &other) < 0 || fstat(running, &one) < 0)
		return fail("%s", path);
	return one.st_dev == other.st_dev && one.st_ino == other.st_ino
		       ? steal_fd(&named)
		       : failx("%s is another file since box was started", path);
}

/* Copies FILE into a new file in memory, to which nobody can write (memfd_create(2)). Returns its
 * descriptor, or -1 with errno set. */
static int copy_sealed(int file, off_t size)
{
	autoclose int copy = memfd_create("box", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ssize_t written;

	while (copy >= 0 && size > 0 && (written = sendfile(copy, file, NULL, size)) > 0)
		size -= written;
	return copy < 0 || size > 0 ||
			       fcntl(copy, F_ADD_SEALS,
				       F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0
		       ? -1
		       : steal_fd(&copy);
}

/* Does for an ordinary user, who cannot make a mount, what protect_own_file() does. A copy is made
 * only if a process of the container, which has the user's rights, could write to the file. */
static int protect_by_copy(char *argv[])
{
	static char path[PATH_MAX];
	autoclose int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), copy = -1;
	struct stat st;
	int seals;

	if (file < 0 || fstat(file, &st) < 0 ||
		readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return fail("/proc/self/exe");
	seals = fcntl(file, F_GET_SEALS); /* -1 for a file that is not in memory */
	if ((seals >= 0 && seals & F_SEAL_WRITE) || (st.st_uid != geteuid() && !(st.st_mode & 022)))
		return 0;
	if ((copy = copy_sealed(file, st.st_size)) < 0)
		return fail("copy box's own file");
	prctl(PR_SET_NAME, "box");
	argv[0] = path;
	syscall(SYS_execveat, copy, "", argv, environ, AT_EMPTY_PATH);
	return fail("execute a copy of box");
}

int protect_own_file(char *argv[], bool always)
{
	static char path[PATH_MAX];
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
	autoclose int file = open("/proc/self/exe", O_PATH | O_CLOEXEC), named = -1, clone = -1;
	struct statvfs st;

	if (geteuid() != 0)
		return protect_by_copy(argv);
	if (file < 0 || fstatvfs(file, &st) < 0)
		return fail("/proc/self/exe");
	/* Before Linux 6.14 execveat(2) uses the number of the descriptor as the name of the
	 * process. */
	prctl(PR_SET_NAME, "box");
	if (!always && (st.f_flag & ST_RDONLY))
		return 0;
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return fail("/proc/self/exe");
	if (!users_are_initial() && (named = open_again(file, path)) < 0)
		return -1;
	/* The mount is made from the file's descriptor: another file may have its name by now. */
	clone = syscall(SYS_open_tree, named < 0 ? file : named, "",
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (clone < 0 || syscall(SYS_mount_setattr, clone, "", AT_EMPTY_PATH, &attributes,
				 sizeof(attributes)) < 0)
		return fail("mount box's own file read-only");
	argv[0] = path;
	/* The mount exists as long as a program runs from it. As a whole start of box takes half a
	 * millisecond, early.c does this at the very beginning of the first one. */
	syscall(SYS_execveat, clone, "", argv, environ, AT_EMPTY_PATH);
	return fail("execute box from a read-only mount");
}
