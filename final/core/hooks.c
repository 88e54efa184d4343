/* hooks.c: runs programs at points of a container's life (runtime-spec, config.md, "POSIX-platform
 * Hooks"). */
#define _GNU_SOURCE
#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "clock.h"
#include "error.h"
#include "text.h"
#include "spec.h"

const char *const hook_names[] = {"prestart", "createRuntime", "createContainer", "startContainer",
	"poststart", "poststop", NULL};

bool hooks_any(const struct hooks *hooks, enum hook_kind from, enum hook_kind to)
{
	for (size_t i = 0; i < hooks->n; i++)
		if (hooks->list[i].kind >= from && hooks->list[i].kind <= to)
			return true;
	return false;
}

/* Executes HOOK, with IN as its stdin and ERR as its stderr. A hook without an environment of its
 * own gets the environment of the process that runs it, as with runc, and so has a PATH: that of
 * box-oci, or for startContainer that of the container's process. */
static _Noreturn void hook_main(const struct hook *hook, int in, int err)
{
	char *argv[] = {(char *)hook->path, NULL};
	autoclose int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) < 0 || (null >= 0 && dup2(null, STDOUT_FILENO) < 0) ||
		dup2(err, STDERR_FILENO) < 0)
		_exit(EXIT_BOX);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	execve(hook->path, hook->argv && *hook->argv ? hook->argv : argv, hook->env ?: environ);
	dprintf(STDERR_FILENO, "%s: %s\n", hook->path, strerror(errno));
	_exit(127);
}

/* The beginning of what a hook has written to stderr, for an error's text. */
struct words {
	char text[512];
	size_t n;
};

/* Reads from FD, which does not block, and adds the text to WORDS. Returns false if there was
 * nothing to read. */
static bool hear(struct words *words, int fd)
{
	char data[4096];
	ssize_t size = read(fd, data, sizeof(data));

	for (ssize_t i = 0; i < size && words->n < sizeof(words->text) - 1; i++)
		words->text[words->n++] = data[i] == '\n' || !data[i] ? ' ' : data[i];
	return size > 0;
}

/* Waits for the end of the process of PIDFD, and reads meanwhile what it writes to ERR. Returns
 * false if the hook's timeout passes before. Processes that the hook has started may keep ERR open
 * for ever, so nothing is read after the hook's end but what has been written by then. */
static bool ends(const struct hook *hook, int pidfd, int err, struct words *words)
{
	struct pollfd polls[] = {{.fd = pidfd, .events = POLLIN}, {.fd = err, .events = POLLIN}};
	double end = clock_now() + (double)hook->timeout, left = -1;

	while (!polls[0].revents) {
		if (hook->timeout > 0 && (left = end - clock_now()) <= 0)
			return false;
		if (poll(polls, 2, left < 0 ? -1 : (int)(left * 1000) + 1) < 0 && errno != EINTR)
			return false;
		if (polls[1].revents && !hear(words, err))
			polls[1].fd = -1;
	}
	while (words->n < sizeof(words->text) - 1 && hear(words, err))
		;
	return true;
}

/* Waits for the hook PID, and kills it after its timeout. */
static int wait_for_hook(const struct hook *hook, pid_t pid, int err)
{
	autoclose int pidfd = syscall(SYS_pidfd_open, pid, 0);
	struct words words = {.n = 0};
	bool late = pidfd < 0 || !ends(hook, pidfd, err, &words);
	int status;

	if (late)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0)
		return fail("hook %s", hook->path);
	while (words.n > 0 && words.text[words.n - 1] == ' ')
		words.n--;
	words.text[words.n] = '\0';
	if (late)
		return failx("%s hook %s: not done after %" PRId64 " seconds%s%s",
			hook_names[hook->kind], hook->path, hook->timeout, words.n ? ": " : "",
			words.text);
	if (status != 0)
		return failx("%s hook %s: %s %d%s%s", hook_names[hook->kind], hook->path,
			WIFSIGNALED(status) ? "signal" : "exit status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
			words.n ? ": " : "", words.text);
	return 0;
}

static int run_hook(const struct hook *hook, const char *state)
{
	autoclose int in = -1, to = -1, err = -1, from = -1;
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return fail("pipe");
	in = pair[0];
	to = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
		return fail("pipe");
	from = pair[0];
	err = pair[1];
	fflush(NULL);
	if ((pid = fork()) == 0)
		hook_main(hook, in, err);
	close_fd(&in);
	close_fd(&err);
	/* If STATE does not fit into the pipe, write(2) waits until the hook reads it. A hook that
	 * ends without reading STATE is no error. */
	signal(SIGPIPE, SIG_IGN);
	fcntl(to, F_SETPIPE_SZ, 1 << 20);
	if (write(to, state, strlen(state)) < 0 && errno != EPIPE && pid > 0)
		kill(pid, SIGKILL);
	close_fd(&to);
	return pid < 0 ? fail("fork") : wait_for_hook(hook, pid, from);
}

int hooks_run(const struct hooks *hooks, enum hook_kind kind, const char *status, pid_t pid)
{
	autofree char *state = NULL;
	int result = 0;

	if (!hooks_any(hooks, kind, kind))
		return 0;
	debug("hooks %s: the container is %s", hook_names[kind], status);
	state = pid > 0 ? format_text(
				  "{%s,\"status\":\"%s\",\"pid\":%d}", hooks->state, status, pid)
			: format_text("{%s,\"status\":\"%s\"}", hooks->state, status);
	for (size_t i = 0; state && i < hooks->n; i++)
		if (hooks->list[i].kind == kind && run_hook(&hooks->list[i], state) < 0) {
			result = -1;
			/* A poststart or poststop hook that fails does not stop the others. */
			if (kind < HOOK_POSTSTART)
				break;
		}
	return state ? result : -1;
}
