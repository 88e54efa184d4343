/* volumes.c: the values of --volume and --tmpfs. */
#define _GNU_SOURCE
#include "volumes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/mount.h>

#include "cleanup.h"
#include "error.h"
#include "list.h"
#include "path.h"
#include "text.h"
#include "spec.h"
#include "options.h"

/* Returns the path of a volume's SOURCE that is kept for box start: absolute, and without symlinks,
 * because a container could change a symlink in a folder to which it can write. If options_load()
 * is reading OPTIONS, SOURCE is such a path already, or relative to the working folder of box run.
 * The caller frees the result. NULL after fail(). */
static char *find_source(const struct options *options, const char *source)
{
	return !options->folder ? real_path(source)
	       : *source == '/' ? format_text("%s", source)
				: format_text("%s/%s", options->folder, source);
}

/* Removes "//", "/." and a '/' at the end from the absolute path PATH. The path "/" becomes "". */
static void tidy_path(char *path)
{
	char *to = path;

	for (const char *name = path; *name;) {
		size_t length = strcspn(name += strspn(name, "/"), "/");

		if (length > 0 && !(length == 1 && *name == '.')) {
			*to++ = '/';
			memmove(to, name, length);
			to += length;
		}
		name += length;
	}
	*to = '\0';
}

/* Adds the volume SRC:DST[:ro|rw]. SRC is a path, as box has no named volumes like Docker's. SRC
 * may contain colons, because the name of a folder may; DST may not. */
int add_volume(struct options *options, const char *text)
{
	autofree char *copy = strdup(text);
	struct mount *mount = list_grow(&options->volumes, &options->n_volumes, sizeof(*mount));
	char *source = copy, *target = copy ? strrchr(copy, ':') : NULL, *mode = NULL;

	if (!copy || !mount)
		return fail("memory");
	if (target && target[1] != '/') {
		*target = '\0';
		mode = target + 1;
		target = strrchr(source, ':');
	}
	if (target)
		*target++ = '\0';
	if (target && target[0] == '/')
		tidy_path(target);
	if (!*source || !target || target[0] != '/')
		return failx("%s: not SRC:DST[:ro], DST absolute and not /", text);
	if (mode && strcmp(mode, "ro") != 0 && strcmp(mode, "rw") != 0)
		return failx("%s: unknown option %s; ro and rw are known", text, mode);
	*mount = (struct mount){.recursive = true, .settled = true};
	if (mode && strcmp(mode, "ro") == 0)
		mount->attributes = MOUNT_ATTR_RDONLY;
	if (!(mount->target = strdup(target))) /* not freed before box ends */
		return fail("memory");
	return (mount->source = find_source(options, source)) ? 0 : -1;
}

char *volume_line(const struct mount *volume)
{
	return format_text("--volume=%s:%s:%s", volume->source, volume->target,
		volume->attributes & MOUNT_ATTR_RDONLY ? "ro" : "rw");
}

/* Adds the tmpfs DST[:OPTIONS], with the options of mount(8) for the mount and of tmpfs(5) for the
 * file system. */
int add_tmpfs(struct options *options, const char *text)
{
	static const struct {
		const char *word;
		uint64_t set, clear;
	} words[] = {
		{"ro", MOUNT_ATTR_RDONLY, 0},
		{"rw", 0, MOUNT_ATTR_RDONLY},
		{"exec", 0, MOUNT_ATTR_NOEXEC},
		{"noexec", MOUNT_ATTR_NOEXEC, 0},
		{"suid", 0, MOUNT_ATTR_NOSUID},
		{"nosuid", MOUNT_ATTR_NOSUID, 0},
		{"dev", 0, MOUNT_ATTR_NODEV},
		{"nodev", MOUNT_ATTR_NODEV, 0},
	};
	char *copy = strdup(text), *rest = copy, *word;
	char *target = strsep(&rest, ":");
	struct mount *mount = list_grow(&options->volumes, &options->n_volumes, sizeof(*mount));
	char *own;

	if (!copy || !mount)
		return fail("memory");
	if (target[0] == '/')
		tidy_path(target);
	if (target[0] != '/')
		return failx("%s: not an absolute path below /", text);
	if (!(own = calloc(1, strlen(text) + 2)))
		return fail("memory");
	*mount = (struct mount){
		.type = "tmpfs", .source = "tmpfs", .target = target, .options = own};
	mount->attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	while ((word = strsep(&rest, ","))) {
		size_t i = 0;

		while (i < sizeof(words) / sizeof(*words) && strcmp(words[i].word, word) != 0)
			i++;
		if (i < sizeof(words) / sizeof(*words))
			mount->attributes = (mount->attributes | words[i].set) & ~words[i].clear;
		else
			strcat(strcat(own, *own ? "," : ""), word);
	}
	return 0;
}
