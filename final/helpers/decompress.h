/* decompress.h: decompresses the archive, in a thread beside the writing. */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

/* Starts a thread, whose stack has a size of its own: the default size is the limit of stacks that
 * box's caller has, and might be more than all memory that box-unpack may use
 * (pthread_create(3)). Ends the process if that fails. */
void start_thread(void *(*run)(void *), void *argument);

/* Finds out whether the archive is compressed, and starts to decompress it. Returns a descriptor
 * from which it can be read; ends the process if that fails. */
int open_decompressed(void);

#endif
