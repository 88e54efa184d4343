/*
 * box-unpack.c: unpacks one archive into one folder, or packs one, confined: hostile input meets a
 * process that sees only that folder, has no network, and may change owners and modes, but nothing
 * else.
 *
 *   box-unpack unpack root|layer|over|copy MAX-BYTES MAX-ENTRIES
 *   box-unpack pack root|layer|copy NAME AS
 *
 *   root     a root filesystem
 *   layer    a layer of an image, which is unpacked alone
 *   over     a layer of an image, which is unpacked over the layers below it
 *   copy     what box cp copies: packed files become root's, and unpacked ones replace no folder
 *
 * unpack.c starts it in the folder, and gets messages by descriptor 1 (SEQPACKET): a letter and a
 * text. The last message is e, d, b or l.
 *   e        what went wrong
 *   w        a warning
 *   d        all is done: BYTES of files' data; BYTES and ENTRIES that count for the quota
 *   o        make this folder opaque: it hides what lower layers have in it
 *   q        is this folder opaque? The answer is y or n
 *   b        nobody reads what is packed
 *   l        this layer must be unpacked over the layers below it
 *
 * The archive is descriptor 0, a file or a pipe. Descriptor 3 may be the root folder of a
 * container.
 */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"
#include "over.h"

enum { ARCHIVE_FD = STDIN_FILENO, MESSAGES_FD = STDOUT_FILENO, ROOT_FD = 3 };
enum { CHUNK = 1 << 18, PIPE_SIZE = 1 << 20, THREAD_STACK = 1 << 20 };

/* MiB of memory. Of all but the strangest archives, the decoders' dictionaries, the tables of
 * contents and what is kept until the end fit into it. Packing keeps an entry of each file
 * that has several names. */
enum { UNPACK_MEMORY = 512, PACK_MEMORY = 2048 };

/* Bytes that each entry counts, besides its data and its texts: the block of the disk that a
 * folder, a long symlink or the end of a file takes. */
enum { ENTRY_COST = 4096 };

/* "layer" or "over": whiteouts have a meaning, and box will verify the digest. */
static bool is_layer;
static bool is_over; /* "over": the layers below are seen, too; a whiteout removes files */
static bool is_copy;
static struct over over;
static struct archive *reader, *writer, *disk;
static uint64_t bytes; /* of files' data */
static uint64_t charged, max_bytes, entries, max_entries; /* what counts, and how much may */
static char last_folder[4096]; /* the folder of the last entry; "": the top */
static int memory; /* MiB of memory that may be used */

/* A kind of event that is reported once, with the number of times that it has happened. */
static struct tally {
	uint64_t count;
	char first[512];
} left_out, warnings;

/* Sends a message of KIND to unpack.c. */
__attribute__((format(printf, 2, 3))) static void tell(char kind, const char *format, ...)
{
	char message[8192] = {kind};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message + 1, sizeof(message) - 1, format, arguments);
	va_end(arguments);
	/* Nobody is there: box was killed, and there is no use in going on. */
	if (send(MESSAGES_FD, message, strlen(message), MSG_NOSIGNAL) < 0)
		_exit(EXIT_BOX);
}

/* Tells what went wrong, and ends. "%m" is the text of errno. */
#define die(...) (tell('e', __VA_ARGS__), _exit(EXIT_BOX))

static void count(struct tally *tally, const char *name, const char *cause)
{
	if (tally->count++ == 0)
		snprintf(tally->first, sizeof(tally->first), "%s%s%s", name, cause ? ": " : "",
			cause ?: "");
}

static void tell_tally(const struct tally *tally, const char *what)
{
	if (tally->count > 0)
		tell('w', "%s: %" PRIu64 ", the first %s", what, tally->count, tally->first);
}

/* ---- confinement ---- */

/* Makes the working folder the root of a new mount tree. Nothing in it can be executed, loaded as a
 * library, or used as a device, not even by a decompressor with a security hole. */
static void enter_folder(void)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};
	int tree;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("private mounts: %m");
	tree = syscall(
		SYS_open_tree, AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0 ||
		syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
			sizeof(attributes)) < 0 ||
		syscall(SYS_move_mount, tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die("enter the folder: %m");
	close(tree);
}

/* The folder is in a container, whose root becomes the root of this process, so that symlinks lead
 * to where they lead in the container. If somebody moves folders out of this root meanwhile, this
 * process comes no further than the top of the container's own mounts. */
static void enter_container(void)
{
	int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0 || fchdir(ROOT_FD) < 0 || chroot(".") < 0 || fchdir(folder) < 0)
		die("enter the container: %m");
	close(folder);
	close(ROOT_FD);
}

static void drop_capabilities(void)
{
	/* FSETID is to keep setgid bits. Whiteouts need no MKNOD: mknod(2) allows device 0:0. */
	static const uint32_t kept = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER |
				     1U << CAP_FSETID | 1U << CAP_SETFCAP;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = kept, .permitted = kept}};

	for (int i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i) < 0)
			die("drop capability %d: %m", i);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capset, &header, data) < 0)
		die("drop privileges: %m");
}

/* Limits the memory, but not with a sanitizer, which takes terabytes of addresses. A lower limit
 * that was there before stays. */
static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) < 0)
		die("limit memory: %m");
	if (limit.rlim_cur >> 20 < (rlim_t)memory)
		memory = limit.rlim_cur >> 20;
	limit = (struct rlimit){(rlim_t)memory << 20, (rlim_t)memory << 20};
	if (setrlimit(RLIMIT_AS, &limit) < 0)
		die("limit memory: %m");
#endif
}

/* Gives up all that the work does not need, before the archive is looked at. */
static void confine(void)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		die("confine: %m");
	/* Box may have died before PR_SET_PDEATHSIG. */
	if (recv(MESSAGES_FD, &(char){0}, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		_exit(EXIT_BOX);
	/* Names are UTF-8. The locale is loaded now: once confined, it would be the archive's. */
	setlocale(LC_CTYPE, "C.UTF-8");
	/* So is /etc/localtime, which the times of a zip file need: the archive's may be a fifo. */
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
	umask(022);
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		die("unshare: %m");
	if (fcntl(ROOT_FD, F_GETFD) >= 0)
		enter_container();
	else
		enter_folder();
	drop_capabilities();
	limit_memory();
}

/* libarchive's text of what went wrong with ARCHIVE. */
static const char *said(struct archive *archive)
{
	static char text[1024];
	const char *own = archive_error_string(archive) ?: "unknown error";

	if (archive_errno(archive) != ENOMEM && !strstr(own, "memory"))
		return own;
	snprintf(text, sizeof(text), "%s: it takes more than %d MiB of memory", own, memory);
	return text;
}

/* Starts a thread, whose stack has a size of its own: the default size is the limit of stacks that
 * box's caller has, and might be more than all memory that box-unpack may use
 * (pthread_create(3)). */
static void start_thread(void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error = pthread_attr_init(&attributes);

	if (error == 0)
		error = pthread_attr_setstacksize(&attributes, THREAD_STACK);
	if (error == 0)
		error = pthread_create(&thread, &attributes, run, argument);
	if (error != 0)
		die("start a thread: %s", strerror(error));
}

/* ---- decompression, in a thread beside the writing ---- */

/* Gzip is decompressed by zlib, as libarchive does not compare the checksum and the length at its
 * end. */
static gzFile gzip;
static struct archive *raw; /* all other formats */

static la_ssize_t read_gzip(const void **data)
{
	static char buffer[CHUNK];
	int n = gzread(gzip, buffer, sizeof(buffer)), error = Z_OK;
	const char *text = gzerror(gzip, &error);

	if (n <= 0 && error != Z_OK && error != Z_STREAM_END)
		die("gzip: %s", text);
	*data = buffer;
	return n;
}

static la_ssize_t read_raw(const void **data)
{
	size_t size = 0;
	la_int64_t offset;
	int result = archive_read_data_block(raw, data, &size, &offset);

	if (result != ARCHIVE_OK && result != ARCHIVE_EOF)
		die("%s", said(raw));
	return result == ARCHIVE_OK ? size : 0;
}

/* The thread: decompresses the archive, and writes it into PIPE. */
static void *decompress(void *pipe)
{
	static const char padding[512];
	int output = ((int *)pipe)[1];
	uint64_t total = 0;
	const void *data;
	la_ssize_t n;

	for (; (n = gzip ? read_gzip(&data) : read_raw(&data)) > 0; total += n)
		write_all(output, data, n);
	/* Adds the padding of the last file, which Go's archive/tar, and so umoci, may leave
	 * out. */
	write_all(output, padding, -total % sizeof(padding));
	close(output);
	return NULL;
}

/* Reads the first bytes of the archive, which stay there to be read again; of a pipe, by tee(2). */
static ssize_t peek(unsigned char *data, size_t size)
{
	ssize_t n = pread(ARCHIVE_FD, data, size, 0);
	int ends[2];

	if (n >= 0 || errno != ESPIPE || pipe2(ends, O_CLOEXEC) < 0)
		return n;
	if ((n = tee(ARCHIVE_FD, ends[1], size, 0)) > 0)
		n = read(ends[0], data, n);
	close(ends[0]);
	close(ends[1]);
	return n;
}

/* Finds out whether the archive is compressed, and starts to decompress it. Returns a descriptor
 * from which it can be read. */
static int open_decompressed(void)
{
	static int ends[2];
	struct archive_entry *entry;
	unsigned char head[512] = {0};
	ssize_t size = peek(head, sizeof(head));

	if (size == 0)
		die("an empty file");
	if (!is_layer && memcmp(head + 257, "ustar", 5) == 0)
		return ARCHIVE_FD;
	if (head[0] == 0x1f && head[1] == 0x8b) {
		if (!(gzip = gzdopen(ARCHIVE_FD, "rb")) || gzbuffer(gzip, CHUNK) < 0)
			die("memory");
	} else {
		/* Not all filters of libarchive, as some of them start programs. */
		raw = archive_read_new();
		archive_read_support_filter_gzip(raw); /* for a socket, where peek() fails */
		archive_read_support_filter_bzip2(raw);
		archive_read_support_filter_xz(raw);
		archive_read_support_filter_lzma(raw);
		archive_read_support_filter_lzip(raw);
		archive_read_support_filter_zstd(raw);
		archive_read_support_filter_lz4(raw);
		archive_read_support_filter_compress(raw);
		archive_read_support_format_raw(raw);
		if (archive_read_open_fd(raw, ARCHIVE_FD, CHUNK) != ARCHIVE_OK ||
			archive_read_next_header(raw, &entry) != ARCHIVE_OK)
			die("%s", archive_error_string(raw) ? said(raw) : "nothing in it");
		/* Some formats have their table of contents at the end, and must seek. */
		if (!is_layer && archive_filter_count(raw) == 1 &&
			lseek(ARCHIVE_FD, 0, SEEK_SET) == 0)
			return ARCHIVE_FD;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe: %m");
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE);
	start_thread(decompress, ends);
	return ends[0];
}

/* ---- entries ---- */

/* Counts SIZE bytes that NAME is about to take from the disk. */
static void charge(const char *name, uint64_t size)
{
	if ((charged += size) > max_bytes)
		die("%.512s: more than --max-size, %" PRIu64 " bytes, are unpacked, of which each "
		    "file counts %d and its name",
			name, max_bytes, ENTRY_COST);
}

/* Counts SIZE bytes of data that the file NAME is about to take. */
static void count_bytes(const char *name, uint64_t size)
{
	bytes += size;
	charge(name, size);
}

/* What the pieces of a file take from the disk. Holes of sparse files cost nothing, but the pieces
 * between them take whole blocks. */
struct pieces {
	uint64_t end, covered; /* the end of the last piece, and that of its last block */
	uint64_t size, blocks; /* bytes of all pieces, and of all their blocks */
	uint64_t charged; /* bytes that were counted for them so far */
};

/* Counts a piece of the file NAME, which begins at OFFSET. */
static void count_piece(
	const char *name, struct pieces *pieces, uint64_t offset, uint64_t piece_size)
{
	uint64_t end = offset + piece_size, from = offset - offset % ENTRY_COST;
	uint64_t to = end + -end % ENTRY_COST, due;

	if (offset >= pieces->end && from < pieces->covered)
		from = pieces->covered; /* it begins in the last block of the last piece */
	pieces->end = end;
	pieces->covered = to;
	pieces->size += piece_size;
	pieces->blocks += to > from ? to - from : 0;
	bytes += piece_size;
	/* The first block is counted by count_entry(). */
	due = pieces->blocks > ENTRY_COST ? pieces->blocks - ENTRY_COST : 0;
	due = due > pieces->size ? due : pieces->size;
	charge(name, due - pieces->charged);
	pieces->charged = due;
}

static void count_entry(const char *name)
{
	if (++entries > max_entries)
		die("%s: more than %" PRIu64 " files", name, max_entries);
	charge(name, ENTRY_COST + strlen(name));
}

/* Counts the folders on the way to NAME that libarchive is about to make: one name may have two
 * thousand of them. Those of the last entry were counted before. */
static void count_missing_folders(const char *name)
{
	const char *last = strrchr(name, '/');
	size_t length = last ? last - name : 0;
	autofree char *folder = NULL;
	char *slash;

	if (length == strlen(last_folder) && memcmp(name, last_folder, length) == 0)
		return;
	if (length < sizeof(last_folder))
		snprintf(last_folder, sizeof(last_folder), "%.*s", (int)length, name);
	folder = strdup(name);
	while (folder && (slash = strrchr(folder, '/'))) {
		*slash = '\0';
		if (faccessat(AT_FDCWD, folder, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return;
		count_entry(folder);
	}
}

/* Returns NAME without '/' at its beginning and end, and "." for the root. The caller frees it. */
static char *relative(const char *name)
{
	size_t length;
	char *copy;

	name += strspn(name, "/");
	length = strlen(name);
	while (length > 0 && name[length - 1] == '/')
		length--;
	if (!(copy = length > 0 ? strndup(name, length) : strdup(".")))
		die("memory");
	return copy;
}

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
 * of a hostile layer would change box's own overlay. */
static void set_xattrs(struct archive_entry *entry, const char *name)
{
	const char *xattr;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &xattr, &value, &size) == ARCHIVE_OK) {
		if ((strncmp(xattr, "user.", 5) != 0 || strncmp(xattr, "user.overlay.", 13) == 0) &&
			strcmp(xattr, "security.capability") != 0)
			continue;
		charge(name, strlen(xattr) + size);
		if (lsetxattr(name, xattr, value, size, 0) < 0) {
			fail("%s: %s", name, xattr);
			count(&warnings, failure(), NULL);
		}
	}
}

/* What went wrong with NAME: libarchive's text, and that of errno, unless it is part of the
 * first. */
static const char *cause(struct archive *archive, const char *name)
{
	static char text[4096];
	const char *own = said(archive);
	int error = archive_errno(archive);
	const char *system = error > 0 && archive != reader ? strerror(error) : "";

	snprintf(text, sizeof(text), "%s: %s%s%s", name, own,
		*system && !strstr(own, system) ? ": " : "", strstr(own, system) ? "" : system);
	return text;
}

/* Ends if RESULT, of a function of libarchive, is an error of NAME; counts a warning. */
static void check(struct archive *archive, int result, const char *name)
{
	if (result < ARCHIVE_WARN || result == ARCHIVE_RETRY)
		die("%s", cause(archive, name));
	if (result == ARCHIVE_WARN)
		count(&warnings, name, archive_error_string(archive));
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
	int result;

	charge(name, strlen(archive_entry_symlink(entry) ?: ""));
	charge(name, 8 * archive_entry_acl_count(entry, acls));
	check(disk, archive_write_header(disk, entry), name);
	while (has_data &&
		(result = archive_read_data_block(reader, &data, &size, &offset)) != ARCHIVE_EOF) {
		check(reader, result, name);
		/* libarchive would write a negative number of bytes. */
		if (offset < 0 || offset > archive_entry_size(entry))
			die("%s: it has data behind its end", name);
		if (size > 0)
			count_piece(name, &pieces, offset, size);
		/* To libarchive, a full disk is a warning. */
		if (archive_write_data_block(disk, data, size, offset) < 0)
			die("%s", cause(disk, name));
	}
	check(disk, archive_write_finish_entry(disk), name);
}

/* Ends a layer that is unpacked alone, so that all images can share it, if NAME, a hard link to
 * LINK or NULL, shows that it needs the layers below it. */
static void check_alone(const char *name, const char *link)
{
	if (is_layer && !is_over && over_is_needed(name, link)) {
		tell('l', "%s", name);
		_exit(0);
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

	if (!path)
		die("%s", failure());
	if (!opaque && strncmp(hidden, ".wh.", 4) == 0)
		return; /* left by aufs */
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		die("%s: not a whiteout's name", name);
	check_alone(name, NULL);
	if (is_over && over_whiteout(&over, path, opaque) < 0)
		die("%s", failure());
	if (is_over)
		return;
	lstat(path, &st);
	if (!S_ISDIR(st.st_mode)) {
		if (!opaque && st.st_mode && !is_whiteout(&st))
			return;
		if (!opaque && statfs(".", &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC)
			die("%s: the store lies on an overlay, and no other overlay can write "
			    "there: --data gives a folder on a disk or a tmpfs",
				name);
		archive_entry_copy_pathname(entry, path);
		archive_entry_set_hardlink(entry, NULL);
		archive_entry_set_mode(entry, opaque ? S_IFDIR | 0755 : S_IFCHR);
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

	if (is_layer && strncmp(last, ".wh.", 4) == 0) {
		whiteout(entry, name, last);
		return;
	}
	if (archive_entry_hardlink(entry)) {
		link = relative(archive_entry_hardlink(entry));
		archive_entry_copy_hardlink(entry, link);
	} else if (type == AE_IFCHR || type == AE_IFBLK || type == AE_IFSOCK) {
		count(&left_out, name, NULL);
		return;
	}
	check_alone(name, link);
	if (is_over)
		name = real = enter(name, link);
	else
		count_missing_folders(name);
	archive_entry_copy_pathname(entry, name);
	/* Of two entries with the same name the later one wins, unless both are folders. libarchive
	 * only replaces files, and keeps a symlink to a folder where a folder should be. */
	is_folder = type == AE_IFDIR && !link;
	if (lstat(name, &st) == 0 && S_ISDIR(st.st_mode) != is_folder) {
		if (is_copy || strcmp(name, ".") == 0)
			die("%s: %s", name, strerror(is_folder ? ENOTDIR : EISDIR));
		if (remove_tree_at(AT_FDCWD, name) < 0)
			die("%s", failure());
	} else if (is_copy && is_folder && S_ISDIR(st.st_mode)) {
		return; /* the folder that is there stays as it is, and gets more files */
	} else if (is_copy && is_special(&st)) {
		if (type != AE_IFIFO || !S_ISFIFO(st.st_mode))
			die("%s: neither a file nor a folder", name);
		return; /* the fifo that is there stays: somebody may have opened it */
	}
	write_entry(entry, name);
	set_xattrs(entry, name);
	/* A folder in the place of something else, a whiteout perhaps, is opaque: what was there
	 * has hidden the folder of that name in lower layers. */
	if (is_layer && !is_over && st.st_mode && !S_ISDIR(st.st_mode) && is_folder)
		tell('o', "%s", name);
}

/* ---- the whole archive ---- */

static void extract_all(void)
{
	struct archive_entry *entry;
	la_int64_t before = 0;
	int result;

	while ((result = archive_read_next_header(reader, &entry)) != ARCHIVE_EOF) {
		const char *path = result >= ARCHIVE_WARN ? archive_entry_pathname(entry) : NULL;
		const char *error = archive_error_string(reader);
		autofree char *name = relative(path ?: "");

		if (!path)
			die("after %" PRIu64 " files: %s", entries,
				error ?: "a file without a name");
		check(reader, result, name);
		count_entry(name);
		extract(entry, name);
		before = archive_filter_bytes(reader, 0);
	}
	if (is_layer)
		return;
	if (entries == 0)
		die("no files in it");
	/* To libarchive, a tar that was cut off between two files looks complete. But its end mark
	 * is missing, so that the last search for a header, from position BEFORE on, has found
	 * nothing to read. */
	before = (before + 511) / 512 * 512;
	if ((archive_format(reader) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR &&
		archive_filter_bytes(reader, 0) - before < 512)
		die("no end mark: it was cut short");
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

static void unpack_archive(void)
{
	static char rest[CHUNK];
	int fd = open_decompressed();

	reader = archive_read_new();
	disk = archive_write_disk_new();
	/* Not all formats: mtree reads other files, and nobody has a root filesystem in cab, rar
	 * or lha. */
	archive_read_support_format_tar(reader);
	archive_read_support_format_cpio(reader);
	archive_read_support_format_zip_seekable(reader); /* the streaming one gives no modes */
	archive_read_support_format_7zip(reader);
	archive_read_support_format_iso9660(reader);
	/* No SECURE_SYMLINKS, for which "lib -> usr/lib" is an attack: symlinks cannot lead out of
	 * the new root. Owners are set by their numbers, as names would be looked up in the
	 * image. */
	archive_write_disk_set_options(disk, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
						     ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL |
						     ARCHIVE_EXTRACT_SECURE_NODOTDOT);
	if (archive_read_open_fd(reader, fd, CHUNK) != ARCHIVE_OK)
		die("%s", archive_error_string(reader));
	if (!is_copy)
		start_sync();
	extract_all();
	/* By this, folders get their modes and times. */
	check(disk, archive_write_close(disk), "folders");
	if (is_over && over_finish(&over) < 0)
		die("%s", failure());
	/* Reads the padding after the end of the archive, so that the checksum is compared. */
	while (fd != ARCHIVE_FD && read(fd, rest, sizeof(rest)) > 0)
		;
}

/* ---- packing ---- */

/* Asks unpack.c whether FOLDER is opaque. */
static bool ask_opaque(const char *folder)
{
	char answer = 0;

	tell('q', "%s", folder);
	if (recv(MESSAGES_FD, &answer, 1, 0) < 1)
		_exit(EXIT_BOX);
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
		_exit(EXIT_BOX);
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
		bytes += size;
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

	if (type == AE_IFSOCK || (is_layer && is_mark(name))) {
		count(&left_out, path, NULL);
	} else if (is_layer && slash && type == AE_IFCHR && archive_entry_rdev(entry) == 0) {
		pack_whiteout(name, slash - name, last);
	} else {
		if (is_copy)
			disown(entry);
		pack_entry(entry, path);
		if (is_layer && type == AE_IFDIR && ask_opaque(path))
			pack_whiteout(name, strlen(name), ".wh..opq");
	}
}

/* Packs the file or folder NAME, which is called AS in the archive. */
static void pack_archive(const char *name, const char *as)
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
		if (!is_kernels(path) && !(is_layer && is_mark(new)))
			archive_read_disk_descend(disk);
		archive_entry_copy_pathname(entry, new);
		archive_entry_linkify(links, &entry, &later); /* with tar, none is kept for later */
		pack_one(entry, path, new);
		archive_entry_clear(entry);
	}
	check_written(archive_write_close(writer), "the archive");
}

int main(int argc, char *argv[])
{
	bool packs = argc == 5 && strcmp(argv[1], "pack") == 0;

	if (!packs && (argc != 5 || strcmp(argv[1], "unpack") != 0)) {
		fputs("box-unpack is started by box\n", stderr);
		return EXIT_BOX;
	}
	is_over = strcmp(argv[2], "over") == 0;
	is_layer = is_over || strcmp(argv[2], "layer") == 0;
	is_copy = strcmp(argv[2], "copy") == 0;
	memory = packs ? PACK_MEMORY : UNPACK_MEMORY;
	confine();
	if (packs) {
		pack_archive(argv[3], argv[4]);
		tell_tally(&left_out, "sockets, and names that begin with .wh., left out");
	} else {
		max_bytes = strtoull(argv[3], NULL, 10);
		max_entries = strtoull(argv[4], NULL, 10);
		unpack_archive();
		tell_tally(&left_out, "device nodes and sockets left out");
	}
	tell_tally(&warnings, "warnings");
	tell('d', "%" PRIu64 " %" PRIu64 " %" PRIu64, bytes, charged, entries);
	return 0;
}
