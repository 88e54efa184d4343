/* state.c: the containers that there are. Each has a folder, locked by the box that runs it. */
#define _GNU_SOURCE
#include "box.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* Who makes a place holds the store's lock shared until the place has its own; who sweeps holds it
 * alone: so no place is seen before it is locked. */

/* Calls VISIT for each container's ID, until it says no. */
static int each_place(
	struct store *store, bool (*visit)(struct store *, const char *, void *), void *data)
{
	int fd = openat(store->containers, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!stream) {
		close_fd(&fd);
		return fail("%s/containers", store->path);
	}
	while ((entry = readdir(stream)))
		if (strlen(entry->d_name) == ID_LENGTH && !visit(store, entry->d_name, data))
			break;
	closedir(stream);
	return 0;
}

/* Whether nobody holds the lock of the place ID. */
static bool is_dead(struct store *store, const char *id)
{
	autoclose int fd = openat(store->containers, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static bool has_other_name(struct store *store, const char *id, void *data)
{
	const char **name = data;
	char path[PATH_MAX], other[256] = "";

	snprintf(path, sizeof(path), "%s/name", id);
	if (readlinkat(store->containers, path, other, sizeof(other) - 1) < 0 ||
		strcmp(other, *name) != 0 || is_dead(store, id))
		return true;
	failx("the name %s is in use by container %.12s", *name, id);
	*name = NULL;
	return false;
}

static bool is_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return strchr(allowed, name[0]) < strchr(allowed, '_') && strlen(name) < 200 &&
	       !name[strspn(name, allowed)];
}

static int check_name(struct store *store, const char *name)
{
	if (!name[0] || !is_name(name))
		return failx("the name %s: not [a-zA-Z0-9][a-zA-Z0-9_.-]*", name);
	return each_place(store, has_other_name, &name) < 0 || !name ? -1 : 0;
}

/* It may have been removed since it was looked up; from here on it cannot be. */
static int check_image(struct store *store, const char *image)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s.json", image);
	return *image && faccessat(store->images, path, F_OK, 0) < 0 ? fail("image %s", image) : 0;
}

/* In the folder ID of store->containers. */
static int fill_place(struct store *store, const char *image, const char *name, struct place *place)
{
	static const char *const folders[] = {"upper", "work", "root"};

	place->lock = openat(store->containers, place->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->lock < 0 || flock(place->lock, LOCK_EX | LOCK_NB) < 0)
		return fail("lock container %s", place->id);
	for (size_t i = 0; i < 3; i++)
		if (mkdirat(place->lock, folders[i], 0755) < 0)
			return fail("%s/containers/%s/%s", store->path, place->id, folders[i]);
	if (*image && symlinkat(image, place->lock, "image") < 0)
		return fail("container %s", place->id);
	if (name && symlinkat(name, place->lock, "name") < 0)
		return fail("the name %s", name);
	place->rootfs = format_text("%s/containers/%s/root", store->path, place->id);
	place->upper = format_text("../containers/%s/upper", place->id);
	place->work = format_text("../containers/%s/work", place->id);
	return place->rootfs && place->upper && place->work ? 0 : -1;
}

int place_make(struct store *store, const char *image, const char *name, struct place *place)
{
	/* A name must stay free between the look and the making: then nobody else may make one. */
	autoclose int lock = store_lock(store, name ? LOCK_EX : LOCK_SH);

	*place = (struct place){.lock = -1};
	random_id(place->id);
	if (lock < 0)
		return -1;
	if (name && check_name(store, name) < 0)
		return -1;
	if (check_image(store, image) < 0)
		return -1;
	if (mkdirat(store->containers, place->id, 0700) < 0)
		return fail("%s/containers/%s", store->path, place->id);
	if (fill_place(store, image, name, place) == 0)
		return 0;
	remove_tree_at(store->containers, place->id);
	close_fd(&place->lock);
	return -1;
}

int place_remove(struct store *store, struct place *place)
{
	int result = remove_tree_at(store->containers, place->id);

	close_fd(&place->lock);
	free(place->rootfs);
	free(place->upper);
	free(place->work);
	return result;
}

/* For cgroup_sweep(): another store's containers are none of our business. */
static bool is_not_stale(const char *id, void *data)
{
	return !is_dead(data, id);
}

static bool remove_dead(struct store *store, const char *id, void *data)
{
	if (is_dead(store, id) && remove_tree_at(store->containers, id) < 0)
		*(int *)data = -1;
	return true;
}

static bool find_dead(struct store *store, const char *id, void *data)
{
	return !(*(bool *)data = is_dead(store, id));
}

int sweep(struct store *store)
{
	autoclose int lock = store_lock(store, LOCK_EX | LOCK_NB);
	bool any = false;
	int result = 0;

	if (lock < 0)
		return errno == EWOULDBLOCK ? 0 : -1;
	if (each_place(store, find_dead, &any) < 0 || !any)
		return any ? -1 : 0;
	/* The processes first: they have the folder open. */
	if (cgroup_sweep(is_not_stale, store) < 0)
		return -1;
	return each_place(store, remove_dead, &result) < 0 ? -1 : result;
}
