/* oci-log.c: the command line of box-oci as it was read, and its log. */
#define _GNU_SOURCE
#include "oci-log.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "json.h"

struct oci_line oci_line;

/* Writes a line to --log, or else to stderr, in the format of logrus, the library that runc uses:
 * conmon and containerd read this format. */
static void log_line(const char *level, const char *text)
{
	int fd = oci_line.log ? open(oci_line.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)
			      : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	autofclose FILE *log = fd < 0 ? NULL : fdopen(fd, "a");
	time_t now = time(NULL);
	struct tm tm;
	char when[40];
	json_auto_t *json = json_any(text);
	autofree char *quoted = json_dumps(json, JSON_ENCODE_ANY);

	if (!log || !quoted || !gmtime_r(&now, &tm))
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (oci_line.log_json)
		fprintf(log, "{\"level\":\"%s\",\"msg\":%s,\"time\":\"%s\"}\n", level, quoted,
			when);
	else
		fprintf(log, "time=\"%s\" level=%s msg=%s\n", when, level, quoted);
}

void debug_oci(const char *format, ...)
{
	autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (oci_line.debug && vasprintf(&text, format, arguments) >= 0)
		log_line("debug", text);
	va_end(arguments);
}

static void debug_line(const char *line)
{
	log_line("debug", line);
}

void debug_oci_begin(void)
{
	debug_to(oci_line.debug ? debug_line : NULL);
}

int report_oci(int status)
{
	report();
	if (oci_line.log)
		log_line("error", failure());
	return status;
}
