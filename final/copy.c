/* copy.c: box cp. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct copy {
	const char *from, *to; /* paths; one of them in the container */
	bool to_container, keep_owners;
};

/* A name is looked up as the root folder ROOT shows it; -1: as the host does. */
static int open_path(int root, const char *path, int flags)
{
	return root < 0 ? open(path, flags | O_CLOEXEC) : open_in_root(root, path, flags, 0);
}

/* PATH without slashes at its end. */
static char *trim(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return strndup(path, length);
}

/* The last component; "." for the root, and for what has no name of its own. */
static const char *base_of(const char *trimmed)
{
	const char *slash = strrchr(trimmed, '/'), *base = slash ? slash + 1 : trimmed;

	return !*base || strcmp(base, "..") == 0 ? "." : base;
}

/* Opens the folder that PATH is in. */
static int open_parent(int root, const char *trimmed)
{
	const char *slash = strrchr(trimmed, '/');
	autofree char *parent =
		slash ? strndup(trimmed, slash - trimmed + (slash == trimmed)) : strdup(".");

	return parent ? open_path(root, parent, O_RDONLY | O_DIRECTORY) : -1;
}

/* What is copied. Returns whether it is a folder, or -1. */
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
	return from->folder < 0 ? fail("%s", path) : S_ISDIR(st.st_mode);
}

/* Where it is copied to: into PATH by the name BASE, if that is a folder; else in place of what is
 * called so, which may be a symlink to a file. */
static int open_destination(
	struct end *to, const char *path, const char *trimmed, bool is_folder, const char *base)
{
	autoclose int fd = open_path(to->root, path, O_PATH);
	struct stat st;

	if ((fd < 0 && errno != ENOENT) || (fd >= 0 && fstat(fd, &st) < 0))
		return fail("%s", path);
	if (fd >= 0 && S_ISDIR(st.st_mode)) {
		to->folder = open_path(to->root, path, O_RDONLY | O_DIRECTORY);
		to->name = base;
		return to->folder < 0 ? fail("%s", path) : 0;
	}
	if (fd >= 0 && is_folder)
		return failx("%s: a file, which no folder can be copied to", path);
	if (fd < 0 && !is_folder && path[strlen(path) - 1] == '/')
		return failx("%s: no such folder", path);
	to->folder = open_parent(to->root, trimmed);
	to->name = base_of(trimmed);
	return to->folder < 0 ? fail("%s", path) : 0;
}

static int copy_between(const struct copy *job, struct end *from, struct end *to)
{
	bool reads = strcmp(job->from, "-") == 0, writes = strcmp(job->to, "-") == 0;
	autofree char *source = trim(job->from), *destination = trim(job->to);
	int is_folder = true, result = 0;

	if (!source || !destination)
		return fail("memory");
	/* "-" is "." of the archive: all that is in it. */
	if (!reads && (is_folder = open_source(from, job->from, source)) < 0)
		return -1;
	to->name = base_of(source);
	if (!writes)
		result = open_destination(
			to, job->to, destination, is_folder, reads ? "." : base_of(source));
	if (result == 0 && reads && strcmp(to->name, ".") != 0)
		result = failx("%s: not a folder", job->to);
	if (result == 0)
		result = copy(from, to, job->keep_owners || writes);
	close_fd(&from->folder);
	close_fd(&to->folder);
	return result;
}

/* The root that the processes of a running container have. Its PID may be another's by now; the
 * pidfd tells. */
static int open_running(const struct target *target)
{
	autoclose int pidfd = state_pidfd(&target->state);
	char path[64];
	autoclose int root = -1;

	snprintf(path, sizeof(path), "/proc/%d/root", target->state.pid);
	if (pidfd < 0)
		return -1;
	if ((root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return fail("%s", path);
	if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0)
		return failx("container %s is not running", target->name);
	return steal_fd(&root);
}

/* The kernel's file systems are for processes; without one there are the volumes alone. */
static void keep_volumes(struct spec *spec)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->n_mounts; i++)
		if (!spec->mounts[i].type && !spec->mounts[i].text)
			spec->mounts[n++] = spec->mounts[i];
	spec->n_mounts = n;
}

static int open_stopped(const struct target *target, struct kept *kept, struct container *holder)
{
	if (kept_open(target->store, target->state.id, true, kept) < 0)
		return -1;
	keep_volumes(&kept->options.spec);
	return container_mount(holder, &kept->options.spec);
}

static int cp(struct target *target)
{
	const struct copy *job = target->data;
	struct container holder = no_container;
	struct kept kept = {.place.dir = -1};
	autoclose int root = target->state.phase == PHASE_RUNNING
				     ? open_running(target)
				     : open_stopped(target, &kept, &holder);
	struct end host = {.folder = -1, .root = -1}, container = {.folder = -1, .root = root};
	int result = -1;

	if (root >= 0)
		result = job->to_container ? copy_between(job, &host, &container)
					   : copy_between(job, &container, &host);
	container_destroy(&holder);
	kept_close(&kept);
	return result;
}

/* Splits CONTAINER:PATH. False: WORD is a path of the host. */
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

int command_cp(const struct places *places, int argc, char *argv[])
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
	return each_container(places, names, cp, &job);
}
