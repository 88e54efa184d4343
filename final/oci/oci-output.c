/* oci-output.c: the terminal and the files that an engine has named. */
#define _GNU_SOURCE
#include "oci-output.h"

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "outfile.h"
#include "process.h"
#include "text.h"
#include "channel.h"
#include "container.h"
#include "spec.h"
#include "tty.h"
#include "wait.h"
#include "oci-log.h"

/* Sets the terminal MASTER so that a newline of the process is passed on without a carriage return:
 * the program that shows the output adds it. */
static int keep_newlines(int master)
{
	struct termios terminal;

	if (tcgetattr(master, &terminal) < 0)
		return fail("the terminal");
	terminal.c_oflag &= ~(tcflag_t)ONLCR;
	return tcsetattr(master, TCSANOW, &terminal) < 0 ? fail("the terminal") : 0;
}

/* Sends the terminal MASTER to the engine, by --console-socket. */
static int send_console(int master)
{
	if (keep_newlines(master) < 0)
		return -1;
	if (send_to_socket(oci_line.console, "/dev/ptmx", 9, master) < 0)
		return fail("--console-socket %s", oci_line.console);
	return 0;
}

int oci_check_console(const struct spec *spec)
{
	if (oci_line.console && !spec->process.terminal)
		return failx("--console-socket without a terminal: process.terminal is false");
	if (spec->process.terminal && spec->process.detached && !oci_line.console)
		return failx("a terminal needs --console-socket when nobody stays to serve it");
	return 0;
}

int oci_give_terminal(struct container *container)
{
	const struct process *process = container->process;
	struct winsize size = {.ws_row = process->rows, .ws_col = process->columns};

	if (container->master < 0)
		return 0;
	if (size.ws_row || size.ws_col)
		ioctl(container->master, TIOCSWINSZ, &size);
	else if (!oci_line.console)
		terminal_resize(container->master);
	if (!oci_line.console)
		return isatty(STDOUT_FILENO) ? 0 : keep_newlines(container->master);
	if (send_console(container->master) < 0)
		return -1;
	close_fd(&container->master);
	return 0;
}

/* Writes TEXT to the file PATH in one step: an engine that waits for the file never reads an
 * incomplete one. */
static int write_whole(const char *path, const char *text)
{
	autospot struct spot spot = {.folder = -1};
	int found = spot_find(-1, path, &spot);
	autoclose int fd = -1;

	if (found > 0)
		return failx("%s: a folder", path);
	if (found < 0 || (fd = spot_create(&spot, path, 0644)) < 0)
		return -1;
	if (write_all(fd, text, strlen(text)) == 0 && spot_replace(&spot, path) == 0)
		return 0;
	spot_give_up(&spot);
	return -1;
}

int oci_write_pid_file(pid_t pid)
{
	autofree char *text = format_text("%d", pid);

	if (!oci_line.pid_file)
		return 0;
	return text && write_whole(oci_line.pid_file, text) == 0 ? 0 : fail_prefix("--pid-file ");
}

int oci_print_json(json_t *json, size_t flags)
{
	if (!json || json_dumpf(json, stdout, flags) < 0)
		return failx("print it");
	putchar('\n');
	json_decref(json);
	return 0;
}

int oci_wait(struct container *container, struct relay *relay)
{
	sigset_t signals;

	block_signals(&signals);
	if (container->master >= 0 && isatty(STDIN_FILENO) && terminal_raw() < 0)
		return -1;
	return container_wait(container, &signals, true, relay);
}
