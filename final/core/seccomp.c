/* seccomp.c: filters of system calls: the built-in one, and those that box-seccomp compiles. */
#define _GNU_SOURCE
#include "seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sha2.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capabilities.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "path.h"
#include "text.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static struct sock_filter default_filter[] = {
#include "seccomp.inc"
};

/* A hash (FNV-1a) of the built-in filter, which is part of the names of kept filters. If box or
 * libseccomp is updated, the built-in filter may be another one; then filters that were kept before
 * are not used any more. */
static uint64_t default_filter_hash(void)
{
	const unsigned char *bytes = (const unsigned char *)default_filter;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(default_filter); i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Reads the filter in the file FD. Returns -1, without fail(), if there is none. */
static int read_filter(int fd, struct sock_fprog *filter)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	/* A file that is incomplete, or that others own or can write, is not used. */
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) ||
		st.st_size <= 0 || st.st_size % sizeof(*filter->filter) ||
		(size_t)st.st_size > BPF_MAXINSNS * sizeof(*filter->filter))
		return -1;
	if (!(filter->filter = malloc(st.st_size)))
		return -1;
	filter->len = st.st_size / sizeof(*filter->filter);
	return pread(fd, filter->filter, st.st_size, 0) == st.st_size ? 0 : -1;
}

/* Runs box-seccomp with ARGUMENT; IN (or -1) is its stdin, OUT its stdout. */
static int run_compiler(char *argument, int in, int out)
{
	autofree char *program = helper_path("box-seccomp");
	char *argv[] = {program, argument, NULL}, *env[] = {NULL};
	posix_spawn_file_actions_t actions;
	int error, status;
	pid_t pid;

	if (!program)
		return -1;
	posix_spawn_file_actions_init(&actions);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	error = posix_spawn(&pid, program, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	errno = error;
	if (error || waitpid(pid, &status, 0) < 0)
		return fail("%s", program);
	return status == 0 ? 0 : failx("%s failed", program);
}

/* Compiles a filter, and keeps it as the file NAME in the folder DIR. ARGUMENT and IN are as for
 * run_compiler(). */
static int make_filter(char *argument, int in, int dir, const char *name, struct sock_fprog *filter)
{
	autofree char *new = format_text("%s.%d", name, getpid());
	autoclose int fd = -1;
	int result;

	if (!new)
		return -1;
	fd = openat(dir, new, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail("seccomp/%s", new);
	result = run_compiler(argument, in, fd);
	if (result == 0 && (read_filter(fd, filter) < 0 || fsync(fd) < 0))
		result = failx("seccomp/%s: not a filter", new);
	if (result == 0 && renameat(dir, new, dir, name) < 0)
		result = fail("seccomp/%s", name);
	if (result < 0)
		unlinkat(dir, new, 0);
	return result;
}

/* Returns the filter that FOLDER has under NAME; if there is none, compiles it first. ARGUMENT and
 * IN are as for run_compiler(). NULL after fail(). */
static const struct sock_fprog *get_filter(
	char *argument, int in, const char *folder, const char *name)
{
	struct sock_fprog *filter;
	autoclose int dir = -1, file = -1;
	struct stat st;

	mkdir(folder, 0700); /* if this fails, open(2) tells why */
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0) {
		fail("%s", folder);
		return NULL;
	}
	/* FOLDER may be below /tmp, by --root of box-oci. A user who can write to it could replace
	 * one filter by another one. */
	if (st.st_uid != geteuid() || (st.st_mode & 022)) {
		failx("%s: another user can write into it", folder);
		return NULL;
	}
	filter = malloc(sizeof(*filter));
	file = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (!filter)
		fail("memory");
	else if (read_filter(file, filter) == 0 ||
		 make_filter(argument, in, dir, name, filter) == 0)
		return filter;
	free(filter);
	return NULL;
}

const struct sock_fprog *seccomp_filter(uint64_t capabilities, const char *data)
{
	static const struct sock_fprog standard = {LENGTH(default_filter), default_filter};
	autofree char *folder = format_text("%s/seccomp", data);
	autofree char *mask = format_text("%llx", (unsigned long long)capabilities);
	autofree char *name = format_text(
		"%s-%016llx", mask ? mask : "", (unsigned long long)default_filter_hash());

	if (capabilities == DEFAULT_CAPABILITIES)
		return &standard;
	if (!folder || !mask || !name)
		return NULL;
	mkdir(data, 0700);
	return get_filter(mask, -1, folder, name);
}

const struct sock_fprog *seccomp_profile(const char *profile, const char *folder)
{
	char digest[SHA256_DIGEST_STRING_LENGTH], argument[] = "--oci";
	autofree char *name = NULL;
	autoclose int in = memfd_create("profile", MFD_CLOEXEC);

	SHA256Data((const uint8_t *)profile, strlen(profile), digest);
	name = format_text("%s-%016llx", digest, (unsigned long long)default_filter_hash());
	if (!name || in < 0 || write_all(in, profile, strlen(profile)) < 0 ||
		lseek(in, 0, SEEK_SET) < 0) {
		fail("the profile of system calls");
		return NULL;
	}
	return get_filter(argument, in, folder, name);
}
