/* tty.h: the terminal of -t. */
#ifndef TTY_H
#define TTY_H

#include <stdbool.h>

/* Opens a new pty of the container's devpts, makes its one end stdin, stdout and stderr, and
 * returns the other end. With CONSOLE it is /dev/console, too. Called inside. A session's leader
 * then makes stdin its controlling terminal. */
int terminal_open(bool console);

/* Waits until the terminal on stdin is ours: in the background we are stopped, as any job. */
int terminal_claim(void);

/* Puts the terminal on stdin into raw mode until the program ends, however it ends but by SIGKILL.
 */
int terminal_raw(void);

/* Gives the terminal its old settings back. With WRITING, output still goes through as it is, since
 * more of it is to come; the next call gives that setting back, too. */
void terminal_restore(bool writing);

/* Gives the pty MASTER the size of the terminal on stdin, if that is one. */
void terminal_resize(int master);

/* Opens the other end of MASTER, or returns -1. */
int terminal_peer(int master);

#endif
