/* util.c: what several files need. */
#define _GNU_SOURCE
#include "box.h"

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

char *format_text(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0) {
		fail("memory");
		text = NULL;
	}
	va_end(arguments);
	return text;
}

int write_all(int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		else if (n < 0 && errno != EINTR)
			return fail("write");
		done += n > 0 ? n : 0;
	}
	return 0;
}

int write_file_at(int dir, const char *name, const char *text)
{
	autoclose int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return fail("write %s to %s", text, name);
	return 0;
}

int replace_file_at(int dir, const char *name, const void *data, size_t size, bool lasts)
{
	autofree char *new = format_text("%s.new", name);
	autoclose int fd = -1;
	int error;

	if (!new)
		return -1;
	fd = openat(dir, new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && write_all(fd, data, size) == 0 && (!lasts || fsync(fd) == 0) &&
		renameat(dir, new, dir, name) == 0)
		return 0;
	error = errno;
	unlinkat(dir, new, 0);
	errno = error;
	return fail("%s", name);
}

char *read_file(int fd, const char *name, size_t limit)
{
	autofree char *data = malloc(limit + 1);
	size_t size = 0;
	struct stat st;
	ssize_t n = 0;

	if (!data || fd < 0 || fstat(fd, &st) < 0) {
		fail("%s", name);
		return NULL;
	}
	errno = S_ISREG(st.st_mode) ? 0 : EINVAL;
	while (!errno && size <= limit && (n = read(fd, data + size, limit + 1 - size)) > 0)
		size += n;
	if (!errno && size > limit)
		errno = EFBIG;
	if (errno) {
		fail("%s", name);
		return NULL;
	}
	data[size] = '\0';
	return realloc(steal_pointer(&data), size + 1);
}

char *read_file_at(int dir, const char *name, size_t limit)
{
	autoclose int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return read_file(fd, name, limit);
}

/* As deep as descriptors are kept. What lies deeper is moved up to the top first. */
enum { MAX_DEPTH = 32 };

static int remove_below(int top, int dir, const char *name, int depth);

/* Removes what is in the folder fd, and closes it. */
static int empty_folder(int top, int fd, int depth)
{
	struct dirent *entry;
	DIR *stream = fdopendir(fd);
	int result = 0;

	if (!stream) {
		close(fd);
		return fail("opendir");
	}
	while (result == 0 && (entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = remove_below(top, dirfd(stream), entry->d_name, depth);
	closedir(stream);
	return result;
}

static int remove_below(int top, int dir, const char *name, int depth)
{
	/* NO_XDEV: a mount, bind mounts included, is not entered. */
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_BENEATH,
	};
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail("remove %s", name);
	if (depth == MAX_DEPTH) {
		/* A container that knew the name could have put something in the way. */
		char id[ID_LENGTH + 1], moved[ID_LENGTH + 16];

		random_id(id);
		snprintf(moved, sizeof(moved), ".box-remove-%s", id);
		return renameat(dir, name, top, moved) < 0 ? fail("remove %s", name) : 0;
	}
	if ((fd = syscall(SYS_openat2, dir, name, &how, sizeof(how))) < 0) {
		if (errno == ENOTDIR)
			errno = EPERM; /* so unlinkat() said it of a file: it is immutable */
		return fail("remove %s", name);
	}
	if (empty_folder(top >= 0 ? top : fd, fd, depth + 1) < 0)
		return -1;
	/* Not empty: what came from deeper down, after readdir had passed its place. */
	while (unlinkat(dir, name, AT_REMOVEDIR) < 0) {
		if ((errno != ENOTEMPTY && errno != EEXIST) || depth > 0)
			return fail("remove %s", name);
		if ((fd = syscall(SYS_openat2, dir, name, &how, sizeof(how))) < 0 ||
			empty_folder(fd, fd, depth + 1) < 0)
			return fail("remove %s", name);
	}
	return 0;
}

int remove_tree_at(int dir, const char *name)
{
	return remove_below(-1, dir, name, 0);
}

uint64_t tree_size(const char *path)
{
	char *const paths[] = {(char *)path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL);
	uint64_t size = 0;

	for (FTSENT *entry; tree && (entry = fts_read(tree));)
		if (entry->fts_info == FTS_F || entry->fts_info == FTS_SL ||
			entry->fts_info == FTS_DEFAULT)
			size += entry->fts_statp->st_blocks * UINT64_C(512) /
				entry->fts_statp->st_nlink;
	if (tree)
		fts_close(tree);
	return size;
}

void random_id(char id[ID_LENGTH + 1])
{
	unsigned char bytes[ID_LENGTH / 2];

	getentropy(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		sprintf(id + 2 * i, "%02x", bytes[i]);
}

int open_in_root(int dir, const char *name, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return syscall(SYS_openat2, dir, name, &how, sizeof(how));
}

void unescape_octal(char *text)
{
	char *to = text;

	for (unsigned c; *text; *to++ = (char)c) {
		c = (unsigned char)*text;
		if (*text == '\\' && strspn(text + 1, "01234567") >= 3 &&
			sscanf(text, "\\%3o", &c) == 1)
			text += 3;
		text++;
	}
	*to = '\0';
}

char *real_path(const char *path)
{
	autofree char *real = realpath(path, NULL);
	struct stat meant, found;

	if (stat(path, &meant) < 0) {
		fail("%s", path);
		return NULL;
	}
	if (real && stat(real, &found) == 0 && found.st_dev == meant.st_dev &&
		found.st_ino == meant.st_ino)
		return steal_pointer(&real);
	failx("%s: a link of /proc leads to a place that has no name here", path);
	return NULL;
}

int open_settled(int dir, const char *path, int flags)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};

	return syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

char *helper_path(const char *name)
{
	static const char *const places[] = {"", "/../libexec/box"};
	char own[PATH_MAX] = "";
	const char *folder = own;

	if (readlink("/proc/self/exe", own, sizeof(own) - 1) < 0) {
		fail("/proc/self/exe");
		return NULL;
	}
	/* After protect_own_file() the file is the root of a mount of its own: no folder. */
	if (strcmp(own, "/") == 0 || strcmp(own, "/ (deleted)") == 0)
		folder = program_invocation_name;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && strchr(folder, '/'); i++) {
		int length = strrchr(folder, '/') - folder;
		char *path = format_text("%.*s%s/%s", length, folder, places[i], name);

		if (!path || access(path, X_OK) == 0)
			return path;
		free(path);
	}
	failx("%s: not found beside box (%s)", name, folder);
	return NULL;
}

/* Bytes of the character of UTF-8 at TEXT; 0 if there is none. */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = *text < 0x80   ? 1
			: *text < 0xc2 ? 0
			: *text < 0xe0 ? 2
			: *text < 0xf0 ? 3
				       : 4;

	if (*text > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

void make_printable(char *text)
{
	unsigned char *c = (unsigned char *)text;

	while (*c) {
		size_t length = utf8_length(c);
		/* C0, DEL, and C1, of which U+009B begins a command to the terminal, too. */
		bool control = *c < ' ' || *c == 0x7f || (*c == 0xc2 && length == 2 && c[1] < 0xa0);

		if (length == 0 || control)
			memset(c, '?', length ? length : 1);
		c += length ? length : 1;
	}
}

bool process_stat(pid_t pid, int64_t fields[N_STAT])
{
	char path[64];
	autofree char *text = NULL;
	char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!(text = read_file_at(AT_FDCWD, path, 4096)) || !(at = strrchr(text, ')')))
		return false;
	for (int i = 3; i < N_STAT; i++) { /* the name, in brackets, is the second */
		if (!(at = strchr(at, ' ')))
			return false;
		fields[i] = strtoll(++at, NULL, 10);
	}
	return true;
}

double clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

bool nap(double seconds, double deadline)
{
	double left = deadline - clock_now();
	struct timespec time;

	if (left <= 0)
		return false;
	if (left < seconds)
		seconds = left;
	time.tv_sec = (time_t)seconds;
	time.tv_nsec = (long)((seconds - time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
	return true;
}

int open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return fail("/dev/null");
	close(fd);
	return 0;
}
