/* covered.c: removes the mounts below a root that was moved to /, see move_root() in rootfs.c. */
#define _GNU_SOURCE
#include "covered.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that header */

#include "cleanup.h"
#include "error.h"
#include "list.h"
#include "mountinfo.h"
#include "tree.h"

/* Returns the ID that mountinfo shows for the mount on which PATH is (statx(2), STATX_MNT_ID,
 * Linux 5.8), or -1 after fail(). For "/" this is the mount of the process's root itself, whatever
 * is mounted on top of it. */
static int64_t mount_id(const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0)
		return fail("%s", path);
	return (st.stx_mask & STATX_MNT_ID) ? (int64_t)st.stx_mnt_id
					    : failx("%s: no mount ID: Linux 5.8 has them", path);
}

/* Covers PATH by an empty file system. A mount that was made in a user namespace above is locked:
 * it cannot be unmounted, but it can be covered. */
static int cover_one(const char *path)
{
	autoclose int target = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), tree = -1;
	struct stat st;

	if (target < 0 || fstat(target, &st) < 0)
		return fail("%s", path);
	if (!S_ISDIR(st.st_mode)) /* a file cannot be mounted as another file system */
		return 0;
	tree = mount_new("tmpfs", "tmpfs", "size=0,nr_inodes=2,mode=0", MOUNT_ATTR_RDONLY);
	return tree < 0 || mount_attach(tree, target) < 0 ? fail("cover %s", path) : 0;
}

/* Whether TYPE is proc or sysfs: a mount of these types, with nothing in it masked, allows new
 * mounts of the same type. */
static bool is_revealing(const char *type)
{
	return strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0;
}

/* Covers the mount at PATH that could not be unmounted, if there still is a mount other than ROOT.
 * A mount that root of the container cannot reach, because a folder denies access or another mount
 * hides it, stays as it is, unless its TYPE is proc or sysfs: the kernel allows a new mount of
 * these types in a mount namespace that has one (mount_too_revealing() in fs/namespace.c). */
static int uncover(const char *path, int64_t root, const char *type)
{
	int64_t id;

	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && !is_revealing(type) &&
		(errno == EACCES || errno == ENOENT || errno == ENOTDIR))
		return 0;
	if ((id = mount_id(path)) < 0)
		return -1;
	return id == root ? 0 : cover_one(path);
}

int covered_open(FILE **mounts)
{
	*mounts = fopen("/proc/self/mountinfo", "re");
	return *mounts ? 0 : fail("/proc/self/mountinfo");
}

/* A row of the table of mounts. */
struct row {
	int64_t id, parent; /* its own ID, and the ID of the mount on which it is */
	char *target;
	bool reveals; /* its type is proc or sysfs: it counts for mount_too_revealing() */
};

struct table {
	struct row *rows;
	size_t n;
};

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		free(table->rows[i].target);
	free(table->rows);
}

/* Reads the current mounts from MOUNTS, from its start. Returns 0, or -1 after fail(). */
static int read_table(FILE *mounts, struct table *table)
{
	autofree char *line = NULL;
	struct mountinfo mount;
	size_t size = 0;

	rewind(mounts);
	while (getline(&line, &size, mounts) > 0) {
		struct row *row;

		if (!mountinfo_read(line, &mount))
			continue;
		if (!(row = list_grow(&table->rows, &table->n, sizeof(*row))) ||
			!(row->target = strdup(mount.target)))
			return fail("memory");
		row->id = mount.id;
		row->parent = mount.parent;
		row->reveals = is_revealing(mount.type) && strcmp(mount.root, "/") == 0;
	}
	return 0;
}

static const struct row *find_row(const struct table *table, int64_t id)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].id == id)
			return &table->rows[i];
	return NULL;
}

/* Whether the mount ID is on the mount BASE, directly or with other mounts in between. */
static bool is_on(const struct table *table, int64_t id, int64_t base)
{
	const struct row *row;

	while ((row = find_row(table, id)) && row->parent != id) {
		id = row->parent;
		if (id == base)
			return true;
	}
	return false;
}

/* Covers the mount of ROW. Returns 0, or -1 after fail(): also if the mount cannot be reached. */
static int cover_row(const struct table *table, const struct row *row)
{
	int64_t there = mount_id(row->target);

	if (there < 0)
		return -1;
	if (there == row->id)
		return cover_one(row->target);
	/* If the mount that is visible at the target is on top of ROW's mount, ROW's mount is
	 * covered already. */
	return is_on(table, there, row->id)
		       ? 0
		       : failx("%s: another mount hides the one that has to be covered",
				 row->target);
}

/* Covers each mount of proc or sysfs that is not directly on the mount ROOT, but on another mount
 * that could not be unmounted. When that other mount is covered, no process can reach the proc or
 * sysfs on it; but the kernel does not check whether a mount can be reached. Mounts on the new root
 * are the container's own, and stay. */
static int cover_deep(FILE *mounts, int64_t root)
{
	struct table table = {0};
	int64_t own = -1;
	int result = read_table(mounts, &table);

	for (size_t i = 0; result == 0 && i < table.n; i++)
		if (table.rows[i].parent == root && strcmp(table.rows[i].target, "/") == 0)
			own = table.rows[i].id;
	for (size_t i = 0; result == 0 && i < table.n; i++) {
		const struct row *row = &table.rows[i];

		if (row->reveals && row->parent != root && row->id != root && row->id != own &&
			!is_on(&table, row->id, own))
			result = cover_row(&table, row);
	}
	free_table(&table);
	return result;
}

/* Adds to LIST the path and the type, such as "/proc" and "proc", of each mount that is
 * directly on the mount ROOT. Mounts further down disappear with those that can be unmounted. A
 * mount on / is the new root. */
static int list_mounts(FILE *mounts, int64_t root, struct strings *list)
{
	autofree char *line = NULL;
	struct mountinfo mount;
	size_t size = 0;

	while (getline(&line, &size, mounts) > 0)
		if (mountinfo_read(line, &mount) && mount.parent == root &&
			strcmp(mount.target, "/") != 0 &&
			(add_string(list, mount.target) < 0 || add_string(list, mount.type) < 0))
			return -1;
	return 0;
}

int covered_drop(FILE *mounts)
{
	struct strings list = {0};
	int64_t root = mount_id("/");
	int result = root < 0 ? -1 : list_mounts(mounts, root, &list);
	bool more = result == 0;

	/* A mount whose path is below the mount point of another one must be unmounted before that
	 * one, but the table is not in this order. So all are tried again, until none can be
	 * unmounted any more. */
	while (more) {
		more = false;
		for (size_t i = 0; i < list.n; i += 2)
			while (umount2(list.list[i], MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
				more = true;
	}
	if (result == 0)
		result = cover_deep(mounts, root);
	for (size_t i = 0; result == 0 && i < list.n; i += 2)
		result = uncover(list.list[i], root, list.list[i + 1]);
	free_list(&list.list);
	return result;
}
