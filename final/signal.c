/* signal.c: names of signals. */
#define _GNU_SOURCE
#include "box.h"

#include <string.h>

/* Names that sigabbrev_np(3) does not give, see signal(7). */
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

/* A whole number of digits alone, up to 999; -1 for anything else. */
static int digits(const char *text)
{
	size_t length = strspn(text, "0123456789");

	return length > 0 && length < 4 && !text[length] ? atoi(text) : -1;
}

/* "RTMIN", "RTMIN+3", "RTMAX-2": counted as the C library does, which keeps two for itself. */
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
