/*
 * box-unpack.c: unpacks one archive into one folder, confined. Hostile input meets a process that
 * sees that folder alone, has no network, and may change owners and modes, nothing else.
 *
 *   box-unpack root|layer MAX-BYTES
 *
 * unpack.c starts it in that folder, and gets messages (SEQPACKET): a letter and a text.
 *   e what went wrong, the last message      d BYTES unpacked, the last message
 *   w a warning                              o a folder that hides what lower layers have in it
 */
#define _GNU_SOURCE
#include "box.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <zlib.h>

enum { ARCHIVE_FD = STDIN_FILENO, MESSAGES_FD = STDOUT_FILENO };
enum { CHUNK = 1 << 18, PIPE_SIZE = 1 << 20, MAX_ENTRIES = 10000000 };

/* What is reported once, however often it happens. */
struct tally {
	uint64_t count;
	char first[512];
};

struct unpacking {
	struct archive *reader, *disk;
	bool layer; /* of an image: whiteouts have a meaning, and its digest will be verified */
	uint64_t bytes, max_bytes, entries;
	struct tally left_out, warnings;
};

__attribute__((format(printf, 2, 3))) static void tell(char kind, const char *format, ...)
{
	char message[8192] = {kind};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message + 1, sizeof(message) - 1, format, arguments);
	va_end(arguments);
	/* Nobody there: box has been killed, and what it does is for nothing. */
	if (send(MESSAGES_FD, message, strlen(message), MSG_NOSIGNAL) < 0)
		_exit(EXIT_BOX);
}

static void count(struct tally *tally, const char *name, const char *cause)
{
	if (tally->count++ == 0)
		snprintf(tally->first, sizeof(tally->first), "%s%s%s", name, cause ? ": " : "",
			cause ? cause : "");
}

static void tell_tally(const struct tally *tally, const char *what)
{
	if (tally->count > 0)
		tell('w', "%s: %" PRIu64 ", the first %s", what, tally->count, tally->first);
}

/* ---- confinement ---- */

/* The working folder becomes all there is. Nothing in it can be executed, loaded as a library, or
 * used as a device, not even by a decompressor with a hole. */
static int enter_folder(void)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};
	int tree;

	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return fail("unshare");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("make mounts private");
	tree = syscall(SYS_open_tree, AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes,
				sizeof(attributes)) < 0)
		return fail("a mount of the folder");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail("enter the folder");
	return close(tree);
}

static int drop_capabilities(void)
{
	/* FSETID keeps setgid bits; whiteouts need no MKNOD: mknod(2) allows device 0:0. */
	static const uint32_t kept = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER |
				     1U << CAP_FSETID | 1U << CAP_SETFCAP;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = kept, .permitted = kept}};

	for (int i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i) < 0)
			return fail("drop capability %d", i);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("no_new_privs");
	return syscall(SYS_capset, &header, data) < 0 ? fail("capset") : 0;
}

static int confine(void)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return fail("confine");
	/* Box may have died before that. */
	if (recv(MESSAGES_FD, &(char){0}, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		_exit(EXIT_BOX);
	/* Names are UTF-8. Before the chroot: after it, the archive could bring the locale. */
	setlocale(LC_CTYPE, "C.UTF-8");
	umask(022);
	return enter_folder() < 0 ? -1 : drop_capabilities();
}

/* ---- decompression, in a thread beside the writing ---- */

/* A thread that decompresses the archive into a pipe. */
struct filter {
	struct archive *raw; /* NULL: gzip, by zlib itself, as libarchive does not compare the */
	gzFile gzip; /* checksum and the length at its end */
	int output;
};

/* Ends the whole program: what the reader would say of half an archive is but a consequence. */
_Noreturn static void filter_fail(const char *format, const char *cause)
{
	tell('e', "%s%s", format, cause);
	_exit(EXIT_BOX);
}

/* Returns 0 at the end. */
static size_t filter_read(struct filter *filter, const void **data)
{
	static char buffer[CHUNK];
	la_int64_t offset;
	size_t size;
	int n;

	if (filter->raw) {
		n = archive_read_data_block(filter->raw, data, &size, &offset);
		if (n != ARCHIVE_OK && n != ARCHIVE_EOF)
			filter_fail("", archive_error_string(filter->raw));
		return n == ARCHIVE_EOF ? 0 : size;
	}
	*data = buffer;
	if ((n = gzread(filter->gzip, buffer, sizeof(buffer))) <= 0) {
		const char *text = gzerror(filter->gzip, &n);

		if (n != Z_OK && n != Z_STREAM_END)
			filter_fail("gzip: ", text);
		return 0;
	}
	return n;
}

static void *filter_main(void *filter)
{
	static const char padding[512];
	int output = ((struct filter *)filter)->output;
	uint64_t bytes = 0;
	const void *data;
	size_t size;

	for (; (size = filter_read(filter, &data)) > 0; bytes += size)
		write_all(output, data, size);
	/* Go's archive/tar, and so umoci, may leave out the padding at the end of the last file. */
	write_all(output, padding, -bytes % sizeof(padding));
	close(output);
	return NULL;
}

/* Finds out how the archive is compressed. Returns 1 if it is, or is a layer. */
static int filter_open(struct filter *filter, bool layer)
{
	struct archive *raw = archive_read_new();
	struct archive_entry *entry;
	unsigned char magic[2] = {0};
	int result;

	if (pread(ARCHIVE_FD, magic, sizeof(magic), 0) == 0)
		return failx("an empty file");
	if (magic[0] == 0x1f && magic[1] == 0x8b) {
		if (!(filter->gzip = gzdopen(ARCHIVE_FD, "rb")))
			return failx("memory");
		gzbuffer(filter->gzip, CHUNK);
		return 1;
	}
	/* Not all: some filters of libarchive start programs. */
	archive_read_support_filter_bzip2(raw);
	archive_read_support_filter_xz(raw);
	archive_read_support_filter_lzma(raw);
	archive_read_support_filter_lzip(raw);
	archive_read_support_filter_zstd(raw);
	archive_read_support_filter_lz4(raw);
	archive_read_support_filter_compress(raw);
	archive_read_support_format_raw(raw);
	result = archive_read_open_fd(raw, ARCHIVE_FD, CHUNK);
	if (result == ARCHIVE_OK)
		result = archive_read_next_header(raw, &entry);
	if (result != ARCHIVE_OK)
		return failx(
			"%s", result == ARCHIVE_EOF ? "nothing in it" : archive_error_string(raw));
	filter->raw = raw;
	return layer || archive_filter_count(raw) > 1;
}

/* Returns a descriptor that gives the archive decompressed. */
static int open_decompressed(bool layer)
{
	static struct filter filter;
	int needed = filter_open(&filter, layer), ends[2];
	pthread_t thread;

	if (needed < 0)
		return -1;
	/* Some formats have their table of contents at the end, and must seek. */
	if (!needed)
		return lseek(ARCHIVE_FD, 0, SEEK_SET) < 0 ? fail("seek") : ARCHIVE_FD;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("pipe");
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE);
	filter.output = ends[1];
	errno = pthread_create(&thread, NULL, filter_main, &filter);
	return errno ? fail("thread") : ends[0];
}

/* ---- entries ---- */

/* NAME below ".": no '/' at its beginning or end. NULL when there is no memory. */
static char *relative(const char *name)
{
	size_t length;

	name += strspn(name, "/");
	length = strlen(name);
	while (length > 0 && name[length - 1] == '/')
		length--;
	return length > 0 ? strndup(name, length) : strdup(".");
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* What the kernel would refuse, and what speaks of another machine: trusted.overlay.* of a hostile
 * layer would rule box's own overlay. */
static bool is_kept_xattr(const char *name)
{
	return (strncmp(name, "user.", 5) == 0 && strncmp(name, "user.overlay.", 13) != 0) ||
	       strcmp(name, "security.capability") == 0;
}

static void set_xattrs(struct unpacking *unpacking, struct archive_entry *entry, const char *name)
{
	const char *xattr;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &xattr, &value, &size) == ARCHIVE_OK)
		if (is_kept_xattr(xattr) && lsetxattr(name, xattr, value, size, 0) < 0) {
			fail("%s: %s", name, xattr);
			count(&unpacking->warnings, failure(), NULL);
		}
}

/* A warning is counted; returns -1 for anything worse. */
static int check(struct unpacking *unpacking, struct archive *archive, int result, const char *name)
{
	const char *text = archive_error_string(archive);

	if (result < ARCHIVE_WARN || result == ARCHIVE_RETRY)
		return failx("%s: %s", name, text ? text : "unknown error");
	if (result == ARCHIVE_WARN)
		count(&unpacking->warnings, name, text);
	return 0;
}

static int copy_data(struct unpacking *unpacking, const char *name)
{
	const void *data;
	size_t size;
	la_int64_t offset;
	int result;

	while ((result = archive_read_data_block(unpacking->reader, &data, &size, &offset)) !=
		ARCHIVE_EOF) {
		if (check(unpacking, unpacking->reader, result, name) < 0)
			return -1;
		/* What is stored: the holes of sparse files cost nothing. */
		if ((unpacking->bytes += size) > unpacking->max_bytes)
			return failx("%s: more than --max-size, %" PRIu64 " bytes, are unpacked",
				name, unpacking->max_bytes);
		result = archive_write_data_block(unpacking->disk, data, size, offset);
		if (check(unpacking, unpacking->disk, result < 0 ? result : 0, name) < 0)
			return -1;
	}
	return 0;
}

static int write_entry(struct unpacking *unpacking, struct archive_entry *entry, const char *name)
{
	struct archive *disk = unpacking->disk;
	mode_t type = archive_entry_filetype(entry);

	if (check(unpacking, disk, archive_write_header(disk, entry), name) < 0)
		return -1;
	if (type != AE_IFDIR && type != AE_IFLNK && archive_entry_size(entry) > 0 &&
		copy_data(unpacking, name) < 0)
		return -1;
	return check(unpacking, disk, archive_write_finish_entry(disk), name);
}

/* FOLDER/.wh.NAME: FOLDER/NAME becomes the overlay's mark, unless this layer has such a file. In
 * the place of a folder, MARK is its last part: it hides what lower layers have, as .wh..wh..opq
 * does. */
static int whiteout(struct unpacking *unpacking, struct archive_entry *entry, const char *name,
	const char *mark)
{
	const char *hidden = mark + strlen(".wh.");
	bool opaque = strcmp(mark, ".wh..wh..opq") == 0;
	int length = mark - name;
	autofree char *path = opaque && length == 0 ? strdup(".")
			      : opaque              ? strndup(name, length - 1)
						    : format_text("%.*s%s", length, name, hidden);
	struct stat st = {0};

	if (!path)
		return fail("memory");
	if (!opaque && strncmp(hidden, ".wh.", 4) == 0)
		return 0; /* left by aufs */
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return failx("%s: not a whiteout's name", name);
	lstat(path, &st);
	if (!S_ISDIR(st.st_mode)) {
		if (!opaque && st.st_mode && !is_whiteout(&st))
			return 0;
		archive_entry_copy_pathname(entry, path);
		archive_entry_set_hardlink(entry, NULL);
		archive_entry_set_mode(entry, opaque ? S_IFDIR | 0755 : S_IFCHR);
		archive_entry_set_rdev(entry, 0);
		archive_entry_set_size(entry, 0);
		if (write_entry(unpacking, entry, name) < 0)
			return -1;
	}
	if (opaque || S_ISDIR(st.st_mode))
		tell('o', "%s", path);
	return 0;
}

/* The later of two entries with a name wins, unless both are folders. libarchive replaces files
 * alone, and keeps a symlink to a folder where a folder should be. */
static int make_way(const char *name, bool folder, bool *was_whiteout)
{
	struct stat st;

	*was_whiteout = false;
	if (lstat(name, &st) < 0 || S_ISDIR(st.st_mode) == folder)
		return 0;
	*was_whiteout = is_whiteout(&st);
	return remove_tree_at(AT_FDCWD, name) < 0 ? -1 : 0;
}

static int extract(struct unpacking *unpacking, struct archive_entry *entry, const char *name)
{
	const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	mode_t type = archive_entry_filetype(entry);
	autofree char *link = NULL;
	bool was_whiteout;

	if (unpacking->layer && strncmp(last, ".wh.", 4) == 0)
		return whiteout(unpacking, entry, name, last);
	archive_entry_copy_pathname(entry, name);
	if (archive_entry_hardlink(entry)) {
		if (!(link = relative(archive_entry_hardlink(entry))))
			return fail("memory");
		archive_entry_copy_hardlink(entry, link);
	} else if (type == AE_IFCHR || type == AE_IFBLK || type == AE_IFSOCK) {
		count(&unpacking->left_out, name, NULL);
		return 0;
	}
	if (make_way(name, type == AE_IFDIR && !link, &was_whiteout) < 0 ||
		write_entry(unpacking, entry, name) < 0)
		return -1;
	set_xattrs(unpacking, entry, name);
	if (was_whiteout && type == AE_IFDIR)
		tell('o', "%s", name);
	return 0;
}

/* ---- the whole archive ---- */

/* A tar that was cut between two files looks whole to libarchive: its end mark is missing, and so
 * the last search for a header, from position BEFORE on, found nothing to read. */
static int check_end(struct unpacking *unpacking, la_int64_t before)
{
	int format = archive_format(unpacking->reader) & ARCHIVE_FORMAT_BASE_MASK;
	la_int64_t after = archive_filter_bytes(unpacking->reader, 0);

	if (unpacking->layer)
		return 0;
	if (unpacking->entries == 0)
		return failx("no files in it");
	if (format == ARCHIVE_FORMAT_TAR && after - (before + 511) / 512 * 512 < 512)
		return failx("no end mark: it was cut short");
	return 0;
}

static int extract_all(struct unpacking *unpacking)
{
	struct archive *reader = unpacking->reader;
	struct archive_entry *entry;
	la_int64_t before = 0;
	int result;

	while ((result = archive_read_next_header(reader, &entry)) != ARCHIVE_EOF) {
		const char *path = result >= ARCHIVE_WARN ? archive_entry_pathname(entry) : NULL;
		const char *error = archive_error_string(reader);
		autofree char *name = relative(path ? path : "");

		if (!name)
			return fail("memory");
		if (!path)
			return failx("after %" PRIu64 " files: %s", unpacking->entries,
				error ? error : "a file without a name");
		if (check(unpacking, reader, result, name) < 0)
			return -1;
		if (++unpacking->entries > MAX_ENTRIES)
			return failx("%s: more than %d files", name, MAX_ENTRIES);
		if (extract(unpacking, entry, name) < 0)
			return -1;
		before = archive_filter_bytes(reader, 0);
	}
	return check_end(unpacking, before);
}

static int unpack_archive(struct unpacking *unpacking)
{
	static char rest[CHUNK];
	struct archive *reader = archive_read_new(), *disk = archive_write_disk_new();
	int fd = open_decompressed(unpacking->layer);

	if (fd < 0)
		return -1;
	/* Not all: mtree reads other files, and nobody keeps a root filesystem in cab, rar or lha.
	 */
	archive_read_support_format_tar(reader);
	archive_read_support_format_cpio(reader);
	archive_read_support_format_zip_seekable(reader); /* the other one does without modes */
	archive_read_support_format_7zip(reader);
	archive_read_support_format_iso9660(reader);
	/* The chroot keeps symlinks in, not SECURE_SYMLINKS, to which "lib -> usr/lib" is an
	 * attack. Owners are numbers: names would be looked up in the image. */
	archive_write_disk_set_options(disk, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
						     ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL |
						     ARCHIVE_EXTRACT_SECURE_NODOTDOT);
	unpacking->reader = reader;
	unpacking->disk = disk;
	if (archive_read_open_fd(reader, fd, CHUNK) != ARCHIVE_OK)
		return failx("%s", archive_error_string(reader));
	/* The end gives folders their modes and times. */
	if (extract_all(unpacking) < 0 ||
		check(unpacking, disk, archive_write_close(disk), "folders") < 0)
		return -1;
	/* What follows the archive's end is padding, and then the checksum. */
	while (fd != ARCHIVE_FD && read(fd, rest, sizeof(rest)) > 0)
		;
	return 0;
}

int main(int argc, char *argv[])
{
	struct unpacking unpacking = {0};

	if (argc != 3) {
		fputs("box-unpack is started by box\n", stderr);
		return EXIT_BOX;
	}
	unpacking.layer = strcmp(argv[1], "layer") == 0;
	unpacking.max_bytes = strtoull(argv[2], NULL, 10);
	if (confine() < 0 || unpack_archive(&unpacking) < 0) {
		tell('e', "%s", failure());
		_exit(EXIT_BOX);
	}
	tell_tally(&unpacking.left_out, "device nodes and sockets left out");
	tell_tally(&unpacking.warnings, "warnings");
	tell('d', "%" PRIu64, unpacking.bytes);
	return 0;
}
