/* over.c: unpacks a layer over the layers below it, which an overlay shows as one folder with it.
 * Such a layer names files without their folders, or files behind symlinks of lower layers. The
 * kernel's overlay copies up what is changed; this file does the rest. It keeps the times of
 * folders that the archive does not name, and removes what a whiteout hides: files of lower layers,
 * but not those of the layer itself (OCI image specification, layer.md). */
#define _GNU_SOURCE
#include "over.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "resolve.h"
#include "text.h"

enum { MAX_LINKS = 40 }; /* the kernel follows as many: path_resolution(7) */

/* A path of which something is noted. None of its folders is a symlink. */
struct noted {
	bool own; /* the layer has it; else a lower layer has it, with these times */
	struct timespec times[2]; /* of access and modification */
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

/* Notes that the layer itself has PATH. */
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

/* Notes the times of PATH, of a lower layer, which are in ST. Returns 1; 0 if PATH was noted
 * before; or -1 after fail(). */
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

/* Puts the target of the symlink LINK before REST. Returns 1 if the target is absolute, 0 if it is
 * not, or -1 with errno. */
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

/* Moves the first name of REST to the end of PATH; "." is dropped, and ".." removes the last name
 * of PATH. Returns the length of PATH without the new name, or -1 if REST was empty. A PATH that
 * gets too long is cut to PATH_MAX - 1 characters. */
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
 * becomes the path of the last one, without symlinks. With MAKE, folders that are missing are made.
 * Returns 0; 1 if a folder is missing, and MAKE is false; or -1 with errno. */
static int enter(struct over *over, char path[PATH_MAX], char rest[PATH_MAX], bool make)
{
	int links = 0, before, absolute;
	struct stat st;

	*path = '\0';
	while ((before = take_part(path, rest)) >= 0) {
		bool there;

		errno = ENAMETOOLONG;
		if (strlen(path) == PATH_MAX - 1)
			return -1; /* it may have been cut, and be the path of another folder */
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
			over->folders += known; /* the overlay will have a copy of it */
			continue;
		}
		if (!make)
			return 1;
		over->folders++;
		/* What is there is no folder: it has to make room for one. */
		if ((there && unlink(path) < 0) || mkdir(path, 0755) < 0)
			return -1;
	}
	return 0;
}

/* Gives the PATH of NAME without symlinks among its folders; that of "." is "". MAKE and what is
 * returned are as with enter(), but after an error fail() was called. */
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

/* Gives the BYTES that the kernel copies up when a hard link to TARGET is made: 0 if the layer has
 * the file itself, if the file was copied before, or if there is no such file. */
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

/* Does what hide() does for all that is in the folder PATH. */
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
	/* A folder stays if the layer itself has files in it. */
	if (rmdir(path) < 0 && errno != ENOTEMPTY && errno != EEXIST)
		return fail("%s", path);
	return 0;
}

/* Whether the layer, which is unpacked alone, has named the folders on the way to NAME before, as
 * folders. */
static bool is_at_home(const char *name)
{
	const char *slash = strrchr(name, '/');
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	autofree char *folder = slash ? strndup(name, slash - name) : NULL;
	autoclose int fd = folder ? open_resolved(AT_FDCWD, folder, &how) : -1;

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
	/* A whiteout may have removed it since. */
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
