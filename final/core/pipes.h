/* pipes.h: the ends of pipes that the container gets in place of the caller's files. */
#ifndef PIPES_H
#define PIPES_H

#include "container.h"

/* Makes the pipes that the container gets in place of the caller's files: PIPES has its ends, -1
 * where it needs none, and container->stdio box's. */
int make_pipes(struct container *container, int pipes[3]);

/* Makes PIPES stdin, stdout and stderr, in the container's first process. */
void use_pipes(const int pipes[3]);
void close_pipes(int pipes[3]);

#endif
