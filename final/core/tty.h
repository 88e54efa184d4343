/* tty.h: the container's terminal (-t), and the caller's. */
#ifndef TTY_H
#define TTY_H

#include <stdbool.h>

/* Opens a new pty of the container's devpts, makes its slave end stdin, stdout and stderr of the
 * calling process, and returns the master end, which the caller closes; or -1 after fail(). With
 * CONSOLE the slave end is also mounted on /dev/console. This function is called inside the
 * container. It does not make stdin the controlling terminal: only the leader of a session can do
 * so (ioctl_tty(2), TIOCSCTTY). */
int terminal_open(bool console);

/* Waits until box is in the foreground of the terminal on stdin; in the background the kernel stops
 * box, as it stops any job of a shell. Returns 0, or -1 after fail(). */
int terminal_claim(void);

/* Puts the terminal on stdin into raw mode, until terminal_restore() or the end of the program,
 * unless SIGKILL ends it. Waits as terminal_claim() does. Returns 0, or -1 after fail(). */
int terminal_raw(void);

/* Gives the terminal on stdin the settings that it had before terminal_raw(); does nothing if
 * terminal_raw() was not called. With WRITING, output is still passed through unchanged (without
 * OPOST, termios(3)), because more output of the container follows; a later call without WRITING
 * restores that setting, too. */
void terminal_restore(bool writing);

/* Gives the pty MASTER the size of the terminal on stdin, if stdin is a terminal. */
void terminal_resize(int master);

/* Opens the slave end of the pty MASTER. Returns the descriptor, which the caller closes; or -1,
 * without fail(), also if MASTER is -1. */
int terminal_peer(int master);

#endif
