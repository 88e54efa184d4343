/* env-file.c: the file of --env-file: engine/options.c. */
#define _GNU_SOURCE
#include "options.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "error.h"
#include "fuzz.h"
#include "list.h"

FUZZ(env_file)
{
	char *argv[] = {(char *)"run", (char *)"--env-file", (char *)"env", (char *)"image", NULL};
	struct options options = {0};

	fuzz_file("env", data, size);
	if (options_parse(&options, 4, argv) < 0)
		FUZZ_EXPECT(strncmp(failure(), "--env-file: ", 12) == 0);
	for (size_t i = 0; i < options.file_env.n; i++) {
		const char *variable = options.file_env.list[i], *equals = strchr(variable, '=');

		FUZZ_EXPECT(equals > variable && !strpbrk(variable, "\r\n"));
		for (size_t j = 0; equals && j < i; j++)
			FUZZ_EXPECT(strncmp(variable, options.file_env.list[j],
					    equals - variable + 1) != 0);
	}
	free_list(&options.file_env.list);
	free_list(&options.lines.list);
}
