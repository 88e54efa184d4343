/* program.c: finds the program of a process in PATH, and executes it. */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* Returns PATH, or the default of execvp(3). */
static const char *search_path(void)
{
	return getenv("PATH") ?: "/bin:/usr/bin";
}

/* Sets FILE to the next folder of the path *REST with NAME behind it; an empty folder means the
 * working folder. Returns false at the end. */
static bool next_candidate(const char **rest, const char *name, char file[PATH_MAX])
{
	size_t size;

	while (*rest) {
		const char *folder = *rest;

		size = strcspn(folder, ":");
		*rest = folder[size] ? folder + size + 1 : NULL;
		if (snprintf(file, PATH_MAX, "%.*s/%s", size ? (int)size : 1, size ? folder : ".",
			    name) < PATH_MAX)
			return true;
	}
	return false;
}

int program_find(const char *name)
{
	const char *rest = search_path();
	char file[PATH_MAX];
	bool found = false;
	struct stat st;

	if (strchr(name, '/')) {
		if (access(name, X_OK) == 0)
			return 0;
		return errno == EACCES ? failx("exec: \"%s\": permission denied", name)
				       : failx("exec: \"%s\": stat %s: no such file or directory",
						 name, name);
	}
	while (*name && next_candidate(&rest, name, file)) {
		if (stat(file, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (access(file, X_OK) == 0)
			return 0;
		found = true;
	}
	errno = found ? EACCES : ENOENT;
	return found ? failx("exec: \"%s\": permission denied", name)
		     : failx("exec: \"%s\": executable file not found in $PATH", name);
}

/* This function makes no other system call than execve(2), because the filter of system calls may
 * be installed. A file that the kernel cannot execute is an error; execvp(3) would run it by the
 * image's /bin/sh. */
int program_execute(char **argv)
{
	const char *rest = search_path();
	char file[PATH_MAX];
	bool denied = false;

	if (strchr(argv[0], '/')) {
		execve(argv[0], argv, environ);
		return fail("%s", argv[0]);
	}
	while (*argv[0] && next_candidate(&rest, argv[0], file)) {
		execve(file, argv, environ);
		if (errno == EACCES)
			denied = true;
		else if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE &&
			 errno != ENODEV && errno != ETIMEDOUT && errno != ENAMETOOLONG)
			return fail("%s", argv[0]);
	}
	errno = denied ? EACCES : ENOENT;
	return fail("%s", argv[0]);
}
