/* parse.c: words that people type: sizes, counts, IDs, signals. */
#define _GNU_SOURCE
#include "parse.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* Reads 512m, 512M, 512MB, 512MiB or 512Mi: powers of 1024, as with Docker. With NONE, also takes
 * 0. */
static int read_size(const char *text, bool none, int64_t *size)
{
	static const char units[] = "kmgtp";
	char *end;
	double value = strtod(text, &end);
	bool number = end != text && end == text + strspn(text, "0123456789.");
	const char *unit = *end ? strchr(units, *end | 0x20) : NULL;

	if (unit) {
		value *= (double)(1LL << 10 * (unit - units + 1));
		end++;
		end += (*end | 0x20) == 'i';
	}
	end += (*end | 0x20) == 'b';
	if (!number || *end)
		return failx("%s: not a size such as 512m", text);
	if (!(value >= 1 && value < 9e18) && !(none && value == 0))
		return failx("%s: out of range", text);
	*size = value;
	return 0;
}

int parse_size(const char *text, int64_t *size)
{
	return read_size(text, false, size);
}

int parse_size_or_none(const char *text, int64_t *size)
{
	return read_size(text, true, size);
}

int parse_count(const char *text, int64_t least, int64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoll(text, &end, 10);
	return errno || !*text || *end || *count < least ? failx("%s: not a number", text) : 0;
}

bool parse_id(const char *text, uint32_t *id)
{
	unsigned long long value;

	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 10)
		return false;
	value = strtoull(text, NULL, 10);
	if (value >= UINT32_MAX)
		return false;
	*id = value;
	return true;
}

/* Returns the signal of a NAME that is in signal(7), but that sigabbrev_np(3) does not know; 0 for
 * other names. */
static int alias(const char *name)
{
	static const struct {
		const char *name;
		int signal;
	} aliases[] = {{"CLD", SIGCHLD}, {"IO", SIGIO}, {"IOT", SIGIOT}, {"POLL", SIGPOLL},
		{"UNUSED", SIGSYS}};

	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (strcasecmp(aliases[i].name, name) == 0)
			return aliases[i].signal;
	return 0;
}

/* Returns the number TEXT, if it consists of one to three digits; otherwise -1. */
static int digits(const char *text)
{
	size_t length = strspn(text, "0123456789");

	return length > 0 && length < 4 && !text[length] ? atoi(text) : -1;
}

/* Returns the signal of a NAME such as "RTMIN", "RTMIN+3" or "RTMAX-2"; 0 for other names. SIGRTMIN
 * is that of the C library, which uses the kernel's first two real-time signals itself. */
static int real_time(const char *name)
{
	bool from_least = strncasecmp(name, "RTMIN", 5) == 0;
	int number = -1;

	if (!from_least && strncasecmp(name, "RTMAX", 5) != 0)
		return 0;
	if (!name[5])
		number = 0;
	else if (name[5] == (from_least ? '+' : '-'))
		number = digits(name + 6);
	if (number < 0 || number > SIGRTMAX - SIGRTMIN)
		return 0;
	return from_least ? SIGRTMIN + number : SIGRTMAX - number;
}

int parse_signal(const char *text, int least)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	int number = digits(text);

	if (number >= least && number < NSIG)
		return number;
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && strcasecmp(sigabbrev_np(i), name) == 0)
			return i;
	number = alias(name) ?: real_time(name);
	return number > 0 ? number : failx("%s: no such signal", text);
}
