/* overlay.c: mounts folders, one over the other, as one overlay. */
#define _GNU_SOURCE
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "path.h"
#include "users.h"

int overlay_check(int fd)
{
	char link[32], path[PATH_MAX] = "";
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || fs.f_type != OVERLAYFS_SUPER_MAGIC)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) < 0)
		strcpy(path, "the store");
	return failx("%s lies on an overlay, and no other overlay can write there: --data gives a "
		     "folder on a disk or a tmpfs",
		path);
}

/* Opens the lower folders as DESCRIPTORS, and writes their numbers to OUT, with colons between. */
static int open_lower(const struct overlay *overlay, int *descriptors, FILE *out)
{
	for (size_t i = 0; overlay->lower[i]; i++) {
		descriptors[i] =
			open_settled(overlay->dir, overlay->lower[i], O_PATH | O_DIRECTORY);
		if (descriptors[i] < 0)
			return fail("%s", overlay->lower[i]);
		fprintf(out, "%s%d", i > 0 ? ":" : "", descriptors[i]);
	}
	return 0;
}

/* mount(2) takes one page of options, in which commas and colons have a meaning: so each folder is
 * named by the number of its descriptor, and the working folder is /proc/self/fd. The numbers of
 * 500 folders, which is the most that the kernel takes, fit into a page. */
static int mount_opened(const char *target, const struct overlay *overlay, int *descriptors)
{
	autoclose int upper = openat(
			      overlay->dir, overlay->upper, O_PATH | O_DIRECTORY | O_CLOEXEC),
		      work = openat(overlay->dir, overlay->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char options[16384] = "";
	FILE *out = fmemopen(options, sizeof(options), "w");
	int result, error;

	if (!out)
		return fail("memory");
	fprintf(out, "%s%s,lowerdir=", overlay->options, users_are_initial() ? "" : ",userxattr");
	result = open_lower(overlay, descriptors, out);
	fprintf(out, ",upperdir=%d,workdir=%d", upper, work);
	fclose(out);
	if (result < 0)
		return -1;
	if (upper < 0 || work < 0)
		return fail("%s", overlay->upper);
	if (chdir("/proc/self/fd") < 0)
		return fail("/proc/self/fd");
	if (mount("overlay", target, "overlay", 0, options) == 0)
		return 0;
	error = errno;
	fail("mount the overlay of %s", overlay->lower[0]);
	overlay_check(upper); /* notes a better cause, if it finds one */
	errno = error;
	return -1;
}

int overlay_mount(const char *target, const struct overlay *overlay)
{
	struct rlimit limit, more;
	int result, *descriptors;
	size_t n = 0;

	while (overlay->lower[n])
		n++;
	if (!(descriptors = malloc((n + 1) * sizeof(*descriptors))))
		return fail("memory");
	memset(descriptors, -1, (n + 1) * sizeof(*descriptors));
	/* With many layers, the limit of open files that box was started with may be too low. */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		free(descriptors);
		return fail("limit of open files");
	}
	more = limit;
	more.rlim_cur = more.rlim_max;
	if (n > 8)
		setrlimit(RLIMIT_NOFILE, &more);
	result = mount_opened(target, overlay, descriptors);
	for (size_t i = 0; i < n; i++)
		close_fd(&descriptors[i]);
	if (n > 8)
		setrlimit(RLIMIT_NOFILE, &limit);
	free(descriptors);
	return result;
}

bool overlay_has_mark_files(int fd)
{
	static const long types[] = {OVERLAYFS_SUPER_MAGIC, NFS_SUPER_MAGIC, 0x65735546 /* FUSE */};
	struct statfs fs;

	for (size_t i = 0; fstatfs(fd, &fs) == 0 && i < sizeof(types) / sizeof(*types); i++)
		if (fs.f_type == types[i])
			return !users_are_initial();
	return false;
}
