/* hooks.c: programs at points of a container's life (runtime-spec, config.md, "POSIX-platform
 * Hooks"). */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const char *const names[N_HOOKS] = {
	"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};

bool hooks_any(const struct spec *spec, enum hook_kind from, enum hook_kind to)
{
	for (size_t i = 0; i < spec->n_hooks; i++)
		if (spec->hooks[i].kind >= from && spec->hooks[i].kind <= to)
			return true;
	return false;
}

static _Noreturn void hook_main(const struct hook *hook, int in)
{
	char *argv[] = {(char *)hook->path, NULL}, *env[] = {NULL};
	autoclose int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) < 0 || (null >= 0 && dup2(null, STDOUT_FILENO) < 0))
		_exit(EXIT_BOX);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	execve(hook->path, hook->argv && *hook->argv ? hook->argv : argv, hook->env ?: env);
	dprintf(STDERR_FILENO, "%s: %s\n", hook->path, strerror(errno));
	_exit(127);
}

/* Waits for PID, and kills it when the time is over. */
static int wait_for_hook(const struct hook *hook, pid_t pid)
{
	autoclose int pidfd = syscall(SYS_pidfd_open, pid, 0);
	struct pollfd poller = {.fd = pidfd, .events = POLLIN};
	int status, timeout = hook->timeout > 0 ? (int)hook->timeout * 1000 : -1;
	bool late = pidfd < 0 || poll(&poller, 1, timeout) != 1;

	if (late)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0)
		return fail("hook %s", hook->path);
	if (late)
		return failx("%s hook %s: not done after %d seconds", names[hook->kind], hook->path,
			timeout / 1000);
	if (status != 0)
		return failx("%s hook %s: %s %d", names[hook->kind], hook->path,
			WIFSIGNALED(status) ? "signal" : "exit status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}

static int run(const struct hook *hook, const char *state)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("pipe");
	fflush(NULL);
	if ((pid = fork()) == 0)
		hook_main(hook, ends[0]);
	close(ends[0]);
	/* It fits into the pipe, or the hook reads it; one that ends without that is no error. */
	signal(SIGPIPE, SIG_IGN);
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	if (write(ends[1], state, strlen(state)) < 0 && errno != EPIPE && pid > 0)
		kill(pid, SIGKILL);
	close(ends[1]);
	return pid < 0 ? fail("fork") : wait_for_hook(hook, pid);
}

int hooks_run(const struct spec *spec, enum hook_kind kind, const char *status, pid_t pid)
{
	autofree char *state = NULL;
	int result = 0;

	if (!hooks_any(spec, kind, kind))
		return 0;
	state = pid > 0 ? format_text("{%s,\"status\":\"%s\",\"pid\":%d}", spec->hook_state, status,
				  pid)
			: format_text("{%s,\"status\":\"%s\"}", spec->hook_state, status);
	for (size_t i = 0; state && i < spec->n_hooks; i++)
		if (spec->hooks[i].kind == kind && run(&spec->hooks[i], state) < 0) {
			result = -1;
			/* What comes after the process has begun does not stop the others. */
			if (kind < HOOK_POSTSTART)
				break;
		}
	return state ? result : -1;
}
