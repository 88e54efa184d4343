/* environment.c: a list of environment variables. */
#define _GNU_SOURCE
#include "environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "list.h"
#include "text.h"

int add_env(struct strings *env, const char *text)
{
	size_t length = strcspn(text, "=");
	const char *value = text[length] ? text + length + 1 : getenv(text);
	char *line;

	if (length == 0)
		return failx("%s: a variable without a name", text);
	if (!value)
		return 0; /* as with Docker: the container does not have it either */
	if (!(line = format_text("%.*s=%s", (int)length, text, value)))
		return -1;
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->list[i], line, length + 1) == 0) {
			free(env->list[i]);
			env->list[i] = line;
			return 0;
		}
	if (add_string(env, line) < 0)
		return -1;
	free(line);
	return 0;
}
