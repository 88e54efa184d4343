/* pack.c: packs an archive. */
#define _GNU_SOURCE
#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "job.h"
#include "text.h"
#include "users.h"

static struct archive *writer, *disk;

/* Asks unpack.c whether FOLDER is opaque. */
static bool ask_opaque(const char *folder)
{
	char answer = 0;

	tell('q', "%s", folder);
	if (recv(MESSAGES_FD, &answer, 1, 0) < 1)
		leave(EXIT_BOX);
	return answer == 'y';
}

/* Whether FOLDER is of a file system such as /proc, whose files have no contents to be kept, and
 * may have no end. */
static bool is_kernels(const char *folder)
{
	static const long types[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC,
		CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, 0x19800202 /* mqueue */};
	struct statfs fs;

	for (size_t i = 0; statfs(folder, &fs) == 0 && i < sizeof(types) / sizeof(*types); i++)
		if (fs.f_type == types[i])
			return true;
	return false;
}

/* Ends after an error of writing to the archive. If nobody reads it any more, the reader says
 * why. */
static void check_written(la_ssize_t result, const char *name)
{
	if (result < 0 && archive_errno(writer) == EPIPE) {
		tell('b', "nobody reads the archive");
		leave(EXIT_BOX);
	}
	/* A warning is of a name that is not UTF-8: it is kept as it is. */
	check(writer, result < ARCHIVE_WARN ? result : ARCHIVE_OK, name);
}

/* Packs a hole of SIZE bytes: libarchive leaves it out of the archive, but wants to be given zeros
 * for it, at which it does not look. The zeros are a mapping that is never written, which takes
 * addresses, but hardly any memory. */
static void pack_hole(la_int64_t size, const char *name)
{
	enum { SIZE = 64 << 20 };
	static const void *zeros;
	la_int64_t part;

	if (size > (la_int64_t)1 << 50)
		die("%s: a hole of more than 1 PiB", name);
	if (!zeros)
		zeros = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (zeros == MAP_FAILED)
		die("memory");
	for (; size > 0; size -= part) {
		part = size < SIZE ? size : SIZE;
		check_written(archive_write_data(writer, zeros, part), name);
	}
}

static void pack_data(const char *name)
{
	la_int64_t offset, at = 0;
	const void *data;
	size_t size;
	int result;

	while ((result = archive_read_data_block(disk, &data, &size, &offset)) != ARCHIVE_EOF) {
		check(disk, result, name);
		if (offset > at)
			pack_hole(offset - at, name);
		if (size > 0)
			check_written(archive_write_data(writer, data, size), name);
		at = offset + (la_int64_t)size;
		job.bytes += size;
	}
}

static void pack_entry(struct archive_entry *entry, const char *name)
{
	check_written(archive_write_header(writer, entry), name);
	if (archive_entry_filetype(entry) == AE_IFREG && archive_entry_size(entry) > 0)
		pack_data(name);
	check_written(archive_write_finish_entry(writer), name);
}

/* Packs the whiteout of FOLDER/NAME; or, if NAME is .wh..opq, of all that lower layers have in
 * FOLDER. */
static void pack_whiteout(const char *folder, int length, const char *name)
{
	struct archive_entry *entry = archive_entry_new();
	autofree char *path = format_text("%.*s/.wh.%s", length, folder, name);

	if (!entry || !path)
		die("memory");
	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, S_IFREG | 0600);
	archive_entry_set_size(entry, 0);
	pack_entry(entry, path);
	archive_entry_free(entry);
}

/* Makes ENTRY root's, and drops its set-ID bits, extended attributes and ACLs, as cp(1) does
 * without -p. */
static void disown(struct archive_entry *entry)
{
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_set_mode(entry, archive_entry_mode(entry) & ~(S_ISUID | S_ISGID));
	archive_entry_xattr_clear(entry);
	archive_entry_acl_clear(entry);
}

/* Drops the extended attributes of box and of its overlay from ENTRY: they tell of this disk, and
 * of the layers that are below this folder here. */
static void drop_own_xattrs(struct archive_entry *entry)
{
	struct archive_entry *all = NULL;
	const char *name;
	const void *value;
	size_t size;

	if (archive_entry_xattr_reset(entry) == 0)
		return;
	if (!(all = archive_entry_clone(entry)))
		die("memory");
	archive_entry_xattr_clear(entry);
	archive_entry_xattr_reset(all);
	while (archive_entry_xattr_next(all, &name, &value, &size) == ARCHIVE_OK)
		if (!users_attribute_is_own(name))
			archive_entry_xattr_add_entry(entry, name, value, size);
	archive_entry_free(all);
}

/* Whether the last part of NAME begins as a whiteout does. */
static bool is_mark(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strncmp(slash ? slash + 1 : name, ".wh.", 4) == 0;
}

/* Packs ENTRY, which lies at PATH, and is called NAME in the archive. */
static void pack_one(struct archive_entry *entry, const char *path, const char *name)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	mode_t type = archive_entry_filetype(entry);

	if (job.is_layer && job.has_mark_files && slash && is_mark(name) && type == AE_IFREG &&
		archive_entry_size(entry) == 0) {
		/* fuse-overlayfs has made it; ask_opaque() tells of .wh..wh..opq */
		if (strncmp(last, ".wh..wh.", 8) != 0)
			pack_whiteout(name, slash - name, last + strlen(".wh."));
	} else if (type == AE_IFSOCK || (job.is_layer && is_mark(name))) {
		count(&job.left_out, path, NULL);
	} else if (job.is_layer && slash && type == AE_IFCHR && archive_entry_rdev(entry) == 0) {
		pack_whiteout(name, slash - name, last);
	} else {
		if (job.is_copy)
			disown(entry);
		drop_own_xattrs(entry);
		pack_entry(entry, path);
		if (job.is_layer && type == AE_IFDIR && ask_opaque(path))
			pack_whiteout(name, strlen(name), ".wh..opq");
	}
}

void pack_archive(const char *name, const char *as)
{
	struct archive_entry_linkresolver *links = archive_entry_linkresolver_new();
	struct archive_entry *entry = archive_entry_new(), *later = NULL;
	int result;

	signal(SIGPIPE, SIG_IGN);
	disk = archive_read_disk_new();
	writer = archive_write_new();
	if (!links || !entry || !disk || !writer)
		die("memory");
	archive_read_disk_set_behavior(disk, ARCHIVE_READDISK_NO_FFLAGS);
	archive_write_set_format_pax_restricted(writer);
	archive_entry_linkresolver_set_strategy(links, archive_format(writer));
	if (archive_write_open_fd(writer, ARCHIVE_FD) != ARCHIVE_OK)
		die("%s", archive_error_string(writer));
	check(disk, archive_read_disk_open(disk, name), name);
	while ((result = archive_read_next_header2(disk, entry)) != ARCHIVE_EOF) {
		autofree char *path = strdup(archive_entry_pathname(entry) ?: name);
		autofree char *new = path ? format_text("%s%s", as, path + strlen(name)) : NULL;

		check(disk, result, path ?: name);
		/* A folder in a folder takes 4 KiB of a container's disk, and in an archive its
		 * whole path, which may have megabytes. */
		if (!new)
			die("memory");
		else if (strlen(new) >= PATH_MAX)
			die("%.64s...: a path of more than %d bytes", new, PATH_MAX - 1);
		/* If a folder is left out, so is what is in it. */
		if (!is_kernels(path) && !(job.is_layer && is_mark(new)))
			archive_read_disk_descend(disk);
		archive_entry_copy_pathname(entry, new);
		archive_entry_linkify(links, &entry, &later); /* with tar, none is kept for later */
		pack_one(entry, path, new);
		archive_entry_clear(entry);
	}
	check_written(archive_write_close(writer), "the archive");
}
