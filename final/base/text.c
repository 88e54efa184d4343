/* text.c: makes texts, and shows sizes to people. */
#define _GNU_SOURCE
#include "text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

char *format_text(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0) {
		fail("memory");
		text = NULL;
	}
	va_end(arguments);
	return text;
}

void unescape_octal(char *text)
{
	char *to = text;

	for (unsigned c; *text; *to++ = (char)c) {
		c = (unsigned char)*text;
		if (*text == '\\' && strspn(text + 1, "01234567") >= 3 &&
			sscanf(text, "\\%3o", &c) == 1)
			text += 3;
		text++;
	}
	*to = '\0';
}

static const char *scale(uint64_t bytes, double step, const char *units, char text[16])
{
	const char *last = units[0] == 'k' ? "B" : "iB";
	double size = bytes;

	if (bytes < step) {
		snprintf(text, 16, "%d B", (int)bytes);
		return text;
	}
	for (size /= step; size >= step - 0.5 && units[1]; units++)
		size /= step;
	snprintf(text, 16, size < 9.95 ? "%.1f %c%s" : "%.0f %c%s", size, *units, last);
	return text;
}

const char *human_size(uint64_t bytes, char text[16])
{
	return scale(bytes, 1000, "kMGTPE", text);
}

const char *memory_size(uint64_t bytes, char text[16])
{
	return scale(bytes, 1024, "KMGTPE", text);
}
