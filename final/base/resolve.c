/* resolve.c: openat2(2). */
#define _GNU_SOURCE
#include "resolve.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int open_resolved(int dir, const char *path, const struct open_how *how)
{
	int fd, tries = 1000;

	do
		fd = syscall(SYS_openat2, dir, path, how, sizeof(*how));
	while (fd < 0 && errno == EAGAIN && --tries > 0);
	return fd;
}
