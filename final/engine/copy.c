/* copy.c: box cp, by unpack.c: opens the two ends of the copy. */
#define _GNU_SOURCE
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "flags.h"
#include "outfile.h"
#include "text.h"
#include "container.h"
#include "spec.h"
#include "unpack.h"
#include "kept.h"
#include "state.h"
#include "target.h"

struct copy {
	const char *from, *to; /* paths, one of them in the container; or "-" */
	bool to_container, keep_owners;
};

/* Returns a copy of PATH without slashes at its end; the caller frees it. NULL if memory
 * is short. */
static char *trim(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return strndup(path, length);
}

/* Opens the source of the copy, PATH; TRIMMED is PATH without slashes at its end. Returns the type
 * of the source, such as S_IFDIR, or -1 after fail(). */
static int open_source(struct end *from, const char *path, const char *trimmed)
{
	autoclose int fd = open_path(from->root, path, O_PATH | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail("%s", path);
	if (S_ISDIR(st.st_mode)) {
		from->folder = open_path(from->root, path, O_RDONLY | O_DIRECTORY);
		from->name = ".";
	} else {
		from->folder = open_parent(from->root, trimmed);
		from->name = base_of(trimmed);
	}
	return from->folder < 0 ? fail("%s", path) : (int)(st.st_mode & S_IFMT);
}

/* Opens the place of the file PATH as the target. Returns 0; 1 if PATH is a folder; or -1 after
 * fail(). */
static int open_spot(struct end *to, const char *path, struct spot *spot)
{
	int found = spot_find(to->root, path, spot);

	if (found == 0) {
		to->folder = steal_fd(&spot->folder);
		to->name = spot->name;
	}
	return found;
}

/* Opens the folder PATH as the target, into which BASE of this TYPE is copied. If BASE is a file,
 * and PATH has a symlink of that name, the copy goes where the symlink leads. The files of a folder
 * replace such symlinks: see extract() in extract.c. */
static int open_folder(
	struct end *to, const char *path, int type, const char *base, struct spot *spot)
{
	autofree char *file = format_text("%s/%s", path, base);

	if (!file)
		return -1;
	if (type == S_IFREG) {
		int found = open_spot(to, file, spot);

		if (found <= 0)
			return found;
		errno = EISDIR;
		return fail("%s", file);
	}
	to->folder = open_path(to->root, path, O_RDONLY | O_DIRECTORY);
	to->name = base;
	return to->folder < 0 ? fail("%s", path) : 0;
}

/* Opens the target. If PATH is a folder, BASE of this TYPE is copied into it; else the copy takes
 * the place of PATH. A symlink PATH that leads to a file is followed if a regular file is copied,
 * and replaced if a file of another type, such as a symlink, is copied. */
static int open_destination(struct end *to, const char *path, const char *trimmed, int type,
	const char *base, struct spot *spot)
{
	autoclose int fd = open_path(to->root, path, O_PATH);
	struct stat st;

	if ((fd < 0 && errno != ENOENT) || (fd >= 0 && fstat(fd, &st) < 0))
		return fail("%s", path);
	if (fd >= 0 && S_ISDIR(st.st_mode))
		return open_folder(to, path, type, base, spot);
	if (fd >= 0 && type == S_IFDIR)
		return failx("%s: a file, which no folder can be copied to", path);
	if (fd < 0 && type != S_IFDIR && path[strlen(path) - 1] == '/')
		return failx("%s: no such folder", path);
	if (type == S_IFREG) {
		int found = open_spot(to, path, spot);

		return found > 0 ? failx("%s: it became a folder just now", path) : found;
	}
	to->folder = open_parent(to->root, trimmed);
	to->name = base_of(trimmed);
	return to->folder < 0 ? fail("%s", path) : 0;
}

/* Copies from JOB's source to its target, and closes the folders of both ends. */
static int copy_between(const struct copy *job, struct end *from, struct end *to)
{
	bool reads = strcmp(job->from, "-") == 0, writes = strcmp(job->to, "-") == 0;
	autofree char *source = trim(job->from), *destination = trim(job->to);
	autospot struct spot spot = {.folder = -1};
	int type = S_IFDIR, result = 0;

	if (!source || !destination)
		return fail("memory");
	/* An archive on stdin is treated like the folder ".": all its contents are copied. */
	if (!reads && (type = open_source(from, job->from, source)) < 0)
		return -1;
	to->name = base_of(source);
	if (!writes)
		result = open_destination(
			to, job->to, destination, type, reads ? "." : base_of(source), &spot);
	if (result == 0 && reads && strcmp(to->name, ".") != 0)
		result = failx("%s: not a folder", job->to);
	if (result == 0)
		result = copy(from, to, job->keep_owners || writes);
	close_fd(&from->folder);
	close_fd(&to->folder);
	return result;
}

/* Opens the user namespace of the process PID in END, unless it is box's own. */
static int open_users(struct end *end, pid_t pid)
{
	struct stat own, other;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	if (stat("/proc/self/ns/user", &own) < 0 || stat(path, &other) < 0 ||
		(own.st_ino != other.st_ino && (end->users = open(path, O_RDONLY | O_CLOEXEC)) < 0))
		return fail("%s", path);
	return 0;
}

/* Opens the root folder of a running container's first process in END, and the user namespace.
 * Another process may get its PID before /proc/PID/root is opened: the pidfd shows whether the
 * first process still lived after that. */
static int open_running(const struct target *target, struct end *end)
{
	autoclose int pidfd = state_pidfd(&target->state);
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root", target->state.pid);
	if (pidfd < 0)
		return -1;
	if ((end->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return fail("%s", path);
	if (open_users(end, target->state.pid) < 0)
		return -1;
	return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0
		       ? failx("container %s is not running", target->name)
		       : 0;
}

/* Removes all mounts of SPEC but its volumes: file systems such as /proc are for processes, and box
 * cp starts none. */
static void keep_volumes(struct spec *spec)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->n_mounts; i++)
		if (!spec->mounts[i].type && !spec->mounts[i].text)
			spec->mounts[n++] = spec->mounts[i];
	spec->n_mounts = n;
}

/* Mounts the root of a container that does not run, and locks the container. The child of HOLDER
 * keeps the mounts. Opens the root in END. */
static int open_stopped(
	const struct target *target, struct kept *kept, struct container *holder, struct end *end)
{
	if (kept_open(target->store, target->state.id, true, kept) < 0)
		return -1;
	keep_volumes(&kept->spec);
	end->root = container_mount(holder, &kept->spec);
	return end->root < 0 ? -1 : open_users(end, holder->pid);
}

static int cp(struct target *target)
{
	const struct copy *job = target->data;
	struct container holder = no_container;
	struct kept kept = {.place.dir = -1};
	struct end host = {.folder = -1, .root = -1, .users = -1}, container = host;
	int result = target->state.phase == PHASE_RUNNING
			     ? open_running(target, &container)
			     : open_stopped(target, &kept, &holder, &container);

	if (result == 0)
		result = job->to_container ? copy_between(job, &host, &container)
					   : copy_between(job, &container, &host);
	close_fd(&container.root);
	close_fd(&container.users);
	keep_failure();
	container_destroy(&holder);
	kept_close(&kept);
	return result;
}

/* If WORD is CONTAINER:PATH, splits it at the colon, sets *PATH, and returns true. If WORD is a
 * path of the host, sets *PATH to WORD, and returns false. */
static bool split(char *word, char **path)
{
	char *colon = strchr(word, ':');

	*path = word;
	if (!colon || colon == word || *word == '.' || memchr(word, '/', colon - word))
		return false;
	*colon = '\0';
	*path = colon + 1;
	return true;
}

static int set_copy(void *data, int letter, const char *value)
{
	(void)value;
	((struct copy *)data)->keep_owners |= letter == 'a';
	return 0;
}

int command_cp(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"archive", no_argument, NULL, 'a'}, {0}};
	struct copy job = {0};
	char **words = parse_flags(argc, argv, "+a", longs, set_copy, &job), *from, *to;
	char *names[2] = {NULL};
	bool from_container;

	if (!words)
		return report();
	if (!words[0] || !words[1] || words[2]) {
		failx("a source and a target are needed; see box cp --help");
		return report();
	}
	from_container = split(words[0], &from);
	job.to_container = split(words[1], &to);
	job.from = from;
	job.to = to;
	names[0] = words[job.to_container];
	if (from_container == job.to_container) {
		failx(from_container ? "not from container to container"
				     : "neither is CONTAINER:PATH");
		return report();
	}
	if (!*from || !*to) {
		failx("%s: no path after the colon", names[0]);
		return report();
	}
	if (strcmp(to, "-") == 0 && isatty(STDOUT_FILENO)) {
		failx("not an archive to a terminal");
		return report();
	}
	return each_container(folders, names, cp, &job);
}
