/* fuzz.c: gives the fuzz targets the files of their corpus, tests/fuzz/corpus, among which are
 * those that once showed a fault. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"
#include "text.h"
#include "unit.h"

/* This program's repository. The program is tests/unit/build/unit there. */
static void find_repository(char path[4096])
{
	ssize_t n = readlink("/proc/self/exe", path, 4095);

	path[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 4 && strrchr(path, '/'); i++)
		*strrchr(path, '/') = '\0';
}

/* Runs TARGET with the file PATH in a new process, as it may crash. What it prints is only shown if
 * it does. */
static bool survives(const struct fuzz_target *target, const char *path)
{
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		FILE *file = fopen(path, "re");
		static uint8_t data[1 << 20];
		size_t size = file ? fread(data, 1, sizeof(data), file) : 0;
		autofree uint8_t *copy =
			unit_memory(size); /* of just that size, for the sanitizer */

		memcpy(copy, data, size);
		alarm(20);
		if (!file || !freopen("output", "w", stderr))
			_exit(1);
		target->run(copy, size);
		_exit(0);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
		return true;
	fprintf(stderr, "%s: fails with %s; this it prints:\n%s\n", target->name, path,
		read_file_at(AT_FDCWD, "output", 1 << 20) ?: "");
	return false;
}

TEST(the_fuzz_targets_hold_with_the_files_of_their_corpus)
{
	char repository[4096];

	find_repository(repository);
	EXPECT(n_fuzz_targets > 0);
	for (size_t i = 0; i < n_fuzz_targets; i++) {
		const struct fuzz_target *target = &fuzz_targets[i];
		autofree char *folder =
			format_text("%s/tests/fuzz/corpus/%s", repository, target->name);
		struct dirent **files;
		int n = scandir(folder, &files, NULL, alphasort), tried = 0;

		unit_case(target->name);
		for (int j = 0; j < n; j++) {
			autofree char *path = format_text("%s/%s", folder, files[j]->d_name);

			if (*files[j]->d_name == '.')
				continue;
			tried++;
			EXPECT(survives(target, path));
		}
		EXPECT(tried > 0);
	}
}
