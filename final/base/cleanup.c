/* cleanup.c: releases what a variable holds when the variable's scope ends. */
#define _GNU_SOURCE
#include "cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}
