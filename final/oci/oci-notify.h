/* oci-notify.h: tells the service manager that the container is ready: NOTIFY_SOCKET, sd_notify(3).
 * Functions return 0, or -1 after fail(). */
#ifndef OCI_NOTIFY_H
#define OCI_NOTIFY_H

#include <sys/types.h>

#include "spec.h"
#include "oci-state.h"

/* If the environment has NOTIFY_SOCKET, makes the folder of a socket of the container's own, adds
 * its mount to SPEC, and adds its name to the environment of the container, which is still to be
 * created. */
int notify_prepare(const struct oci *oci, struct spec *spec);

/* What box-oci has open while it waits for the container's message. */
struct notify {
	int socket; /* the socket to which the container writes; -1: there is none */
	int host, pidfd; /* the socket that NOTIFY_SOCKET names; a pidfd of the first process */
	pid_t pid; /* of the first process */
};
#define no_notify                                                                                  \
	(struct notify)                                                                            \
	{                                                                                          \
		-1, -1, -1, 0                                                                      \
	}

/* Opens NOTIFY before the process of the container starts, if NOTIFY_SOCKET is set now and was set
 * for create. notify_close() closes it. */
int notify_listen(const struct oci *oci, struct notify *notify);
void notify_close(struct notify *notify);
#define autonotify __attribute__((cleanup(notify_close)))

/* notify_wait() waits until the container sends READY=1, or until its first process has ended. It
 * passes READY=1 on to the service manager, with the PID of the first process as the MAINPID of the
 * service. notify_serve() starts a child that waits in the same way, and returns. Its child passes
 * no MAINPID on, because box-oci stays as the main process of the service. */
int notify_wait(const struct notify *notify);
int notify_serve(const struct notify *notify);

#endif
