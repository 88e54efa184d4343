/* cleanup.h: what releases a variable at the end of its scope. */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <stddef.h>
#include <stdio.h>

/* Releases what a variable holds at the end of its scope. */
void close_fd(int *fd);
void free_pointer(void *pointer); /* a pointer to the pointer */
void close_file(FILE **file);
#define autoclose __attribute__((cleanup(close_fd)))
#define autofree __attribute__((cleanup(free_pointer)))
#define autofclose __attribute__((cleanup(close_file)))

/* Gives up what a variable holds to the caller: the end of its scope no longer releases it. */
int steal_fd(int *fd);
#define steal_pointer(pointer)                                                                     \
	({                                                                                         \
		__typeof__(*(pointer)) stolen_ = *(pointer);                                       \
		*(pointer) = NULL;                                                                 \
		stolen_;                                                                           \
	})

#endif
