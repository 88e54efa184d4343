/* status.c: the file "status" of a container's folder. */
#define _GNU_SOURCE
#include "status.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "id.h"
#include "store.h"

int status_open(const struct store *store, const char *id)
{
	char path[ID_LENGTH + sizeof("/status")];

	snprintf(path, sizeof(path), "%s/status", id);
	return openat(store->containers, path, O_RDONLY | O_CLOEXEC);
}

int status_read(int fd)
{
	char text[16] = "";

	return fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : -1;
}

/* Overwrites the file with a text of the same length: even a full disk takes that. */
int status_write(int dir, int status)
{
	char text[16];

	snprintf(text, sizeof(text), "%-14d\n", status);
	return write_file_at(dir, "status", text);
}
