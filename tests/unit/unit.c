/*
 * unit.c: runs the unit tests, each in a process of its own.
 *
 *   unit [WORD]    all tests, or those that have WORD in their names
 *
 * Prints what was not as expected. The last line has the counts; the exit status is 1 when a test
 * has failed, or there was none.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"

enum { MAX_TESTS = 1000, SECONDS = 60 };

static struct {
	const char *file, *name;
	void (*run)(void);
} tests[MAX_TESTS];
static size_t n_tests;

/* Of the test that runs, in its process. */
static bool failed;
static const char *current; /* case, or NULL */

void unit_add(const char *file, const char *name, void (*run)(void))
{
	if (n_tests == MAX_TESTS)
		abort();
	tests[n_tests].file = file;
	tests[n_tests].name = name;
	tests[n_tests++].run = run;
}

/* Prints TEXT in quotes, with what is no ASCII as \ooo. */
static void print_text(const char *text)
{
	if (!text) {
		fputs("NULL", stderr);
		return;
	}
	fputc('"', stderr);
	for (; *text; text++)
		fprintf(stderr, *text >= ' ' && *text < 0x7f ? "%c" : "\\%03o",
			(unsigned char)*text);
	fputc('"', stderr);
}

void unit_case(const char *text)
{
	current = text;
}

static bool differs(const char *file, int line, const char *what)
{
	failed = true;
	fprintf(stderr, "%s:%d: ", file, line);
	if (current) {
		fputs("of ", stderr);
		print_text(current);
		fputs(": ", stderr);
	}
	fprintf(stderr, "%s: ", what);
	return false;
}

bool unit_expect(bool is, const char *file, int line, const char *what)
{
	if (is)
		return true;
	differs(file, line, what);
	fputs("expected true, came false\n", stderr);
	return false;
}

bool unit_expect_number(
	long long got, long long expected, const char *file, int line, const char *what)
{
	if (got == expected)
		return true;
	differs(file, line, what);
	fprintf(stderr, "expected %lld, came %lld\n", expected, got);
	return false;
}

bool unit_expect_text(
	const char *got, const char *expected, const char *file, int line, const char *what)
{
	if (got == expected || (got && expected && strcmp(got, expected) == 0))
		return true;
	differs(file, line, what);
	fputs("expected ", stderr);
	print_text(expected);
	fputs(", came ", stderr);
	print_text(got);
	fputc('\n', stderr);
	return false;
}

bool unit_expect_error(
	long long got, const char *error, const char *file, int line, const char *what)
{
	if (got == -1)
		return unit_expect_text(failure(), error, file, line, what);
	differs(file, line, what);
	fprintf(stderr, "expected the error \"%s\", came %lld\n", error, got);
	return false;
}

/* The test cannot go on. */
__attribute__((noreturn)) static void give_up(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

void unit_file(const char *name, const void *data, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s", name);
	for (char *slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			give_up(path);
	}
	if (!(file = fopen(path, "we")) || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		give_up(path);
}

void unit_text_file(const char *name, const char *text)
{
	unit_file(name, text, strlen(text));
}

void *unit_memory(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		give_up("memory");
	return memory;
}

int unit_folder(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		give_up(".");
	return fd;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st, (void)type, (void)place;
	return remove(path);
}

/* Runs TEST in a new process, whose working folder is FOLDER. Returns whether it passed. */
static bool run(size_t test, const char *folder)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		give_up("fork");
	if (pid == 0) {
		alarm(SECONDS);
		if (chdir(folder) < 0)
			give_up(folder);
		tests[test].run();
		fflush(NULL);
		_exit(failed);
	}
	if (waitpid(pid, &status, 0) != pid)
		give_up("waitpid");
	if (WIFSIGNALED(status))
		fprintf(stderr, "ended by signal %d, %s%s\n", WTERMSIG(status),
			strsignal(WTERMSIG(status)),
			WTERMSIG(status) == SIGALRM ? ": it took too long" : "");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char *argv[])
{
	int passed = 0, lost = 0;

	for (size_t i = 0; i < n_tests; i++) {
		char folder[] = "/tmp/box-unit.XXXXXX";

		if (argc > 1 && !strstr(tests[i].name, argv[1]))
			continue;
		if (!mkdtemp(folder))
			give_up(folder);
		if (run(i, folder)) {
			passed++;
		} else {
			lost++;
			fprintf(stderr, "FAILED: %s: ", tests[i].file);
			for (const char *c = tests[i].name; *c; c++)
				fputc(*c == '_' ? ' ' : *c, stderr);
			fputc('\n', stderr);
		}
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
	printf("%d passed, %d failed\n", passed, lost);
	return lost > 0 || passed == 0;
}
