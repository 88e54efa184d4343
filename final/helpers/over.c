/*
 * over.c: a layer that is unpacked over those below it, as one folder shows them all: it
 * names files without their folders, or what symlinks of lower layers lead to. The kernel's overlay
 * copies up what changes. This file keeps what it does not: the times of folders that the archive
 * does not name, and what a whiteout hides: lower layers' files, not those of the layer itself (OCI
 * image specification, layer.md).
 */
#define _GNU_SOURCE
#include "over.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <search.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "text.h"

enum { MAX_LINKS = 40 }; /* as the kernel's */

/* A path without symlinks on its way. */
struct noted {
	bool own; /* the layer's; else it was there, and has these times, of access and change */
	struct timespec times[2];
	char path[];
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct noted *)a)->path, ((const struct noted *)b)->path);
}

static struct noted *make_noted(const char *path)
{
	struct noted *place = malloc(sizeof(*place) + strlen(path) + 1);

	if (!place) {
		fail("memory");
		return NULL;
	}
	*place = (struct noted){0};
	strcpy(place->path, path);
	return place;
}

static bool is_own(const struct over *over, const char *path)
{
	autofree struct noted *key = make_noted(path);
	struct noted **found = key ? tfind(key, &over->places, compare) : NULL;

	return found && (*found)->own;
}

/* Notes that the layer has PATH. */
static int add(struct over *over, const char *path)
{
	struct noted *place = make_noted(path), **found;

	if (!place || !(found = tsearch(place, &over->places, compare)))
		return fail("memory");
	if (*found != place)
		free(place);
	(*found)->own = true;
	return 0;
}

/* PATH, which lower layers have, keeps its times. Returns 1 if it was not known before. */
static int keep_times(struct over *over, const char *path, const struct stat *st)
{
	struct noted *place = make_noted(path), **found;

	if (!place || !(found = tsearch(place, &over->places, compare)))
		return fail("memory");
	if (*found != place) {
		free(place);
		return 0;
	}
	place->times[0] = st->st_atim;
	place->times[1] = st->st_mtim;
	return 1;
}

/* Puts where the symlink LINK leads before REST. Returns whether that begins at the root. */
static int follow(const char *link, char rest[PATH_MAX])
{
	char target[PATH_MAX], whole[2 * PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length < 0)
		return -1;
	target[length] = '\0';
	errno = ENAMETOOLONG;
	if (snprintf(whole, sizeof(whole), "%s/%s", target, rest) >= PATH_MAX)
		return -1;
	strcpy(rest, whole);
	return target[0] == '/';
}

/* Takes the first part of REST, which ends at a '/', and adds it to PATH; ".." takes the last part
 * of PATH away. Returns the length that PATH had before, or -1: REST was empty. A PATH that gets
 * too long is cut to PATH_MAX - 1 characters. */
static int take_part(char path[PATH_MAX], char rest[PATH_MAX])
{
	size_t skip = strspn(rest, "/"), length = strcspn(rest + skip, "/"), before = strlen(path);
	char *slash;

	if (length == 0)
		return -1;
	if (length == 2 && strncmp(rest + skip, "..", 2) == 0) {
		slash = strrchr(path, '/');
		*(slash ?: path) = '\0';
		before = strlen(path);
	} else if (length != 1 || rest[skip] != '.') {
		snprintf(path + before, PATH_MAX - before, "%s%.*s", before ? "/" : "", (int)length,
			rest + skip);
	}
	memmove(rest, rest + skip + length, strlen(rest + skip + length) + 1);
	return before;
}

/* Walks from the root through the folders that REST names, by the rules of path_resolution(7). PATH
 * becomes the folder that this leads to, without symlinks. With MAKE, folders that are missing are
 * made; without it, the first missing one ends the walk. Returns 0; 1: a folder is missing; or -1
 * with errno. */
static int enter(struct over *over, char path[PATH_MAX], char rest[PATH_MAX], bool make)
{
	int links = 0, before, absolute;
	struct stat st;

	*path = '\0';
	while ((before = take_part(path, rest)) >= 0) {
		bool there;

		errno = ENAMETOOLONG;
		if (strlen(path) == PATH_MAX - 1)
			return -1; /* cut, it is another folder's */
		there = lstat(*path ? path : ".", &st) == 0;
		if (!there && errno != ENOENT)
			return -1;
		if (there && S_ISLNK(st.st_mode)) {
			errno = ELOOP;
			if (++links > MAX_LINKS || (absolute = follow(path, rest)) < 0)
				return -1;
			path[absolute ? 0 : before] = '\0';
			continue;
		}
		if (there && S_ISDIR(st.st_mode)) {
			int known = *path ? keep_times(over, path, &st) : 0;

			if (known < 0)
				return -1;
			over->folders += known; /* the overlay has a copy of it then */
			continue;
		}
		if (!make)
			return 1;
		over->folders++;
		/* A file of a lower layer, and now a folder. */
		if ((there && unlink(path) < 0) || mkdir(path, 0755) < 0)
			return -1;
	}
	return 0;
}

/* Gives the PATH of NAME, "" for ".", without symlinks among its folders. MAKE and the value that
 * is returned are those of enter(), with an error noted. */
static int resolve(struct over *over, const char *name, bool make, char path[PATH_MAX])
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	char rest[PATH_MAX] = "";
	size_t length;
	int result;

	for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
		if (strncmp(part, "..", 2) == 0 && (!part[2] || part[2] == '/'))
			return failx("%s: Path contains '..'", name);
	errno = ENAMETOOLONG;
	if (strlen(name) >= PATH_MAX)
		return fail("%s", name);
	memcpy(rest, name, last - name);
	if ((result = enter(over, path, rest, make)) != 0)
		return result < 0 ? fail("%s", name) : 1;
	if (strcmp(last, ".") == 0)
		return 0;
	length = strlen(path);
	errno = ENAMETOOLONG;
	return snprintf(path + length, PATH_MAX - length, "%s%s", length ? "/" : "", last) <
			       (int)(PATH_MAX - length)
		       ? 0
		       : fail("%s", name);
}

/* Gives the BYTES that the kernel copies when a hard link to TARGET is made: none if the layer has
 * the file itself, or if there is no such file. */
static int count_link(struct over *over, const char *target, uint64_t *bytes)
{
	char path[PATH_MAX];
	struct stat st;
	int known;

	*bytes = 0;
	/* libarchive will say what is wrong with TARGET. */
	if (resolve(over, target, false, path) != 0 || lstat(path, &st) < 0)
		return 0;
	if (is_own(over, path) || (known = keep_times(over, path, &st)) == 0)
		return 0;
	*bytes = st.st_blocks * UINT64_C(512);
	return known < 0 ? -1 : 0;
}

static int hide(const struct over *over, const char *path, bool opaque);

static int hide_in(const struct over *over, const char *path)
{
	struct dirent **entries = NULL;
	int n = scandir(*path ? path : ".", &entries, NULL, NULL),
	    result = n < 0 ? fail("%s", path) : 0;

	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		autofree char *inner = format_text("%s%s%s", path, *path ? "/" : "", name);

		if (result == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			result = inner ? hide(over, inner, false) : -1;
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* Removes PATH and all below it, except for what the layer itself has; PATH stays if OPAQUE. */
static int hide(const struct over *over, const char *path, bool opaque)
{
	struct stat st;

	if (lstat(*path ? path : ".", &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail("%s", path);
	if (S_ISDIR(st.st_mode) && hide_in(over, path) < 0)
		return -1;
	if (opaque || is_own(over, path))
		return 0;
	if (!S_ISDIR(st.st_mode))
		return unlink(path) < 0 ? fail("%s", path) : 0;
	/* It stays, as the layer has files in it. */
	if (rmdir(path) < 0 && errno != ENOTEMPTY && errno != EEXIST)
		return fail("%s", path);
	return 0;
}

/* Whether the folders on the way to NAME are there already: named by the layer before, as
 * folders. */
static bool is_at_home(const char *name)
{
	const char *slash = strrchr(name, '/');
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	autofree char *folder = slash ? strndup(name, slash - name) : NULL;
	autoclose int fd = folder ? syscall(SYS_openat2, AT_FDCWD, folder, &how, sizeof(how)) : -1;

	return !slash || fd >= 0;
}

bool over_is_needed(const char *name, const char *link)
{
	struct stat st;

	if (!is_at_home(name))
		return true;
	return link && (!is_at_home(link) || lstat(link, &st) < 0 || S_ISCHR(st.st_mode));
}

char *over_enter(struct over *over, const char *name, const char *link, uint64_t *copied)
{
	char path[PATH_MAX], *copy;

	*copied = 0;
	if (resolve(over, name, true, path) < 0 || add(over, path) < 0 ||
		(link && count_link(over, link, copied) < 0))
		return NULL;
	if (!(copy = strdup(*path ? path : ".")))
		fail("memory");
	return copy;
}

int over_whiteout(struct over *over, const char *name, bool opaque)
{
	char path[PATH_MAX];
	int result = resolve(over, name, opaque, path);

	return result == 0 ? hide(over, path, opaque) : result < 0 ? -1 : 0;
}

static void restore_times(const void *node, VISIT visit, void *result)
{
	const struct noted *place = *(struct noted *const *)node;

	if (place->own || (visit != postorder && visit != leaf))
		return;
	/* It may be gone. */
	if (utimensat(AT_FDCWD, place->path, place->times, AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != ENOENT && errno != ENOTDIR)
		*(int *)result = fail("%s: its times", place->path);
}

int over_finish(const struct over *over)
{
	int result = 0;

	twalk_r(over->places, restore_times, &result);
	return result;
}
