/* diff.c: box diff. All changes that a container has made are in the upper folder of
 * its overlay. */
#define _GNU_SOURCE
#include "diff.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "flags.h"
#include "list.h"
#include "overlay.h"
#include "path.h"
#include "printable.h"
#include "resolve.h"
#include "text.h"
#include "spec.h"
#include "image.h"
#include "unpack.h"
#include "commands.h"
#include "kept.h"
#include "state.h"
#include "target.h"

/* Opens PATH in the layer DIR without following a symlink: the target of a symlink is a path of the
 * container, and not of the host. */
static int open_beneath(int dir, const char *path, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return open_resolved(dir, path, &how);
}

/* Whether LAYER, which does not have PATH, hides PATH in the layers below it: it does so if one of
 * the folders above PATH is opaque in LAYER. */
static bool hides(int layer, const char *path)
{
	autofree char *part = strdup(path);
	char *slash;

	while (part && (slash = strrchr(part, '/'))) {
		autoclose int fd = -1;

		*slash = '\0';
		fd = open_beneath(layer, part, O_RDONLY | O_DIRECTORY);
		if (is_opaque(fd))
			return true;
	}
	return false;
}

/* Opens PATH in the topmost layer below the upper folder that has it. Returns -1 with errno set if
 * there is none. */
static int open_below(const struct written *container, const char *path)
{
	for (size_t i = 0; i < container->n_layers; i++) {
		int fd = open_beneath(container->layers[i], path, O_PATH);

		/* ENOTDIR, ELOOP: this layer has another type of file in place of a folder. */
		if (fd >= 0 || errno != ENOENT || hides(container->layers[i], path))
			return fd;
	}
	return -1;
}

/* Sets *ST for PATH in the layers below the upper folder. Returns false if they do not
 * have PATH. */
static bool look_below(const struct written *container, const char *path, struct stat *st)
{
	autoclose int fd = open_below(container, path);

	return fd >= 0 && fstat(fd, st) == 0 &&
	       !(S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0));
}

/* Reads the symlink PATH in the upper folder, or else in the layers below. Returns false if PATH is
 * not a symlink. */
static bool look_at_link(const struct written *container, const char *path, char link[PATH_MAX])
{
	autoclose int fd = open_beneath(container->upper, path, O_PATH);
	ssize_t size;

	if (fd < 0 && errno == ENOENT && !hides(container->upper, path))
		fd = open_below(container, path);
	size = fd < 0 ? -1 : readlinkat(fd, "", link, PATH_MAX - 1);
	link[size < 0 ? 0 : size] = '\0';
	return size > 0;
}

/* Returns TARGET, the target of a mount, with all symlinks resolved and without the first slash.
 * The caller frees the text. NULL after fail(). */
static char *settle(const struct written *container, const char *target)
{
	autofree char *done = strdup(""), *rest = strdup(target);
	char link[PATH_MAX];

	for (int links = 40; done && rest;) {
		char *name = rest + strspn(rest, "/"), *end = name + strcspn(name, "/"), *last;
		autofree char *next = format_text(
				      "%s%s%.*s", done, *done ? "/" : "", (int)(end - name), name),
			      *after = NULL;

		if (!*name)
			return steal_pointer(&done);
		if (!next)
			return NULL;
		if (*name == '.' && end - name <= 2 && *(end - 1) == '.') {
			last = end - name == 2 ? strrchr(done, '/') : done + strlen(done);
			*(last ? last : done) = '\0';
			memmove(rest, end, strlen(end) + 1);
			continue;
		}
		/* With more symlinks than the kernel follows (path_resolution(7)), nothing was
		 * mounted. */
		if (links > 0 && look_at_link(container, next, link)) {
			links--;
			after = format_text("%s%s", link, end);
			if (*link == '/')
				*done = '\0';
		} else {
			after = strdup(end);
			free(done);
			done = steal_pointer(&next);
		}
		free(rest);
		rest = steal_pointer(&after);
	}
	fail("memory");
	return NULL;
}

/* The changes, as lines like those of docker diff: "C /etc". */
struct changes {
	const struct written *container;
	struct strings lines, targets; /* targets: of the mounts, by settle() */
	size_t bytes; /* of the lines */
	size_t left_out; /* number of mount points, made by box, that are left out */
	int depth; /* of the folder that is being read */
};

/* All lines are kept in memory, to be sorted. This is a limit, because a container can nest
 * folders, each of which takes only 4 KiB of the disk, until a path has megabytes. */
enum { MAX_BYTES = 128 << 20 };

static int add_change(struct changes *changes, char kind, const char *path)
{
	autofree char *line = format_text("%c /%s", kind, path);

	if (!line)
		return -1;
	if ((changes->bytes += strlen(line)) > MAX_BYTES)
		return failx("paths of more than %d MiB have changed", MAX_BYTES >> 20);
	return add_string(&changes->lines, line);
}

/* Whether box has made PATH, with the properties ST, to mount something on it or below it: then
 * PATH is not a change by the container. With a symlink, a container can make such a path lead to a
 * file of its own; so only an empty file counts, or a folder, and a file counts only if the mount
 * is on the file itself. */
static bool is_mount_point(const struct changes *changes, const char *path, const struct stat *st)
{
	bool folder = S_ISDIR(st->st_mode);
	size_t length = strlen(path);

	if (st->st_uid != 0 || st->st_gid != 0 || (!folder && st->st_size > 0) ||
		st->st_mode != (folder ? S_IFDIR | 0755 : S_IFREG | 0644))
		return false;
	for (size_t i = 0; i < changes->targets.n; i++) {
		const char *target = changes->targets.list[i];

		if (strncmp(target, path, length) == 0 &&
			(!target[length] || (folder && target[length] == '/')))
			return true;
	}
	return false;
}

/* Adds the names that the layers below have in the folder PATH, and that are missing in UPPER, the
 * opaque folder in its place. */
static int add_hidden(struct changes *changes, int upper, const char *path)
{
	const struct written *container = changes->container;

	for (size_t i = 0; i < container->n_layers; i++) {
		autoclose int fd = open_beneath(container->layers[i], path, O_RDONLY | O_DIRECTORY);
		autolist char **names = fd < 0 ? NULL : list_folder(fd);

		for (char **name = names; name && *name; name++) {
			autofree char *below = format_text("%s/%s", path, *name);
			struct stat st;

			if (!below)
				return -1;
			if (fstatat(upper, *name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
				look_below(container, below, &st) &&
				add_change(changes, 'D', below) < 0)
				return -1;
		}
	}
	return 0;
}

/* Adds what the file NAME, which is PATH in the container, says as a mark of fuse-overlayfs, where
 * no device 0:0 can be made: .wh.FILE that FILE was deleted, .wh..wh..opq what is_opaque() says. */
static int add_marked(struct changes *changes, const char *name, const char *path)
{
	autofree char *hidden = format_text(
		"%.*s%s", (int)(strlen(path) - strlen(name)), path, name + strlen(".wh."));

	if (!hidden)
		return -1;
	return strncmp(name, ".wh..wh.", 8) == 0 ? 0 : add_change(changes, 'D', hidden);
}

static int add_folder(struct changes *changes, int dir, const char *path);

/* Adds NAME of the folder DIR, which is PATH in the container. */
static int add_entry(struct changes *changes, int dir, const char *name, const char *path)
{
	size_t lines = changes->lines.n, left_out = changes->left_out;
	autoclose int folder = -1;
	struct stat st, before;
	bool was, own;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* it was removed meanwhile */
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
		return add_change(changes, 'D', path);
	if (strncmp(name, ".wh.", 4) == 0 && st.st_size == 0 && overlay_has_mark_files(dir))
		return add_marked(changes, name, path);
	was = look_below(changes->container, path, &before);
	own = !was && is_mount_point(changes, path, &st);
	if (own)
		changes->left_out++;
	else if (add_change(changes, was ? 'C' : 'A', path) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return 0;
	folder = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? 0 : fail("%s", path);
	if (was && S_ISDIR(before.st_mode) && is_opaque(folder) &&
		add_hidden(changes, folder, path) < 0)
		return -1;
	if (add_folder(changes, folder, path) < 0)
		return -1;
	/* Box has made the folder, but the container has put something into it. */
	if (own && changes->lines.n > lines)
		return add_change(changes, 'A', path);
	/* Only box has changed the folder. */
	if (was && changes->lines.n == lines + 1 && changes->left_out > left_out &&
		st.st_mode == before.st_mode && st.st_uid == before.st_uid &&
		st.st_gid == before.st_gid)
		free(changes->lines.list[--changes->lines.n]);
	return 0;
}

/* Levels of folders: each takes some of the stack. */
enum { MAX_DEPTH = 5000 };

/* Adds the changes in DIR, a folder in the upper folder. PATH is its path in the container: "" for
 * /. */
static int add_folder(struct changes *changes, int dir, const char *path)
{
	autolist char **names = list_folder(dir);

	if (++changes->depth > MAX_DEPTH)
		return failx("folders deeper than %d levels: %s", MAX_DEPTH, path);
	for (char **name = names; name && *name; name++) {
		autofree char *inner = format_text("%s%s%s", path, *path ? "/" : "", *name);

		if (!inner || add_entry(changes, dir, *name, inner) < 0)
			return -1;
	}
	changes->depth--;
	return names ? 0 : -1;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a + 2, *(char *const *)b + 2);
}

/* Sorts and prints the lines, each only once: a deleted file that several layers had is in the list
 * several times. */
static void print_changes(struct strings *lines)
{
	const char *last = "";

	if (lines->n > 0)
		qsort(lines->list, lines->n, sizeof(*lines->list), by_path);
	for (size_t i = 0; i < lines->n; i++) {
		char *line = lines->list[i];

		autofree char *shown = strcmp(line, last) == 0 ? NULL : strdup(line);

		last = line;
		if (!shown)
			continue;
		make_printable(shown);
		puts(shown);
	}
}

int written_open(struct target *target, struct written *written)
{
	bool running = target->state.phase == PHASE_RUNNING;
	const struct image *image = &written->kept.image;
	size_t n;

	*written = (struct written){.upper = -1};
	if (kept_open(target->store, target->state.id, !running, &written->kept) < 0)
		return -1;
	n = image->folder ? 1 : image->n_layers;
	written->upper =
		openat(written->kept.place.dir, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (written->upper < 0 || !(written->layers = calloc(n, sizeof(*written->layers))))
		return fail("container %s", target->name);
	for (size_t i = 0; i < n; i++) {
		const char *name = image->folder ?: image->layers[i];
		int dir = image->folder ? AT_FDCWD : target->store->layers;
		int fd = open_settled(dir, name, O_RDONLY | O_DIRECTORY);

		if (fd < 0)
			return fail("%s", name);
		written->layers[written->n_layers++] = fd;
	}
	return 0;
}

void written_close(struct written *written)
{
	for (size_t i = 0; i < written->n_layers; i++)
		close(written->layers[i]);
	free(written->layers);
	close_fd(&written->upper);
	kept_close(&written->kept);
}

static int diff(struct target *target)
{
	struct written written;
	struct changes changes = {.container = &written};
	int result = written_open(target, &written);
	const struct spec *spec = &written.kept.spec;

	for (size_t i = 0; result == 0 && i < spec->n_mounts; i++) {
		autofree char *settled = settle(&written, spec->mounts[i].target);

		result = settled ? add_string(&changes.targets, settled) : -1;
	}
	if (result == 0)
		result = add_folder(&changes, written.upper, "");
	print_changes(&changes.lines);
	written_close(&written);
	return result;
}

int command_diff(const struct folders *folders, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	char **names = parse_one(argc, argv, "+", none, set_nothing, NULL);

	return names ? each_container(folders, names, diff, NULL) : report();
}
