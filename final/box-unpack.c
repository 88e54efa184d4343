/*
 * box-unpack.c: unpacks one archive into one folder, confined. Hostile input meets a process that
 * sees that folder alone, has no network, and may change owners and modes, nothing else.
 *
 *   box-unpack root|layer MAX-BYTES MAX-ENTRIES
 *
 * image.c starts it with three descriptors, and gets messages (SEQPACKET): a letter and a text.
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
#include <string.h>
#include <sys/mount.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <zlib.h>

enum { ARCHIVE_FD = 3, STAGING_FD = 4, MESSAGES_FD = 5 };
enum { CHUNK = 1 << 18, PIPE_SIZE = 1 << 20 };

/* What is reported once, however often it happens. */
struct tally {
	uint64_t count;
	char first[512];
};

struct unpacking {
	struct archive *reader, *disk;
	bool layer; /* of an image: whiteouts have a meaning, and its digest will be verified */
	uint64_t bytes, max_bytes, entries, max_entries;
	struct tally left_out, warnings;
};

/* A thread that decompresses the archive into a pipe. */
struct filter {
	struct archive *raw; /* NULL: gzip */
	int input, output;
	uint64_t bytes; /* that came out */
	char error[256];
};

static void tell(char kind, const char *text)
{
	char message[8192];
	int length = snprintf(message, sizeof(message), "%c%s", kind, text);

	if (length >= (int)sizeof(message))
		length = sizeof(message) - 1;
	/* Nobody there: box has been killed, and what it does is for nothing. */
	if (send(MESSAGES_FD, message, length, MSG_NOSIGNAL) < 0)
		_exit(EXIT_BOX);
}

static void count(struct tally *tally, const char *name, const char *cause)
{
	if (tally->count++ == 0)
		snprintf(tally->first, sizeof(tally->first), "%s%s%s", name, cause ? ": " : "",
			cause ? cause : "");
}

static void print_tally(const struct tally *tally, const char *what)
{
	char text[1024];

	if (tally->count == 0)
		return;
	snprintf(text, sizeof(text), "%s: %llu, the first %s", what,
		(unsigned long long)tally->count, tally->first);
	tell('w', text);
}

/* ---- confinement -------------------------------------------------------------------------------
 */

/* The staging folder becomes all there is. Nothing in it can be executed, loaded as a library, or
 * used as a device, not even by a decompressor with a hole. */
static int enter_staging(void)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};
	int tree;

	/* unshare() takes the working folder along; a descriptor would stay one of box's mounts. */
	if (fchdir(STAGING_FD) < 0 ||
		unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return fail("unshare");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("make mounts private");
	tree = syscall(SYS_open_tree, AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes,
				sizeof(attributes)) < 0)
		return fail("a mount of the staging folder");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail("enter the staging folder");
	close(tree);
	close(STAGING_FD);
	return 0;
}

static int drop_capabilities(void)
{
	/* FSETID keeps setgid bits; whiteouts need no MKNOD: mknod(2) allows device 0:0. */
	static const int kept[] = {
		CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETFCAP};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		data[0].effective |= 1U << kept[i];
	data[0].permitted = data[0].effective;
	for (int i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++)
		if (i > 31 || !(data[0].effective & 1U << i))
			if (prctl(PR_CAPBSET_DROP, i) < 0)
				return fail("drop capability %d", i);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("no_new_privs");
	return syscall(SYS_capset, &header, data) < 0 ? fail("capset") : 0;
}

static int confine(void)
{
	struct rlimit none = {0, 0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return fail("/dev/null");
	if (null > 2)
		close(null);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return fail("confine");
	/* Box may have died before that. */
	if (recv(MESSAGES_FD, &(char){0}, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		_exit(EXIT_BOX);
	/* Names are UTF-8. Before the chroot: after it, the archive could bring the locale. */
	setlocale(LC_CTYPE, "C.UTF-8");
	umask(022);
	return enter_staging() < 0 ? -1 : drop_capabilities();
}

/* ---- decompression, in a thread beside the writing ---------------------------------------------
 */

static bool put(struct filter *filter, const char *data, size_t size)
{
	filter->bytes += size;
	while (size > 0) {
		ssize_t n = write(filter->output, data, size);

		if (n < 0 && errno != EINTR)
			return false; /* nobody reads any more: an error is being reported */
		if (n > 0) {
			data += n;
			size -= n;
		}
	}
	return true;
}

/* By zlib itself, as libarchive does not compare the checksum and the length at gzip's end. */
static void filter_gzip(struct filter *filter)
{
	static char buffer[CHUNK];
	int n, error = Z_OK;
	const char *text;
	gzFile gzip = gzdopen(filter->input, "rb");

	if (!gzip) {
		close(filter->input);
		snprintf(filter->error, sizeof(filter->error), "memory");
		return;
	}
	gzbuffer(gzip, CHUNK);
	do
		n = gzread(gzip, buffer, sizeof(buffer));
	while (n > 0 && put(filter, buffer, n));
	text = gzerror(gzip, &error);
	if (n <= 0 && error != Z_OK && error != Z_STREAM_END)
		snprintf(filter->error, sizeof(filter->error), "gzip: %s", text);
	gzclose(gzip);
}

static void filter_raw(struct filter *filter)
{
	const void *data;
	size_t size;
	la_int64_t offset;
	int result;

	while ((result = archive_read_data_block(filter->raw, &data, &size, &offset)) == ARCHIVE_OK)
		if (!put(filter, data, size))
			return;
	if (result != ARCHIVE_EOF)
		snprintf(filter->error, sizeof(filter->error), "%s",
			archive_error_string(filter->raw));
}

static void *filter_main(void *data)
{
	static const char padding[512];
	struct filter *filter = data;

	if (filter->raw)
		filter_raw(filter);
	else
		filter_gzip(filter);
	/* Go's archive/tar, and so umoci, may leave out the padding at the end of the last file. */
	put(filter, padding, -filter->bytes % sizeof(padding));
	close(filter->output);
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
		archive_read_free(raw);
		return (filter->input = fcntl(ARCHIVE_FD, F_DUPFD_CLOEXEC, 6)) < 0 ? fail("dup")
										   : 1;
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
	if (result == ARCHIVE_OK && (layer || archive_filter_count(raw) > 1)) {
		filter->raw = raw;
		return 1;
	}
	if (result != ARCHIVE_OK)
		failx("%s", result == ARCHIVE_EOF ? "nothing in it" : archive_error_string(raw));
	archive_read_free(raw);
	return result == ARCHIVE_OK ? 0 : -1;
}

/* ---- entries -----------------------------------------------------------------------------------
 */

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

static int filter_xattrs(struct archive_entry *entry)
{
	struct archive_entry *copy;
	const char *name;
	const void *value;
	size_t size;

	if (archive_entry_xattr_count(entry) == 0)
		return 0;
	if (!(copy = archive_entry_clone(entry)))
		return fail("memory");
	archive_entry_xattr_clear(entry);
	archive_entry_xattr_reset(copy);
	while (archive_entry_xattr_next(copy, &name, &value, &size) == ARCHIVE_OK)
		if (is_kept_xattr(name))
			archive_entry_xattr_add_entry(entry, name, value, size);
	archive_entry_free(copy);
	return 0;
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
			return failx("%s: more than --max-size, %llu bytes, are unpacked", name,
				(unsigned long long)unpacking->max_bytes);
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

/* Makes the folder NAME hide what lower layers have in it. */
static int opaque(struct unpacking *unpacking, const char *name)
{
	struct archive_entry *entry;
	struct stat st;
	int result = 0;

	if (lstat(name, &st) < 0 || !S_ISDIR(st.st_mode)) {
		if (!(entry = archive_entry_new()))
			return fail("memory");
		archive_entry_copy_pathname(entry, name);
		archive_entry_set_mode(entry, S_IFDIR | 0755);
		result = write_entry(unpacking, entry, name);
		archive_entry_free(entry);
	}
	tell('o', name);
	return result;
}

/* NAME's last part, if it is one of a layer's marks for what is removed from those below it. */
static const char *whiteout_mark(const char *name)
{
	const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;

	return strncmp(last, ".wh.", 4) == 0 ? last : NULL;
}

/* FOLDER/.wh.NAME: FOLDER/NAME becomes the overlay's mark, unless this layer has such a file. */
static int whiteout(struct unpacking *unpacking, struct archive_entry *entry, const char *name,
	const char *mark)
{
	const char *hidden = mark + strlen(".wh.");
	int length = mark - name;
	autofree char *folder = length ? strndup(name, length - 1) : strdup(".");
	autofree char *path = format_text("%.*s%s", length, name, hidden);
	struct stat st;

	if (!path || !folder)
		return -1;
	if (strcmp(mark, ".wh..wh..opq") == 0)
		return opaque(unpacking, folder);
	if (strncmp(hidden, ".wh.", 4) == 0)
		return 0; /* left by aufs */
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return failx("%s: not a whiteout's name", name);
	if (lstat(path, &st) == 0 && !is_whiteout(&st))
		return S_ISDIR(st.st_mode) ? opaque(unpacking, path) : 0;
	archive_entry_copy_pathname(entry, path);
	archive_entry_set_hardlink(entry, NULL);
	archive_entry_set_mode(entry, S_IFCHR);
	archive_entry_set_rdev(entry, 0);
	archive_entry_set_size(entry, 0);
	return write_entry(unpacking, entry, name);
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
	mode_t type = archive_entry_filetype(entry);
	const char *mark = unpacking->layer ? whiteout_mark(name) : NULL;
	autofree char *link = NULL;
	bool was_whiteout;

	if (mark)
		return whiteout(unpacking, entry, name, mark);
	archive_entry_copy_pathname(entry, name);
	if (archive_entry_hardlink(entry)) {
		if (!(link = relative(archive_entry_hardlink(entry))))
			return fail("memory");
		archive_entry_copy_hardlink(entry, link);
	} else if (type == AE_IFCHR || type == AE_IFBLK || type == AE_IFSOCK) {
		count(&unpacking->left_out, name, NULL);
		return 0;
	}
	if (filter_xattrs(entry) < 0 ||
		make_way(name, type == AE_IFDIR && !link, &was_whiteout) < 0 ||
		write_entry(unpacking, entry, name) < 0)
		return -1;
	return was_whiteout && type == AE_IFDIR ? opaque(unpacking, name) : 0;
}

/* ---- the whole archive -------------------------------------------------------------------------
 */

static struct archive *new_disk(void)
{
	/* The chroot keeps symlinks in, not SECURE_SYMLINKS, to which "lib -> usr/lib" is an
	 * attack. Owners are numbers: names would be looked up in the image. */
	int flags = ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
		    ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_ACL | ARCHIVE_EXTRACT_SECURE_NODOTDOT;
	struct archive *disk = archive_write_disk_new();

	archive_write_disk_set_options(disk, flags);
	return disk;
}

static struct archive *new_reader(void)
{
	struct archive *reader = archive_read_new();

	/* Not all: mtree reads other files, and nobody keeps a root filesystem in cab, rar or lha.
	 */
	archive_read_support_format_tar(reader);
	archive_read_support_format_cpio(reader);
	archive_read_support_format_zip_seekable(reader); /* the other one does without modes */
	archive_read_support_format_7zip(reader);
	archive_read_support_format_iso9660(reader);
	return reader;
}

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
		autofree char *name = relative(path ? path : "");

		if (!name)
			return fail("memory");
		if (!path) {
			failx("after %llu files: %s", (unsigned long long)unpacking->entries,
				archive_error_string(reader) ? archive_error_string(reader)
							     : "a file without a name");
			return -1;
		}
		if (check(unpacking, reader, result, name) < 0)
			return -1;
		if (++unpacking->entries > unpacking->max_entries)
			return failx("%s: more than %llu files", name,
				(unsigned long long)unpacking->max_entries);
		if (extract(unpacking, entry, name) < 0)
			return -1;
		before = archive_filter_bytes(reader, 0);
	}
	return check_end(unpacking, before);
}

/* Extracts what can be read from FD. */
static int extract_from(struct unpacking *unpacking, int fd)
{
	int result = -1;

	unpacking->reader = new_reader();
	unpacking->disk = new_disk();
	if (archive_read_open_fd(unpacking->reader, fd, CHUNK) != ARCHIVE_OK)
		failx("%s", archive_error_string(unpacking->reader));
	else
		result = extract_all(unpacking);
	/* Now folders get their modes and times. */
	if (result == 0)
		result = check(unpacking, unpacking->disk, archive_write_close(unpacking->disk),
			"folders");
	archive_write_free(unpacking->disk);
	archive_read_free(unpacking->reader);
	return result;
}

/* The same, with the thread of FILTER between the archive and the reader. */
static int extract_filtered(struct unpacking *unpacking, struct filter *filter)
{
	static char rest[CHUNK];
	pthread_t thread;
	int ends[2], result;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("pipe");
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE);
	filter->output = ends[1];
	if ((errno = pthread_create(&thread, NULL, filter_main, filter)) != 0)
		return fail("thread");
	result = extract_from(unpacking, ends[0]);
	/* What follows the archive's end is padding, and then the checksum. */
	while (result == 0 && read(ends[0], rest, sizeof(rest)) > 0)
		;
	close(ends[0]);
	pthread_join(thread, NULL);
	archive_read_free(filter->raw);
	/* If decompression failed, what the reader says is but a consequence. */
	return filter->error[0] ? failx("%s", filter->error) : result;
}

static int unpack_archive(struct unpacking *unpacking)
{
	struct filter filter = {.input = -1};
	int compressed = filter_open(&filter, unpacking->layer);

	if (compressed < 0)
		return -1;
	if (compressed)
		return extract_filtered(unpacking, &filter);
	/* Some formats have their table of contents at the end, and must seek. */
	return lseek(ARCHIVE_FD, 0, SEEK_SET) < 0 ? fail("seek")
						  : extract_from(unpacking, ARCHIVE_FD);
}

int main(int argc, char *argv[])
{
	struct unpacking unpacking = {0};
	char text[32];

	if (argc != 4) {
		fputs("box-unpack is started by box\n", stderr);
		return EXIT_BOX;
	}
	signal(SIGPIPE, SIG_IGN);
	unpacking.layer = strcmp(argv[1], "layer") == 0;
	unpacking.max_bytes = strtoull(argv[2], NULL, 10);
	unpacking.max_entries = strtoull(argv[3], NULL, 10);
	if (confine() < 0 || unpack_archive(&unpacking) < 0) {
		tell('e', failure());
		return EXIT_BOX;
	}
	print_tally(&unpacking.left_out, "device nodes and sockets left out");
	print_tally(&unpacking.warnings, "warnings");
	snprintf(text, sizeof(text), "%llu", (unsigned long long)unpacking.bytes);
	tell('d', text);
	return 0;
}
