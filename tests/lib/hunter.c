/*
 * hunter.c: an attack, for box/joining.bats. With CAP_SYS_PTRACE, it stops each process that
 * comes into its PID namespace from outside as early as it can, and prints what that process may do
 * then, its users, its descriptors above 2 but box's socket, and whether the text A followed by B
 * is in its memory.
 *
 * usage: hunter COUNT A B
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a new PID namespace PIDs are given one after the other. */
static pid_t last_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		err(1, "fork");
	return pid;
}

static void print_status(pid_t pid)
{
	static const char *const names[] = {"Uid", "CapPrm", "CapEff", "CapBnd", "Seccomp:"};
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!(file = fopen(path, "re")))
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0)
				printf("%s ", strtok(line, "\n"));
	fclose(file);
}

/* Its socket to box is harmless: what box is told there is checked. */
static void print_descriptors(pid_t pid)
{
	char path[64], target[256];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	if (!(folder = opendir(path)))
		err(1, "%s", path);
	while ((entry = readdir(folder))) {
		ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);

		target[size < 0 ? 0 : size] = '\0';
		if (size > 0 && atoi(entry->d_name) > 2 && strncmp(target, "socket:", 7) != 0)
			printf("descriptor %s: %s ", entry->d_name, target);
	}
	closedir(folder);
}

static void search_memory(pid_t pid, const char *text)
{
	char path[64], line[512];
	unsigned long start, end;
	FILE *maps;
	int memory;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	if ((memory = open(path, O_RDWR | O_CLOEXEC)) < 0)
		err(1, "%s", path);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	if (!(maps = fopen(path, "re")))
		err(1, "%s", path);
	while (fgets(line, sizeof(line), maps)) {
		char *copy;
		ssize_t size;

		if (sscanf(line, "%lx-%lx", &start, &end) != 2 || !(copy = malloc(end - start)))
			continue;
		size = pread(memory, copy, end - start, (off_t)start);
		if (size > 0 && memmem(copy, size, text, strlen(text)))
			printf("has %s ", text);
		free(copy);
	}
	fclose(maps);
	close(memory);
}

int main(int argc, char *argv[])
{
	char text[256];
	pid_t pid;

	if (argc != 4)
		errx(1, "usage: hunter COUNT A B");
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(text, sizeof(text), "%s%s", argv[2], argv[3]);
	pid = last_pid();
	puts("ready");
	for (int count = atoi(argv[1]); count > 0; count--) {
		pid++;
		/* It stops now, or at its end, if that comes first. */
		while (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT) < 0)
			;
		if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 || waitpid(pid, NULL, __WALL) < 0)
			err(1, "stop process %d", pid);
		printf("caught: ");
		print_status(pid);
		print_descriptors(pid);
		search_memory(pid, text);
		puts("");
		if (ptrace(PTRACE_DETACH, pid, 0, 0) < 0)
			err(1, "let process %d go on", pid);
		while (kill(pid, 0) == 0)
			usleep(1000);
	}
	puts("done");
	pause();
	return 0;
}
