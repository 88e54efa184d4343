/* pipes.h: the pipes that a container gets in place of the caller's stdin, stdout and stderr. */
#ifndef PIPES_H
#define PIPES_H

#include "container.h"

/* Makes the pipes that container->process needs, if any. PIPES become the ends for the process, to
 * be closed by close_pipes() also after an error; container->stdio becomes box's ends. Each is -1
 * where no pipe is needed. For a further process with a terminal, PIPES are /dev/null until the
 * process has its terminal. Returns 0, or -1 after fail(). */
int make_pipes(struct container *container, int pipes[3]);

/* use_pipes(), which the child calls, makes PIPES its stdin, stdout and stderr; if that fails, the
 * child ends. close_pipes() closes PIPES. */
void use_pipes(const int pipes[3]);
void close_pipes(int pipes[3]);

#endif
