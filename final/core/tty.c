/* tty.c: the terminals of -t: inside the container a new pty, outside the caller's terminal in raw
 * mode. */
#define _GNU_SOURCE
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "tree.h"

static struct termios before;
static bool is_raw;

/* Opens /dev/console, where programs look for the terminal that the system was started on. If the
 * image has a file of that name, it is opened with O_PATH, because to open a fifo would wait for a
 * writer. */
static int open_console(void)
{
	autoclose int fd = open("/dev/console", O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 && errno == EEXIST)
		fd = open("/dev/console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ELOOP;
		return -1;
	}
	return steal_fd(&fd);
}

static int mount_console(int peer)
{
	autoclose int target = open_console();
	autoclose int tree = target < 0 ? -1 : mount_copy(peer, "", false);

	return tree < 0 || mount_attach(tree, target) < 0 ? fail("mount /dev/console") : 0;
}

int terminal_open(bool console)
{
	autoclose int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	autoclose int peer = -1;
	int unlock = 0;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return fail("open a terminal of /dev/ptmx");
	/* The slave end is opened by means of MASTER: a name below /dev/pts could belong to another
	 * file system. */
	if ((peer = terminal_peer(master)) < 0)
		return fail("open the terminal's peer");
	if (console && mount_console(peer) < 0)
		return -1;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(peer, fd) < 0)
			return fail("dup2");
	return steal_fd(&master);
}

int terminal_peer(int master)
{
	return master < 0 ? -1 : ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* TCSANOW does not wait for output: what was written has been processed with the old settings
 * already, and a terminal that is stopped might never show it. */
void terminal_restore(bool writing)
{
	struct termios terminal = before;

	if (writing)
		terminal.c_oflag &= ~OPOST;
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
	is_raw = is_raw && writing;
}

static void restore_at_exit(void)
{
	terminal_restore(false);
}

/* Calls CHANGE with SIGTTOU unblocked: if box is a background job, the kernel stops box before it
 * makes the change, until box is in the foreground. In an orphaned process group, where nobody
 * could let box go on, the error is EIO. */
static int as_job(int (*change)(const struct termios *terminal), const struct termios *terminal)
{
	sigset_t stop, signals;
	int result;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_UNBLOCK, &stop, &signals);
	result = change(terminal);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	return result;
}

/* A change for as_job() that changes nothing. To set the current settings again would be wrong:
 * they would be read before the kernel stops box, and may be outdated when box goes on. */
static int change_nothing(const struct termios *terminal)
{
	(void)terminal;
	return tcflush(STDIN_FILENO, INT_MAX) < 0 && errno != EINVAL ? -1 : 0;
}

static int change(const struct termios *terminal)
{
	return tcsetattr(STDIN_FILENO, TCSADRAIN, terminal);
}

int terminal_claim(void)
{
	return as_job(change_nothing, NULL) < 0 ? fail("the terminal") : 0;
}

int terminal_raw(void)
{
	struct termios raw;

	if (terminal_claim() < 0)
		return -1;
	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return fail("stdin is not a terminal");
	raw = before;
	cfmakeraw(&raw);
	if (as_job(change, &raw) < 0)
		return fail("set the terminal");
	is_raw = true;
	atexit(restore_at_exit);
	return 0;
}

void terminal_resize(int master)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(master, TIOCSWINSZ, &size);
}
