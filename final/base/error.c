/* error.c: an error's text is noted where the error happens, and printed once. */
#define _GNU_SOURCE
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "printable.h"

const char *speaker = "box";
static char text[MAX_FAILURE] = "no error";

__attribute__((format(printf, 1, 0))) static void note(
	const char *format, va_list arguments, const char *colon, const char *rest)
{
	char new[sizeof(text)]; /* as text itself may be among the arguments */
	size_t length;

	vsnprintf(new, sizeof(new), format, arguments);
	length = strlen(new);
	snprintf(new + length, sizeof(new) - length, "%s%s", colon, rest);
	strcpy(text, new);
	/* It may have names from images and archives, which must not command the terminal. */
	make_printable(text);
}

int fail(const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	note(format, arguments, ": ", strerror(error));
	va_end(arguments);
	errno = error;
	return -1;
}

int failx(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(format, arguments, "", "");
	va_end(arguments);
	return -1;
}

int fail_prefix(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(format, arguments, "", text);
	va_end(arguments);
	return -1;
}

const char *failure(void)
{
	return text;
}

struct kept_failure get_failure(void)
{
	struct kept_failure kept = {.error = errno};

	strcpy(kept.text, text);
	return kept;
}

void restore_failure(const struct kept_failure *kept)
{
	strcpy(text, kept->text);
	errno = kept->error;
}

int report(void)
{
	fprintf(stderr, "%s: %s\n", speaker, text);
	return EXIT_BOX;
}

void warn_user(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", speaker);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}
