/* channel.c: the messages between box and the processes on the container's side, and descriptors
 * for the sockets of other programs. */
#define _GNU_SOURCE
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "exempt.h"

int send_descriptor(int socket, const void *text, size_t size, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS}};
	struct iovec data = {.iov_base = (void *)text, .iov_len = size};
	struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		header.msg_control = &control;
		header.msg_controllen = sizeof(control);
	}
	return sendmsg(socket, &header, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int socket_address(const char *path, struct sockaddr_un *address, int *file)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	*file = -1;
	if (strlen(path) < sizeof(address->sun_path))
		strcpy(address->sun_path, path);
	else if ((*file = open(path, O_PATH | O_CLOEXEC)) < 0)
		return -1;
	else
		snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d", *file);
	return 0;
}

int send_to_socket(const char *path, const void *text, size_t size, int fd)
{
	struct sockaddr_un address;
	autoclose int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), file = -1;

	return peer < 0 || socket_address(path, &address, &file) < 0 ||
			       connect(peer, (struct sockaddr *)&address, sizeof(address)) < 0
		       ? -1
		       : send_descriptor(peer, text, size, fd);
}

int message_send(int socket, const struct message *message, int fd)
{
	return send_descriptor(socket, message, sizeof(*message), fd);
}

bool message_receive(int socket, struct message *message, int *fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec data = {.iov_base = message, .iov_len = sizeof(*message)};
	struct msghdr header = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* A length of CMSG_SPACE would have room for a second descriptor, which nobody
		 * would close. */
		.msg_controllen = CMSG_LEN(sizeof(int))};
	struct cmsghdr *rights;
	ssize_t size;

	*fd = -1;
	while ((size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (size != sizeof(*message))
		return false;
	rights = CMSG_FIRSTHDR(&header);
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(rights), sizeof(*fd));
	message->text[sizeof(message->text) - 1] = '\0';
	return true;
}

void wait_for_go(const struct guard *guard)
{
	struct message message;

	if (own_call(guard, SYS_read, guard->box, (long)&message, sizeof(message)) !=
			sizeof(message) ||
		message.kind != MESSAGE_GO) {
		own_call(guard, SYS_exit_group, EXIT_BOX, 0, 0);
		_exit(EXIT_BOX);
	}
}

/* The message is sent by write(2): a filter that has a listener cannot ask it about write(2), while
 * any other call might have to wait for the listener's answer. */
int pass_listener_on(const struct guard *guard, int fd)
{
	struct message message = {.kind = MESSAGE_LISTENER, .status = fd};

	if (write(guard->box, &message, sizeof(message)) != sizeof(message))
		return fail("pass the filter's listener on");
	wait_for_go(guard);
	own_call(guard, SYS_close, fd, 0, 0);
	return 0;
}
