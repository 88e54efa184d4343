/* extract.c: unpacks the archive into the working folder, which is the root of this process. */
#define _GNU_SOURCE
#include "extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "decompress.h"
#include "error.h"
#include "file.h"
#include "job.h"
#include "over.h"
#include "quota.h"
#include "read-archive.h"
#include "text.h"
#include "users.h"

static struct over over;
static struct archive *disk;

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* Whether it is a file that box cp must not replace, such as a device or a socket, which is more
 * than its name. */
static bool is_special(const struct stat *st)
{
	return st->st_mode && !S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode) &&
	       !S_ISDIR(st->st_mode);
}

/* Sets the extended attributes user.* and security.capability. Others are left out: the kernel
 * would refuse them, or they were meant for another machine. trusted.overlay.* and user.overlay.*
 * of a hostile layer would change box's own overlay, and user.box.* is what box itself notes. */
static void set_xattrs(struct archive_entry *entry, const char *name)
{
	const char *xattr;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &xattr, &value, &size) == ARCHIVE_OK) {
		if ((strncmp(xattr, "user.", 5) != 0 || users_attribute_is_own(xattr)) &&
			strcmp(xattr, "security.capability") != 0)
			continue;
		charge(name, strlen(xattr) + size);
		if (lsetxattr(name, xattr, value, size, 0) < 0) {
			fail("%s: %s", name, xattr);
			count(&job.warnings, failure(), NULL);
		}
	}
}

/* Whether there is such an owner of files. Archives have 64 bits for it, the kernel 32. */
static bool has_owner(bool group, la_int64_t id)
{
	return id >= 0 && id <= UINT32_MAX && users_have(group, (uint32_t)id);
}

/* Gives the entry to root if the user namespace lacks its owner or its group: a user without ranges
 * in /etc/subuid has one ID. Then a set-ID bit would mean somebody else. */
static void set_owner(struct archive_entry *entry, const char *name)
{
	bool user = has_owner(false, archive_entry_uid(entry));
	bool group = has_owner(true, archive_entry_gid(entry));

	if (user && group)
		return;
	count(&job.foreign, name, NULL);
	archive_entry_set_perm(entry, archive_entry_perm(entry) & 01777);
	if (!user)
		archive_entry_set_uid(entry, 0);
	if (!group)
		archive_entry_set_gid(entry, 0);
}

/* Writes ENTRY, with its data, to the disk. */
static void write_entry(struct archive_entry *entry, const char *name)
{
	const int acls = ARCHIVE_ENTRY_ACL_TYPE_POSIX1E | ARCHIVE_ENTRY_ACL_TYPE_NFS4;
	mode_t type = archive_entry_filetype(entry);
	bool has_data = type != AE_IFDIR && type != AE_IFLNK && archive_entry_size(entry) > 0;
	const void *data;
	size_t size;
	la_int64_t offset;
	struct pieces pieces = {0};

	charge(name, strlen(archive_entry_symlink(entry) ?: ""));
	charge(name, 8 * archive_entry_acl_count(entry, acls));
	set_owner(entry, name);
	check(disk, archive_write_header(disk, entry), name);
	while (has_data && read_piece(entry, name, &pieces, &data, &size, &offset))
		/* To libarchive, a full disk is a warning. */
		if (archive_write_data_block(disk, data, size, offset) < 0)
			die("%s", cause(disk, name));
	check(disk, archive_write_finish_entry(disk), name);
}

/* Ends a layer that is unpacked alone, so that all images can share it, if NAME, a hard link to
 * LINK or NULL, shows that it needs the layers below it. */
static void check_alone(const char *name, const char *link)
{
	if (job.is_layer && !job.is_over && over_is_needed(name, link)) {
		tell('l', "%s", name);
		leave(0);
	}
}

/* Returns the path of NAME without symlinks among its folders, which are made, and counts what that
 * takes. The caller frees it. */
static char *enter(const char *name, const char *link)
{
	uint64_t copied = 0, before = over.folders;
	char *path = over_enter(&over, name, link, &copied);

	if (!path)
		die("%s", failure());
	for (; before < over.folders; before++)
		count_entry(name);
	count_bytes(name, copied);
	return path;
}

/* Obeys the whiteout NAME, whose last part is MARK. For FOLDER/.wh.FILE, FOLDER/FILE becomes the
 * overlay's mark of a deleted file, unless this layer has such a file; if that is a folder, it
 * becomes opaque, and hides what lower layers have in it. For FOLDER/.wh..wh..opq, FOLDER becomes
 * opaque. */
static void whiteout(struct archive_entry *entry, const char *name, const char *mark)
{
	const char *hidden = mark + strlen(".wh.");
	bool opaque = strcmp(mark, ".wh..wh..opq") == 0;
	autofree char *path =
		format_text("%.*s%s", (int)(mark - name), name, opaque ? "." : hidden);
	struct stat st = {0};
	struct statfs fs;
	bool mark_is_file = false;

	if (!path)
		die("%s", failure());
	if (!opaque && strncmp(hidden, ".wh.", 4) == 0)
		return; /* left by aufs */
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		die("%s: not a whiteout's name", name);
	check_alone(name, NULL);
	if (job.is_over && over_whiteout(&over, path, opaque) < 0)
		die("%s", failure());
	if (job.is_over)
		return;
	lstat(path, &st);
	if (!S_ISDIR(st.st_mode)) {
		if (!opaque && st.st_mode && !is_whiteout(&st))
			return;
		mark_is_file =
			!opaque && statfs(".", &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
		if (mark_is_file && !job.is_users)
			die("%s: the store lies on an overlay, and no other overlay can write "
			    "there: --data gives a folder on a disk or a tmpfs",
				name);
		/* only fuse-overlayfs can mount this, which knows the marks of images */
		archive_entry_copy_pathname(entry, mark_is_file ? name : path);
		archive_entry_set_hardlink(entry, NULL);
		archive_entry_set_mode(entry, opaque         ? S_IFDIR | 0755
					      : mark_is_file ? S_IFREG | 0600
							     : S_IFCHR);
		archive_entry_set_rdev(entry, 0);
		archive_entry_set_size(entry, 0);
		write_entry(entry, name);
	}
	if (opaque || S_ISDIR(st.st_mode))
		tell('o', "%s", path);
}

/* Writes ENTRY, which is called NAME, unless it is left out. */
static void extract(struct archive_entry *entry, const char *name)
{
	const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	mode_t type = archive_entry_filetype(entry);
	autofree char *link = NULL, *real = NULL;
	struct stat st = {0};
	bool is_folder;

	if (job.is_layer && strncmp(last, ".wh.", 4) == 0) {
		whiteout(entry, name, last);
		return;
	}
	if (archive_entry_hardlink(entry)) {
		link = relative(archive_entry_hardlink(entry));
		archive_entry_copy_hardlink(entry, link);
	} else if (type == AE_IFCHR || type == AE_IFBLK || type == AE_IFSOCK) {
		count(&job.left_out, name, NULL);
		return;
	}
	check_alone(name, link);
	if (job.is_over)
		name = real = enter(name, link);
	else
		count_missing_folders(name);
	archive_entry_copy_pathname(entry, name);
	/* Of two entries with the same name the later one wins, unless both are folders. libarchive
	 * only replaces files, and keeps a symlink to a folder where a folder should be. */
	is_folder = type == AE_IFDIR && !link;
	if (lstat(name, &st) == 0 && S_ISDIR(st.st_mode) != is_folder) {
		if (job.is_copy || strcmp(name, ".") == 0)
			die("%s: %s", name, strerror(is_folder ? ENOTDIR : EISDIR));
		if (remove_tree_at(AT_FDCWD, name) < 0)
			die("%s", failure());
	} else if (job.is_copy && is_folder && S_ISDIR(st.st_mode)) {
		return; /* the folder that is there stays as it is, and gets more files */
	} else if (job.is_copy && is_special(&st)) {
		if (type != AE_IFIFO || !S_ISFIFO(st.st_mode))
			die("%s: neither a file nor a folder", name);
		return; /* the fifo that is there stays: somebody may have opened it */
	}
	write_entry(entry, name);
	set_xattrs(entry, name);
	/* A folder in the place of something else, a whiteout perhaps, is opaque: what was there
	 * has hidden the folder of that name in lower layers. */
	if (job.is_layer && !job.is_over && st.st_mode && !S_ISDIR(st.st_mode) && is_folder)
		tell('o', "%s", name);
}

/* A thread that has the kernel write to the disk while the archive is unpacked. All of it has to be
 * there before it is used; so box calls syncfs(2) again in the end, and only then an error
 * counts. */
static void *sync_folder(void *folder)
{
	const struct timespec nap = {.tv_nsec = 20 * 1000 * 1000};

	for (;;) {
		nanosleep(&nap, NULL);
		syncfs(*(int *)folder);
	}
	return NULL;
}

static void start_sync(void)
{
	static int folder;

	if ((folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		die("%m");
	start_thread(sync_folder, &folder);
}

void unpack_archive(void)
{
	static char rest[CHUNK];
	int fd = open_decompressed();

	disk = archive_write_disk_new();
	/* No SECURE_SYMLINKS, for which "lib -> usr/lib" is an attack: symlinks cannot lead out of
	 * the new root. Owners are set by their numbers, as names would be looked up in the
	 * image. */
	archive_write_disk_set_options(disk, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
						     ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL |
						     ARCHIVE_EXTRACT_SECURE_NODOTDOT);
	if (!job.is_copy)
		start_sync();
	read_archive(fd, extract);
	/* By this, folders get their modes and times. */
	check(disk, archive_write_close(disk), "folders");
	if (job.is_over && over_finish(&over) < 0)
		die("%s", failure());
	/* Reads the padding after the end of the archive, so that the checksum is compared. */
	while (fd != ARCHIVE_FD && read(fd, rest, sizeof(rest)) > 0)
		;
}
