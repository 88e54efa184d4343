/* unpack.c: has box-unpack unpack an archive, which box reads and hashes meanwhile, pack one, or do
 * both at the same time, to copy. */
#define _GNU_SOURCE
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sha2.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "overlay.h"
#include "path.h"
#include "process.h"
#include "text.h"
#include "users.h"

/* One process of box-unpack, and what it does. */
struct job {
	const char *name; /* of the archive, for messages */
	int archive; /* what box-unpack reads or writes, as its stdin */
	int folder, socket; /* box-unpack's working folder; its messages come by the socket */
	int root; /* of the container that the folder is in; -1: the folder becomes the root */
	int users; /* the user namespace of which box-unpack is root; 0 or -1: the caller's */
	const struct unpack *into; /* of unpack(), else NULL */
	pid_t pid;
	int file; /* the archive, which only box reads */
	int pipe; /* by which box-unpack gets the archive; -1: none, or it needs no more */
	SHA2_CTX sha; /* of what was read */
	off_t size, hashed; /* bytes of the archive; of these, bytes that were read and hashed */
	uint64_t bytes; /* bytes of data that were written */
	struct quota used; /* what is to be subtracted from the quota */
	int percent; /* as the progress bar shows it; -1: there is no bar */
	struct timespec start; /* of CLOCK_MONOTONIC */
};

static void draw_progress(struct job *job)
{
	static const char bar[] = "####################....................";
	off_t at = job->hashed;
	int percent = job->size && at < job->size ? at * 100 / job->size : 100;
	char done[16], all[16], rate[16];
	struct timespec now;

	if (percent == job->percent || !isatty(STDERR_FILENO))
		return;
	job->percent = percent;
	clock_gettime(CLOCK_MONOTONIC, &now);
	at = at / (now.tv_sec - job->start.tv_sec + (now.tv_nsec - job->start.tv_nsec) / 1e9);
	fprintf(stderr, "\r\033[K%s [%.20s] %s of %s, %s/s", job->name, bar + 20 - percent / 5,
		human_size(job->size * percent / 100, done), human_size(job->size, all),
		human_size(at, rate));
}

static void clear_progress(struct job *job)
{
	if (job->percent >= 0)
		fputs("\r\033[K", stderr);
	job->percent = -1;
}

/* Mounts the layers below and the folder INTO as one overlay, in a mount namespace of box-unpack,
 * and enters it. */
static int enter_overlay(const struct unpack *into)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("a namespace of mounts");
	/* By its path, as the descriptor is of a mount of the old namespace, which the overlay may
	 * not use. */
	if (chdir(into->path) < 0)
		return fail("%s", into->path);
	if (overlay_mount(into->path, into->below) < 0)
		return -1;
	return chdir(into->path) < 0 ? fail("%s", into->path) : 0;
}

/* Becomes root of job->users. */
static int enter_users(const struct job *job)
{
	if (job->users <= 0)
		return 0;
	return setns(job->users, CLONE_NEWUSER) < 0 || setgroups(0, NULL) < 0 ||
			       setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0
		       ? -1
		       : 0;
}

/* In the child: executes box-unpack with the descriptors that box-unpack.c names. */
_Noreturn static void exec_unpacker(const struct job *job, int socket, char *argv[])
{
	/* opened now: root of another user namespace may not find it */
	int program = job->users > 0 ? open(argv[0], O_PATH | O_CLOEXEC) : -1;
	bool over = job->into && job->into->below;
	bool entered = over ? enter_overlay(job->into) == 0 : fchdir(job->folder) == 0;
	bool ok = entered && dup2(job->archive, STDIN_FILENO) >= 0 &&
		  dup2(socket, STDOUT_FILENO) >= 0;

	if (job->root >= 0 && job->root != 3)
		ok = ok && dup2(job->root, 3) >= 0;
	else if (job->root == 3)
		ok = ok && fcntl(3, F_SETFD, 0) == 0; /* it is close-on-exec */
	if (ok && enter_users(job) == 0 &&
		close_range(job->root >= 0 ? 4 : 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		program < 0 ? execv(argv[0], argv)
			    : execveat(program, "", argv, environ, AT_EMPTY_PATH);
	over && !entered ? fail_prefix("e") : fail("e%s", argv[0]);
	send(ok ? STDOUT_FILENO : socket, failure(), strlen(failure()), MSG_NOSIGNAL);
	_exit(EXIT_BOX);
}

/* Starts box-unpack with the arguments ONE, TWO and so on, in job->folder. */
static int start(
	struct job *job, const char *one, const char *two, const char *three, const char *four)
{
	/* In a PID namespace of its own, box-unpack sees no other process, and leaves none. */
	struct clone_args arguments = {.flags = CLONE_NEWPID, .exit_signal = SIGCHLD};
	autofree char *program = helper_path("box-unpack");
	char *argv[] = {program, (char *)one, (char *)two, (char *)three, (char *)four, NULL};
	int pair[2];

	if (!program)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail("socketpair");
	if ((job->pid = syscall(SYS_clone3, &arguments, sizeof(arguments))) == 0)
		exec_unpacker(job, pair[1], argv);
	close(pair[1]);
	job->socket = pair[0];
	return job->pid < 0 ? fail("clone3") : 0;
}

static void end(struct job *job)
{
	clear_progress(job);
	close_fd(&job->socket);
	if (job->pid > 0) {
		kill(job->pid, SIGKILL);
		waitpid(job->pid, NULL, 0);
	}
}

/* Marks the folder NAME as opaque, so that it hides what lower layers have there: this takes
 * CAP_SYS_ADMIN, which box-unpack does not have. If there is no such folder any more, box-unpack
 * has replaced it since, and nothing is to be done. */
static int set_opaque(const struct job *job, const char *name)
{
	autoclose int fd = open_in_root(job->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	char opaque[32];

	if (fd >= 0 && fsetxattr(fd, users_attribute("overlay.opaque", opaque), "y", 1, 0) < 0)
		return fail("%s: %s of %s", job->name, opaque, name);
	return 0;
}

bool is_opaque(int fd)
{
	char value = 0, opaque[32];
	ssize_t size =
		fd < 0 ? -1 : fgetxattr(fd, users_attribute("overlay.opaque", opaque), &value, 1);

	if (fd >= 0 && size < 0 && *opaque == 'u')
		size = fgetxattr(fd, "user.fuseoverlayfs.opaque", &value, 1);
	return size == 1 && value == 'y';
}

/* Tells box-unpack whether the folder NAME is opaque: to read that takes CAP_SYS_ADMIN, too. */
static int answer(const struct job *job, const char *name)
{
	autoclose int fd = open_in_root(job->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	return send(job->socket, is_opaque(fd) ? "y" : "n", 1, MSG_NOSIGNAL) < 0
		       ? fail("%s: box-unpack", job->name)
		       : 0;
}

/* What the last message of box-unpack has said: it is done; nobody reads what it packs; the layer
 * needs the layers below it. */
enum { DONE = 1, UNREAD, OVER };

/* Handles a message of box-unpack, which reads hostile input and may say anything (see
 * box-unpack.c). Returns DONE, UNREAD or OVER after the last message, 0 after others, or -1 after
 * fail(). */
static int handle_message(struct job *job)
{
	char text[8193];
	ssize_t n = recv(job->socket, text, sizeof(text) - 1, 0);
	int status = 0;

	if (n <= 0) {
		waitpid(job->pid, &status, 0);
		job->pid = -1;
		return failx("%s: box-unpack ended with %s %d", job->name,
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	text[n] = '\0';
	switch (text[0]) {
	case 'd':
		sscanf(text + 1, "%" SCNu64 " %" SCNu64 " %" SCNu64, &job->bytes, &job->used.bytes,
			&job->used.entries);
		return DONE;
	case 'o':
		return set_opaque(job, text + 1);
	case 'q':
		return answer(job, text + 1);
	case 'b':
		return UNREAD;
	case 'l':
		return OVER;
	case 'w':
		clear_progress(job);
		failx("%s: %s", job->name, text + 1); /* makes the text printable */
		warn_user("%s", failure());
		return 0;
	default:
		return failx("%s: %s", job->name, text + 1);
	}
}

/* ---- unpacking what was hashed ----
 *
 * Whoever may write the archive can do so at any time; through a mapping, not even its times need
 * change. So each byte is read only once, and box-unpack gets the bytes that went into the digest:
 * by a pipe, or, for formats that are not read from front to end, as a copy that nobody else can
 * open. */

/* A part of the archive. */
struct part {
	uint8_t data[1 << 18];
	size_t from, to; /* the bytes that box-unpack has not got yet */
};

/* Reads and hashes the next part of the archive. Returns its size; 0 at the end; or -1. */
static ssize_t read_part(struct job *job, struct part *part)
{
	ssize_t n = pread(job->file, part->data, sizeof(part->data), job->hashed);

	if (n < 0)
		return fail("%s", job->name);
	SHA256Update(&job->sha, part->data, n);
	job->hashed += n;
	part->from = 0;
	part->to = n;
	return n;
}

/* Whether the archive, whose first part is PART, has a format that is always read from front to
 * end. */
static bool is_stream(const struct part *part)
{
	static const struct {
		size_t at, length;
		const char *magic;
	} kinds[] = {
		{0, 2, "\x1f\x8b"}, /* gzip */
		{0, 2, "\x1f\x9d"}, /* compress */
		{0, 3, "BZh"},
		{0, 6, "\3757zXZ"}, /* and its NUL */
		{0, 4, "\x28\xb5\x2f\xfd"}, /* zstd */
		{0, 4, "\x04\x22\x4d\x18"}, /* lz4 */
		{0, 4, "LZIP"},
		{0, 5, "07070"}, /* cpio */
		{257, 5, "ustar"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (part->to >= kinds[i].at + kinds[i].length &&
			memcmp(part->data + kinds[i].at, kinds[i].magic, kinds[i].length) == 0)
			return true;
	return false;
}

/* Copies the archive, whose first part is PART, to a file without a name, which box-unpack is to
 * read. More than MAX_BYTES are an error: with a hole, the archive may be larger than the disk. */
static int copy_file(struct job *job, struct part *part, uint64_t max_bytes)
{
	autoclose int fd =
		openat(job->folder, "archive", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n = part->to;

	if (fd < 0 || unlinkat(job->folder, "archive", 0) < 0)
		return fail("%s: a copy", job->name);
	for (; n > 0; n = read_part(job, part)) {
		if (interrupted())
			return failx("%s: interrupted", job->name);
		if ((uint64_t)job->hashed > max_bytes)
			return failx("%s: more than --max-size, %" PRIu64 " bytes", job->name,
				max_bytes);
		if (write_all(fd, part->data, n) < 0)
			return fail_prefix("%s: a copy: ", job->name);
		draw_progress(job);
	}
	if (n < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	job->archive = steal_fd(&fd);
	return 0;
}

/* Writes to the pipe as much of PART as it takes now. */
static int feed(struct job *job, struct part *part)
{
	ssize_t n = write(job->pipe, part->data + part->from, part->to - part->from);

	if (n < 0 && errno == EPIPE)
		close_fd(&job->pipe); /* box-unpack needs no more, or will say why it has ended */
	else if (n < 0 && errno != EAGAIN)
		return fail("%s: box-unpack", job->name);
	part->from += n > 0 ? n : 0;
	return 0;
}

/* Feeds box-unpack with the archive, whose first part is PART, and handles its messages, until it
 * is done and all of the archive was hashed. Returns 0; 1 if the layer needs those below it; or
 * -1. */
static int watch(struct job *job, struct part *part)
{
	bool ended = job->pipe < 0;
	int done = 0;

	while (!done || !ended) {
		struct pollfd polls[] = {{.fd = done ? -1 : job->socket, .events = POLLIN},
			{.fd = job->pipe, .events = POLLOUT}};
		bool waits = ended || (job->pipe >= 0 && part->from < part->to);

		if (interrupted())
			return failx("%s: interrupted", job->name);
		if (poll(polls, 2, waits ? 100 : 0) < 0 && errno != EINTR)
			return fail("poll");
		if (polls[0].revents && (done = handle_message(job)) < 0)
			return -1;
		if (done == OVER)
			return 1;
		if (polls[1].revents && part->from < part->to && feed(job, part) < 0)
			return -1;
		if (!ended && (part->from == part->to || job->pipe < 0)) {
			ssize_t n = read_part(job, part);

			if (n < 0)
				return -1;
			if ((ended = n == 0))
				close_fd(&job->pipe);
		}
		draw_progress(job);
	}
	return 0;
}

/* Reads PART, the first of the archive, and opens what box-unpack is to read: a pipe, or a copy. */
static int open_input(struct job *job, struct part *part, uint64_t max_bytes)
{
	int ends[2];

	if (read_part(job, part) < 0)
		return -1;
	if (!is_stream(part))
		return copy_file(job, part, max_bytes);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("pipe");
	job->archive = ends[0];
	job->pipe = ends[1];
	fcntl(job->pipe, F_SETPIPE_SZ, 1 << 20);
	return fcntl(job->pipe, F_SETFL, O_NONBLOCK) < 0 ? fail("pipe") : 0;
}

int file_key(int fd, const char *name, char key[KEY_LENGTH])
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail("%s", name);
	if (!S_ISREG(st.st_mode))
		return failx("%s: neither a file nor a folder", name);
	snprintf(key, KEY_LENGTH, "%llx-%llx-%llx-%llx.%09ld-%llx.%09ld",
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		(unsigned long long)st.st_size, (unsigned long long)st.st_mtim.tv_sec,
		st.st_mtim.tv_nsec, (unsigned long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return 0;
}

static uint64_t subtract(uint64_t most, uint64_t used)
{
	return used < most ? most - used : 0;
}

/* Unpacks the archive of JOB. Returns what watch() does. */
static int unpack_file(struct job *job, const char *kind, const struct quota *quota)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	autofree struct part *part = malloc(sizeof(*part));
	autofree char *entries = format_text("%" PRIu64, quota->entries);
	autofree char *bytes = NULL;
	struct sigaction action;
	int result;

	if (!part || !entries)
		return fail("memory");
	result = open_input(job, part, quota->bytes);
	/* The copy, if there is one, counts for the quota as long as it exists. */
	bytes = format_text("%" PRIu64, subtract(quota->bytes, job->pipe < 0 ? job->hashed : 0));
	if (result == 0)
		result = bytes ? start(job, "unpack", kind, bytes, entries) : -1;
	close_fd(&job->archive);
	/* box-unpack may close the pipe at any time, and box must not die then. */
	sigaction(SIGPIPE, &ignore, &action);
	if (result == 0)
		result = watch(job, part);
	close_fd(&job->pipe);
	sigaction(SIGPIPE, &action, NULL);
	return result;
}

int unpack(int archive, const struct unpack *into, const char *name, struct quota *quota,
	char digest[ID_LENGTH + 1], uint64_t *bytes)
{
	const char *kind = into->over ? "over" : into->layer ? "layer" : "root";
	struct job job = {.name = name,
		.file = archive,
		.folder = into->folder,
		.into = into,
		.archive = -1,
		.pipe = -1,
		.socket = -1,
		.root = -1,
		.percent = -1};
	char before[KEY_LENGTH], after[KEY_LENGTH];
	int result;

	SHA256Init(&job.sha);
	clock_gettime(CLOCK_MONOTONIC, &job.start);
	job.size = lseek(archive, 0, SEEK_END);
	if (file_key(archive, name, before) < 0)
		return -1;
	result = unpack_file(&job, kind, quota);
	end(&job);
	SHA256End(&job.sha, digest);
	*bytes = job.bytes;
	quota->bytes = subtract(quota->bytes, job.used.bytes);
	quota->entries = subtract(quota->entries, job.used.entries);
	if (result == 1)
		return into->over ? failx("%s: box-unpack cannot", name) : 1;
	if (result < 0 || file_key(archive, name, after) < 0)
		return -1;
	return strcmp(before, after) == 0 ? 0 : failx("%s: changed while it was read", name);
}

int file_digest(int fd, const char *name, char digest[ID_LENGTH + 1])
{
	autofree struct part *part = malloc(sizeof(*part));
	struct job job = {.name = name, .file = fd};
	ssize_t n = 1;

	if (!part)
		return fail("memory");
	SHA256Init(&job.sha);
	while (n > 0 && !interrupted())
		n = read_part(&job, part);
	SHA256End(&job.sha, digest);
	return n > 0 ? failx("%s: interrupted", name) : n;
}

/* Waits until all N jobs are done. If one fails, returns -1, and the caller ends the others. */
static int finish_jobs(struct job *jobs, int n)
{
	for (int working = 1; working > 0;) {
		struct pollfd polls[2];

		working = 0;
		for (int i = 0; i < n; i++) {
			polls[i] = (struct pollfd){.fd = jobs[i].socket, .events = POLLIN};
			working += jobs[i].socket >= 0;
		}
		if (interrupted())
			return failx("interrupted");
		if (working > 0 && poll(polls, n, 100) < 0 && errno != EINTR)
			return fail("poll");
		for (int i = 0; i < n; i++) {
			int result = polls[i].revents ? handle_message(&jobs[i]) : 0;

			/* If the other process has stopped reading, it is about to say why. */
			if (result == UNREAD && (n == 1 || jobs[1].socket < 0))
				return failx("%s: nobody reads the archive", jobs[i].name);
			if (result < 0)
				return -1;
			if (result > 0)
				close_fd(&jobs[i].socket);
		}
	}
	return 0;
}

int pack(int folder, bool layer, const char *name, int archive)
{
	struct job job = {.name = name, .archive = archive, .folder = folder, .root = -1};
	int result;

	job.socket = job.percent = -1;
	result = start(&job, "pack", layer ? "layer" : "root", ".", ".");
	if (result == 0)
		result = finish_jobs(&job, 1);
	end(&job);
	return result;
}

int copy(const struct end *from, const struct end *to, bool keep_owners)
{
	struct job jobs[2] = {
		{.name = "cp",
			.folder = from->folder,
			.root = from->root,
			.users = from->users,
			.socket = -1},
		{.name = "cp",
			.folder = to->folder,
			.root = to->root,
			.users = to->users,
			.socket = -1},
	};
	int ends[2], result = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("pipe");
	jobs[0].percent = jobs[1].percent = -1;
	jobs[0].archive = to->folder < 0 ? STDOUT_FILENO : ends[1];
	jobs[1].archive = from->folder < 0 ? STDIN_FILENO : ends[0];
	if (from->folder >= 0)
		result = start(
			&jobs[0], "pack", keep_owners ? "root" : "copy", from->name, to->name);
	if (result == 0 && to->folder >= 0)
		result = start(
			&jobs[1], "unpack", "copy", "18446744073709551615", "18446744073709551615");
	close(ends[0]);
	close(ends[1]);
	if (result == 0)
		result = finish_jobs(jobs, 2);
	end(&jobs[0]);
	end(&jobs[1]);
	return result;
}
