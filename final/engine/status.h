/* status.h: the file "status" of a container's folder, which says how the container has ended. */
#ifndef STATUS_H
#define STATUS_H

#include "store.h"

/* Opens the status of the container ID for reading. Returns a descriptor, which the caller closes
 * and can read even after the container has been removed; or -1 with errno, without fail(). */
int status_open(const struct store *store, const char *id);

/* Returns the exit status that the file FD has; -1 if FD is negative, if the container has not
 * ended, or if its box was killed. */
int status_read(int fd);

/* Writes STATUS to the file in the container's folder DIR; -1 stands for a container that runs.
 * Returns 0, or -1 after fail(). */
int status_write(int dir, int status);

#endif
