/* debug.c: what box does, call by call. */
#define _GNU_SOURCE
#include "debug.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "printable.h"

void (*debug_print)(const char *line);
const char *debug_side = "";
static double start; /* of clock_now() */
static int to = -1; /* the copy of stderr that debug_begin() made */

void debug_to(void (*print)(const char *line))
{
	debug_print = print;
	start = start ?: clock_now();
}

void debug(const char *format, ...)
{
	int error = errno;
	char line[1024]; /* the size of a message's text, see channel.h */
	va_list arguments;
	int length;

	if (!debug_print)
		return;
	length = snprintf(line, sizeof(line), "%.6f %s", clock_now() - start, debug_side);
	va_start(arguments, format);
	vsnprintf(line + length, sizeof(line) - length, format, arguments);
	va_end(arguments);
	make_printable(line);
	debug_print(line);
	errno = error;
}

static void print_line(const char *line)
{
	dprintf(to, "%s: %s\n", speaker, line);
}

int debug_begin(void)
{
	/* 10 or more, as shells do it: a smaller number may be given to another file */
	if ((to = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10)) < 0)
		return fail("stderr");
	debug_to(print_line);
	return 0;
}

void debug_end(void)
{
	debug_print = NULL;
	close_fd(&to);
}
