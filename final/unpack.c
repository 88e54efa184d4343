/* unpack.c: box-unpack at work, seen from box: it unpacks, while box computes the digest; packs;
 * and does both, to copy. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sha2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

struct job {
	const char *name; /* of the archive, for messages */
	int archive, folder, socket;
	int root; /* of the container that the folder is in, or -1: the folder is all there is */
	const struct unpack *into; /* with what is below, or NULL */
	pid_t pid;
	SHA2_CTX sha;
	off_t size, hashed;
	uint64_t bytes;
	int percent; /* as it was drawn last */
	struct timespec start;
};

static const char *scale(uint64_t bytes, double step, const char *units, char text[16])
{
	const char *last = units[0] == 'k' ? "B" : "iB";
	double size = bytes;

	if (bytes < step) {
		snprintf(text, 16, "%d B", (int)bytes);
		return text;
	}
	for (size /= step; size >= step - 0.5 && units[1]; units++)
		size /= step;
	snprintf(text, 16, size < 9.95 ? "%.1f %c%s" : "%.0f %c%s", size, *units, last);
	return text;
}

const char *human_size(uint64_t bytes, char text[16])
{
	return scale(bytes, 1000, "kMGTPE", text);
}

const char *memory_size(uint64_t bytes, char text[16])
{
	return scale(bytes, 1024, "KMGTPE", text);
}

/* box-unpack reads through the same open file, so its place in it is known here. */
static void draw_progress(struct job *job)
{
	static const char bar[] = "####################....................";
	off_t at = lseek(job->archive, 0, SEEK_CUR);
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

/* The layers below, and over them the folder, become one, for box-unpack alone. */
static int enter_overlay(const struct unpack *into)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("a namespace of mounts");
	/* No descriptor: the kernel wants mounts of this namespace. */
	if (chdir(into->path) < 0)
		return fail("%s", into->path);
	if (overlay_mount(into->path, into->below) < 0)
		return -1;
	return chdir(into->path) < 0 ? fail("%s", into->path) : 0;
}

_Noreturn static void exec_unpacker(const struct job *job, int socket, char *argv[])
{
	bool over = job->into && job->into->below;
	bool entered = over ? enter_overlay(job->into) == 0 : fchdir(job->folder) == 0;
	bool ok = entered && dup2(job->archive, STDIN_FILENO) >= 0 &&
		  dup2(socket, STDOUT_FILENO) >= 0;

	if (job->root >= 0 && job->root != 3)
		ok = ok && dup2(job->root, 3) >= 0;
	else if (job->root == 3)
		ok = ok && fcntl(3, F_SETFD, 0) == 0; /* it is close-on-exec */
	if (ok && close_range(job->root >= 0 ? 4 : 3, ~0U, 0) == 0)
		execv(argv[0], argv);
	over && !entered ? failx("e%s", failure()) : fail("e%s", argv[0]);
	send(ok ? STDOUT_FILENO : socket, failure(), strlen(failure()), MSG_NOSIGNAL);
	_exit(EXIT_BOX);
}

/* Starts box-unpack with the arguments ONE, TWO and so on, in job->folder. */
static int start(
	struct job *job, const char *one, const char *two, const char *three, const char *four)
{
	/* A PID namespace: nothing of box-unpack can outlive it, and it sees no other process. */
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

/* Makes the folder NAME hide what lower layers have there: box-unpack may not. It can have replaced
 * the folder since, which then is none of ours. */
static int set_opaque(const struct job *job, const char *name)
{
	autoclose int fd = open_in_root(job->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd >= 0 && fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return fail("%s: trusted.overlay.opaque of %s", job->name, name);
	return 0;
}

bool is_opaque(int fd)
{
	char value = 0;

	return fd >= 0 && fgetxattr(fd, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/* Nor may it look: that takes CAP_SYS_ADMIN, too. */
static int answer(const struct job *job, const char *name)
{
	autoclose int fd = open_in_root(job->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	return send(job->socket, is_opaque(fd) ? "y" : "n", 1, MSG_NOSIGNAL) < 0
		       ? fail("%s: box-unpack", job->name)
		       : 0;
}

enum { DONE = 1, UNREAD, OVER };

/* Handles a message of box-unpack, which reads hostile input and may say anything. Returns DONE,
 * UNREAD or OVER, when it was the last. */
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
		job->bytes = strtoull(text + 1, NULL, 10);
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
		failx("%s: %s", job->name, text + 1); /* makes it safe to print */
		warn_user("%s", failure());
		return 0;
	default:
		return failx("%s: %s", job->name, text + 1);
	}
}

/* Whether the user wants it to end; the signals are blocked. */
static bool interrupted(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		       sigismember(&pending, SIGHUP));
}

/* Computes the digest while box-unpack works, from the same open file. */
static int watch(struct job *job)
{
	static uint8_t buffer[1 << 19];
	struct pollfd poller = {.fd = job->socket, .events = POLLIN};
	ssize_t n = 1;
	int done = 0, ready;

	while (n > 0 || !done) {
		if (interrupted())
			return failx("%s: interrupted", job->name);
		if (n > 0 && (n = pread(job->archive, buffer, sizeof(buffer), job->hashed)) < 0)
			return fail("%s", job->name);
		SHA256Update(&job->sha, buffer, n);
		job->hashed += n;
		if (!done && (ready = poll(&poller, 1, n > 0 ? 0 : 20)) > 0 &&
			(done = handle_message(job)) < 0)
			return -1;
		if (done == OVER)
			return 1;
		/* What is unpacked has to reach the disk before it is used: some of it does while
		 * there is nothing else to do. The last time, elsewhere, an error counts. */
		if (n == 0 && !done && ready == 0)
			syncfs(job->folder);
		draw_progress(job);
	}
	return 0;
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

int unpack(int archive, const struct unpack *into, const char *name, uint64_t max_bytes,
	char digest[ID_LENGTH + 1], uint64_t *bytes)
{
	const char *kind = into->over ? "over" : into->layer ? "layer" : "root";
	struct job job = {.name = name,
		.archive = archive,
		.folder = into->folder,
		.into = into,
		.socket = -1,
		.root = -1,
		.percent = -1};
	autofree char *most = format_text("%" PRIu64, max_bytes);
	char before[KEY_LENGTH], after[KEY_LENGTH];
	int result;

	SHA256Init(&job.sha);
	clock_gettime(CLOCK_MONOTONIC, &job.start);
	job.size = lseek(archive, 0, SEEK_END);
	if (!most || file_key(archive, name, before) < 0 || lseek(archive, 0, SEEK_SET) < 0)
		return -1;
	result = start(&job, "unpack", kind, most, NULL);
	if (result == 0)
		result = watch(&job);
	end(&job);
	SHA256End(&job.sha, digest);
	*bytes = job.bytes;
	if (result == 1)
		return into->over ? failx("%s: box-unpack cannot", name) : 1;
	if (result < 0 || file_key(archive, name, after) < 0)
		return -1;
	return strcmp(before, after) == 0 ? 0 : failx("%s: changed while it was read", name);
}

/* Waits until all have done their work; one that fails ends the others. */
static int finish(struct job *jobs, int n)
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

			/* Whoever reads no more is about to say why. */
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
		result = finish(&job, 1);
	end(&job);
	return result;
}

int copy(const struct end *from, const struct end *to, bool keep_owners)
{
	struct job jobs[2] = {
		{.name = "cp", .folder = from->folder, .root = from->root, .socket = -1},
		{.name = "cp", .folder = to->folder, .root = to->root, .socket = -1},
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
		result = start(&jobs[1], "unpack", "copy", "18446744073709551615", NULL);
	close(ends[0]);
	close(ends[1]);
	if (result == 0)
		result = finish(jobs, 2);
	end(&jobs[0]);
	end(&jobs[1]);
	return result;
}
