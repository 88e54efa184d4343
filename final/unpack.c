/* unpack.c: box-unpack at work, seen from box, which computes the digest meanwhile. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sha2.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

struct job {
	const char *name; /* of the archive, for messages */
	int archive, target, socket;
	pid_t pid;
	SHA2_CTX sha;
	off_t size, hashed;
	uint64_t bytes;
	int percent; /* as it was drawn last */
	struct timespec start;
};

const char *human_size(uint64_t bytes, char text[16])
{
	const char *unit = "kMGTPE";
	double size = bytes;

	if (bytes < 1000) {
		snprintf(text, 16, "%d B", (int)bytes);
		return text;
	}
	for (size /= 1000; size >= 999.5 && unit[1]; unit++)
		size /= 1000;
	snprintf(text, 16, size < 9.95 ? "%.1f %cB" : "%.0f %cB", size, *unit);
	return text;
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

_Noreturn static void exec_unpacker(const struct job *job, int socket, char *argv[])
{
	if (fchdir(job->target) == 0 && dup2(job->archive, STDIN_FILENO) == STDIN_FILENO &&
		dup2(socket, STDOUT_FILENO) == STDOUT_FILENO && close_range(3, ~0U, 0) == 0)
		execv(argv[0], argv);
	fail("e%s", argv[0]);
	send(STDOUT_FILENO, failure(), strlen(failure()), MSG_NOSIGNAL);
	_exit(EXIT_BOX);
}

static int start_unpacker(struct job *job, bool layer, uint64_t max_bytes)
{
	/* A PID namespace: nothing of box-unpack can outlive it, and it sees no other process. */
	struct clone_args arguments = {.flags = CLONE_NEWPID, .exit_signal = SIGCHLD};
	autofree char *program = helper_path("box-unpack");
	autofree char *bytes = format_text("%" PRIu64, max_bytes);
	char *argv[] = {program, layer ? "layer" : "root", bytes, NULL};
	int pair[2];

	if (!program || !bytes)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail("socketpair");
	if ((job->pid = syscall(SYS_clone3, &arguments, sizeof(arguments))) == 0)
		exec_unpacker(job, pair[1], argv);
	close(pair[1]);
	job->socket = pair[0];
	return job->pid < 0 ? fail("clone3") : 0;
}

/* Makes the folder NAME hide what lower layers have there: box-unpack may not. It can have replaced
 * the folder since, which then is none of ours. */
static int set_opaque(const struct job *job, const char *name)
{
	autoclose int fd = open_in_root(job->target, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd >= 0 && fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return fail("%s: trusted.overlay.opaque of %s", job->name, name);
	return 0;
}

/* Handles a message of box-unpack, which reads hostile input and may say anything. Returns 1 when
 * it was the last. */
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
		return 1;
	case 'o':
		return set_opaque(job, text + 1);
	case 'w':
		clear_progress(job);
		failx("%s: %s", job->name, text + 1); /* makes it safe to print */
		warn_user("%s", failure());
		return 0;
	default:
		return failx("%s: %s", job->name, text + 1);
	}
}

/* Computes the digest while box-unpack works, from the same open file. */
static int watch(struct job *job)
{
	static uint8_t buffer[1 << 19];
	struct pollfd poller = {.fd = job->socket, .events = POLLIN};
	ssize_t n = 1;
	int done = 0;

	while (n > 0 || !done) {
		sigset_t pending;

		if (sigpending(&pending) == 0 &&
			(sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
				sigismember(&pending, SIGHUP)))
			return failx("%s: interrupted", job->name);
		if (n > 0 && (n = pread(job->archive, buffer, sizeof(buffer), job->hashed)) < 0)
			return fail("%s", job->name);
		SHA256Update(&job->sha, buffer, n);
		job->hashed += n;
		if (!done && poll(&poller, 1, n > 0 ? 0 : 100) > 0 &&
			(done = handle_message(job)) < 0)
			return -1;
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

int unpack(int archive, int target, bool layer, const char *name, uint64_t max_bytes,
	char digest[ID_LENGTH + 1], uint64_t *bytes)
{
	struct job job = {.name = name, .archive = archive, .target = target, .percent = -1};
	char before[KEY_LENGTH], after[KEY_LENGTH];
	int result;

	SHA256Init(&job.sha);
	clock_gettime(CLOCK_MONOTONIC, &job.start);
	job.size = lseek(archive, 0, SEEK_END);
	if (file_key(archive, name, before) < 0 || lseek(archive, 0, SEEK_SET) < 0 ||
		start_unpacker(&job, layer, max_bytes) < 0)
		return -1;
	result = watch(&job);
	clear_progress(&job);
	close(job.socket);
	if (job.pid > 0) {
		kill(job.pid, SIGKILL);
		waitpid(job.pid, NULL, 0);
	}
	SHA256End(&job.sha, digest);
	*bytes = job.bytes;
	if (result < 0 || file_key(archive, name, after) < 0)
		return -1;
	return strcmp(before, after) == 0 ? 0 : failx("%s: changed while it was read", name);
}
