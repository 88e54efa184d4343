/* cleanup.h: releases what a variable holds when the variable's scope ends. */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <stddef.h>
#include <stdio.h>

/* The functions behind autoclose, autofree and autofclose. Each gets a pointer to the variable:
 * close_fd() closes a descriptor that is not negative and sets it to -1, free_pointer() frees
 * memory, close_file() closes a FILE that is not NULL. */
void close_fd(int *fd);
void free_pointer(void *pointer); /* a pointer to the pointer */
void close_file(FILE **file);
#define autoclose __attribute__((cleanup(close_fd)))
#define autofree __attribute__((cleanup(free_pointer)))
#define autofclose __attribute__((cleanup(close_file)))

/* Return the value of the variable, which the caller owns from then on, and leave -1 or NULL in the
 * variable: so the end of its scope releases nothing. */
int steal_fd(int *fd);
#define steal_pointer(pointer)                                                                     \
	({                                                                                         \
		__typeof__(*(pointer)) stolen_ = *(pointer);                                       \
		*(pointer) = NULL;                                                                 \
		stolen_;                                                                           \
	})

#endif
