/* oci-notify.h: NOTIFY_SOCKET, sd_notify(3). */
#ifndef OCI_NOTIFY_H
#define OCI_NOTIFY_H

#include <sys/types.h>

#include "spec.h"
#include "oci-state.h"

/* With the variable, gives the container that is to be created the folder of a socket, and its
 * name. */
int notify_prepare(const struct oci *oci, struct spec *spec);

struct notify {
	int socket; /* the container's; -1: none */
	int host, pidfd; /* what the variable names, and the first process */
	pid_t pid; /* its */
};
#define no_notify                                                                                  \
	(struct notify)                                                                            \
	{                                                                                          \
		-1, -1, -1, 0                                                                      \
	}

/* Opens them, before the process starts, if create and this command have the variable. */
int notify_listen(const struct oci *oci, struct notify *notify);
void notify_close(struct notify *notify);
#define autonotify __attribute__((cleanup(notify_close)))

/* Waits until the container says READY=1, and passes that on with its PID, or until its process has
 * ended. notify_serve() lets a child do so, without the PID: the service's process stays. */
int notify_wait(const struct notify *notify);
int notify_serve(const struct notify *notify);

#endif
