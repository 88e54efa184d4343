/* oci-notify.c: NOTIFY_SOCKET, sd_notify(3), as runc handles it. The container sees a socket of
 * box-oci instead of the caller's socket. Of the messages that it writes there, only READY=1 is
 * passed on. */
#define _GNU_SOURCE
#include "oci-notify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "list.h"
#include "path.h"
#include "text.h"
#include "channel.h"
#include "spec.h"
#include "oci-log.h"
#include "oci-state.h"

#define FOLDER "/run/notify" /* in the container */
#define NAME "notify.sock"

enum { BARRIER_MS = 5000 }; /* milliseconds, as in systemd-notify(1) */

/* Returns the name of the caller's socket, or NULL. */
static const char *hosts_name(void)
{
	const char *name = getenv("NOTIFY_SOCKET");

	return name && *name ? name : NULL;
}

int notify_prepare(const struct oci *oci, struct spec *spec)
{
	autofree char *root = NULL;
	struct mount *grown;

	if (!hosts_name())
		return 0;
	if (!(root = real_path(oci->root)) || mkdirat(oci->dir, "notify", 0755) < 0 ||
		fchmodat(oci->dir, "notify", 0755, 0) < 0) /* mkdirat() depends on the umask */
		return fail("notify of container %s", oci->id);
	if (!(grown = reallocarray(spec->mounts, spec->n_mounts + 1, sizeof(*grown))))
		return fail("memory");
	spec->mounts = grown;
	grown += spec->n_mounts++;
	*grown = (struct mount){.target = FOLDER,
		.attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			      MOUNT_ATTR_NOEXEC};
	grown->source = format_text("%s/%s/notify", root, oci->id);
	return grown->source ? add_string(&oci_line.env, "NOTIFY_SOCKET=" FOLDER "/" NAME) : -1;
}

/* Makes the container's socket in FOLDER, and returns it, or -1 with errno. All users may write to
 * it, because the container may run as any user. No symlink in FOLDER is followed. */
static int listen_in(int folder)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	mode_t before;
	int result;

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" NAME, folder);
	if (fd < 0 || (unlinkat(folder, NAME, 0) < 0 && errno != ENOENT))
		return -1;
	before = umask(0);
	result = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(before);
	return result < 0 ? -1 : steal_fd(&fd);
}

/* Connects to the socket NAME, a path of any length, or "@" followed by an abstract name (unix(7)).
 * Returns the connected socket, or -1 with errno set. */
static int connect_to(const char *name)
{
	struct sockaddr_un address;
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), file = -1;
	socklen_t size = sizeof(address);

	if (*name == '@' && strlen(name) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (fd < 0 || socket_address(name, &address, &file) < 0)
		return -1;
	if (*name == '@') {
		size = offsetof(struct sockaddr_un, sun_path) + strlen(name);
		address.sun_path[0] = '\0';
	}
	return connect(fd, (struct sockaddr *)&address, size) < 0 ? -1 : steal_fd(&fd);
}

int notify_listen(const struct oci *oci, struct notify *notify)
{
	const char *name = hosts_name();
	autoclose int folder =
		!name ? -1
		      : openat(oci->dir, "notify", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*notify = no_notify;
	if (folder < 0) /* NOTIFY_SOCKET is not set now, or was not set for create */
		return 0;
	if ((notify->host = connect_to(name)) < 0)
		return fail("NOTIFY_SOCKET %s", name);
	if ((notify->pidfd = oci_pidfd(oci)) < 0)
		return -1;
	notify->pid = oci->pid;
	return (notify->socket = listen_in(folder)) < 0 ? fail("notify of container %s", oci->id)
							: 0;
}

void notify_close(struct notify *notify)
{
	close_fd(&notify->socket);
	close_fd(&notify->host);
	close_fd(&notify->pidfd);
}

/* Whether the message in the socket FD has the line READY=1. If the message has descriptors, the
 * kernel closes them, because recv(2) has no room for them. */
static bool says_ready(int fd)
{
	char text[4096], *rest = text, *line;
	ssize_t size = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[size < 0 ? 0 : size] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (strcmp(line, "READY=1") == 0)
			return true;
	return false;
}

/* Waits until the container is ready, and returns true; or until its first process has ended, and
 * returns false. */
static bool wait_until_ready(const struct notify *notify)
{
	struct pollfd polled[] = {{notify->socket, POLLIN, 0}, {notify->pidfd, POLLIN, 0}};

	for (;;) {
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			return false;
		if (polled[0].revents && says_ready(notify->socket))
			return true;
		if (polled[1].revents)
			return false;
	}
}

/* Sends TEXT with the descriptor FD; or, if FD is -1, with PID as the sender's PID, which root may
 * choose (unix(7), SCM_CREDENTIALS). */
static int send_as(int socket, const char *text, pid_t pid, int fd)
{
	struct ucred who = {pid, getuid(), getgid()};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(who))];
	} control = {.header = {.cmsg_level = SOL_SOCKET}};
	struct iovec data = {(char *)text, strlen(text)};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control};
	size_t size = fd < 0 ? sizeof(who) : sizeof(fd);

	control.header.cmsg_type = fd < 0 ? SCM_CREDENTIALS : SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(size);
	message.msg_controllen = CMSG_SPACE(size);
	memcpy(CMSG_DATA(&control.header), fd < 0 ? (void *)&who : (void *)&fd, size);
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Waits until all messages so far have been read. systemd looks for the process that has sent a
 * message, so that process must not end earlier (sd_notify_barrier(3)). */
static void wait_for_reader(int host)
{
	struct pollfd polled = {.events = 0};
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	if (send_as(host, "BARRIER=1", 0, ends[1]) == 0) {
		close_fd(&ends[1]);
		polled.fd = ends[0];
		poll(&polled, 1, BARRIER_MS);
	}
	close_fd(&ends[0]);
	close_fd(&ends[1]);
}

int notify_wait(const struct notify *notify)
{
	char text[64];

	if (notify->socket < 0 || !wait_until_ready(notify))
		return 0;
	snprintf(text, sizeof(text), "READY=1\nMAINPID=%d", notify->pid);
	if (send_as(notify->host, text, getpid(), -1) < 0)
		return fail("NOTIFY_SOCKET %s", hosts_name());
	wait_for_reader(notify->host);
	return 0;
}

/* The child of notify_serve(): waits, and sends READY=1 in the name of BOX, the main process of the
 * service. It closes all other descriptors: the readers of box-oci's output, and the container,
 * which reads its input, wait until no process has them open. */
static _Noreturn void serve(const struct notify *notify, pid_t box)
{
	const struct notify own = {0, 1, 2, 0};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(notify->socket, own.socket) >= 0 && dup2(notify->host, own.host) >= 0 &&
		dup2(notify->pidfd, own.pidfd) >= 0 && close_range(3, ~0U, 0) == 0 &&
		getppid() == box && wait_until_ready(&own))
		send_as(own.host, "READY=1", box, -1);
	_exit(0);
}

int notify_serve(const struct notify *notify)
{
	pid_t box = getpid(), child;

	if (notify->socket < 0)
		return 0;
	fflush(NULL);
	if ((child = fork()) == 0)
		serve(notify, box);
	return child < 0 ? fail("fork") : 0;
}
