/* pipes.h: the pipes that a container gets in place of the caller's stdin, stdout and stderr. */
#ifndef PIPES_H
#define PIPES_H

#include "container.h"

/* Makes the pipes that the process of container->spec needs, if any. PIPES become its ends and
 * container->stdio box's ends, each -1 where no pipe is needed. For a further process with a
 * terminal, PIPES are /dev/null until it has its terminal. */
int make_pipes(struct container *container, int pipes[3]);

/* use_pipes() makes PIPES the calling process's stdin, stdout and stderr; if that fails, the
 * process ends. It is called in the child. close_pipes() closes them. */
void use_pipes(const int pipes[3]);
void close_pipes(int pipes[3]);

#endif
