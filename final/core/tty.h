/* tty.h: the container's terminal (-t), and the caller's. */
#ifndef TTY_H
#define TTY_H

#include <stdbool.h>

/* Opens a new pty of the container's devpts, makes its slave end stdin, stdout and stderr of the
 * calling process, and returns the master end, which is the caller's. With CONSOLE the slave is
 * also mounted on /dev/console. It is called inside the container. To make stdin its controlling
 * terminal is left to the caller, who has to lead a session (ioctl_tty(2), TIOCSCTTY). */
int terminal_open(bool console);

/* Waits until box is in the foreground of the terminal on stdin; in the background the kernel stops
 * box, as any job of a shell. */
int terminal_claim(void);

/* Puts the terminal on stdin into raw mode, until terminal_restore() or the end of the program,
 * unless SIGKILL ends it. Waits as terminal_claim() does. */
int terminal_raw(void);

/* Gives the terminal on stdin the settings back that it had before terminal_raw(); does nothing
 * without that call. WRITING: more output of the container is to come, which still goes through
 * unchanged; the next call without WRITING gives that setting back, too. */
void terminal_restore(bool writing);

/* Gives the pty MASTER the size of the terminal on stdin, if stdin is a terminal. */
void terminal_resize(int master);

/* Opens the slave end of the pty MASTER. Returns the descriptor, which is the caller's; or -1,
 * without fail(), also if MASTER is -1. */
int terminal_peer(int master);

#endif
