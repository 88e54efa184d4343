/* covered.c: mounts that lie below a root which was moved to /: see move_root() in rootfs.c. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

/* The ID of the mount that PATH is on, as mountinfo has it (Linux 5.8); or -1 after fail(). The
 * name "/" is our root itself, whatever is mounted on that. */
static int64_t mount_id(const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0)
		return fail("%s", path);
	return (st.stx_mask & STATX_MNT_ID) ? (int64_t)st.stx_mnt_id
					    : failx("%s: no mount ID: Linux 5.8 has them", path);
}

/* A mount that a user namespace above has made is locked: it cannot be taken away, but covered. */
static int cover(const char *path)
{
	autoclose int target = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), tree = -1;
	struct stat st;

	if (target < 0 || fstat(target, &st) < 0)
		return fail("%s", path);
	if (!S_ISDIR(st.st_mode)) /* of a file nobody can make a file system */
		return 0;
	tree = mount_new("tmpfs", "tmpfs", "size=0,nr_inodes=2,mode=0", MOUNT_ATTR_RDONLY);
	return tree < 0 || mount_attach(tree, target) < 0 ? fail("cover %s", path) : 0;
}

/* Takes away all that is mounted at PATH of the mount ROOT, one on top of the other. Where the
 * container's root may not even look, it stays, unless it is one of the file systems that the
 * kernel shows anew to those who have one already: mount_too_revealing() in fs/namespace.c. */
static int uncover(const char *path, int64_t root, const char *type)
{
	bool reveals = strncmp(type, "proc ", 5) == 0 || strncmp(type, "sysfs ", 6) == 0;
	int64_t id;

	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	if (errno == EACCES && !reveals)
		return 0;
	if ((id = mount_id(path)) < 0)
		return -1;
	return id == root ? 0 : cover(path);
}

int covered_open(FILE **mounts)
{
	*mounts = fopen("/proc/self/mountinfo", "re");
	return *mounts ? 0 : fail("/proc/self/mountinfo");
}

/* What is mounted further down goes with what is mounted on the root itself. A mount on / is the
 * new root. */
int covered_drop(FILE *mounts)
{
	autofree char *line = NULL;
	int64_t root = mount_id("/"), parent;
	size_t size = 0;
	const char *type;
	int start, end;

	if (root < 0)
		return -1;
	while (getline(&line, &size, mounts) > 0) {
		if (sscanf(line, "%*d %" SCNd64 " %*s %*s %n%*s%n", &parent, &start, &end) != 1 ||
			parent != root)
			continue;
		if (!(type = strstr(line + end, " - ")))
			continue; /* no line of mountinfo, proc_pid_mountinfo(5) */
		line[end] = '\0';
		unescape_octal(line + start);
		if (strcmp(line + start, "/") != 0 && uncover(line + start, root, type + 3) < 0)
			return -1;
	}
	return 0;
}
