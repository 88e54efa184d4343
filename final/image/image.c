/* image.c: finds the image that a name means; lists and removes the images in the store. */
#define _GNU_SOURCE
#include "image.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "json.h"
#include "list.h"
#include "path.h"
#include "text.h"
#include "import.h"
#include "store.h"

void image_free(struct image *image)
{
	free(image->layers);
	free(image->entrypoint);
	free(image->cmd);
	free(image->env);
	free(image->folder);
	json_decref(image->record);
	*image = (struct image){0};
}

/* Reads the record of the image ID into IMAGE, which image_free() releases. */
static int image_load(struct store *store, const char *id, struct image *image)
{
	autofree char *name = format_text("%s.json", id);
	json_t *record = name ? read_json(store->images, name, NULL, NULL, NULL) : NULL;
	const json_t *config = json_object_get(record, "config");

	if (!record)
		return fail_prefix("%s/images/", store->path);
	*image = (struct image){
		.record = record,
		.source = get_text(record, "source"),
		.created = get_text(record, "created"),
		.size = json_integer_value(json_object_get(record, "size")),
		.layers = get_list(record, "layers"),
		.entrypoint = get_list(config, "Entrypoint"),
		.cmd = get_list(config, "Cmd"),
		.env = get_list(config, "Env"),
		.workdir = get_text(config, "WorkingDir"),
		.user = get_text(config, "User"),
		.stop_signal = get_text(config, "StopSignal"),
	};
	strcpy(image->id, id);
	while (image->layers && image->layers[image->n_layers])
		image->n_layers++;
	if (json_is_array(json_object_get(record, "layers")) && image->source && image->created)
		return 0;
	image_free(image);
	return failx("%s/images/%s: damaged: remove it", store->path, name);
}

/* Takes the ID from RECORD, which is "ID.json". Returns ID. */
static char *id_of(const char *record, char id[ID_LENGTH + 1])
{
	snprintf(id, ID_LENGTH + 1, "%.*s", ID_LENGTH, record);
	return id;
}

/* ---- names and IDs ---- */

/* Whether NAME can be the name of an image. With a '/' it would be the path of a file. */
static bool is_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_.:-");

	return length > 0 && length <= 128 && !name[length] && isalnum((unsigned char)*name);
}

/* Whether the symlink LINK of DIR has the target ID. */
static bool leads_to(int dir, const char *link, const char *id)
{
	autofree char *target = store_read_link(dir, link);

	return target && strcmp(target, id) == 0;
}

/* Returns how many images have the name NAME, or an ID that begins with NAME, and gives the ID of
 * the last of them. If there are several, an error is noted. -1 after another error. */
static int look_up(struct store *store, const char *name, char id[ID_LENGTH + 1])
{
	const char *digits = strncmp(name, "sha256:", 7) == 0 ? name + 7 : name;
	size_t length = strlen(digits);
	autofree char *target = is_name(name) ? store_read_link(store->names, name) : NULL;
	autolist char **records = NULL;
	int n = 0;

	if (target) {
		id_of(target, id);
		return 1;
	}
	if (length < 4 || length > ID_LENGTH || strspn(digits, "0123456789abcdef") != length)
		return 0;
	if (!(records = list_visible(store->images)))
		return -1;
	for (char **record = records; *record; record++) {
		if (strncmp(*record, digits, length) != 0)
			continue;
		if (n++ > 0)
			failx("%s: several images: %.12s %.12s", name, id, *record);
		id_of(*record, id);
	}
	return n;
}

/* Gives the ID of the one image that NAME means. */
static int find_id(struct store *store, const char *name, char id[ID_LENGTH + 1])
{
	int n = look_up(store, name, id);

	return n == 1 ? 0 : n == 0 ? failx("%s: no such image, file or folder", name) : -1;
}

int image_get(struct store *store, const char *name, struct image *image)
{
	char id[ID_LENGTH + 1];
	bool is_file = strchr(name, '/');

	*image = (struct image){0};
	if (!is_file && look_up(store, name, id) == 0)
		is_file = file_length(name);
	if ((is_file ? import_file(store, name, id) : find_id(store, name, id)) < 0)
		return -1;
	if (*id)
		return image_load(store, id, image);
	image->folder = real_path(name);
	return image->folder ? 0 : -1;
}

int image_get_saved(struct store *store, const char *saved, struct image *image)
{
	*image = (struct image){0};
	if (*saved != '/') {
		if (strlen(saved) != ID_LENGTH || strspn(saved, "0123456789abcdef") != ID_LENGTH)
			return failx("%s: not the ID of an image", saved);
		return image_load(store, saved, image);
	}
	image->folder = strdup(saved);
	return image->folder ? 0 : fail("memory");
}

int image_import(struct store *store, const char *file, const char *name, struct image *image)
{
	char id[ID_LENGTH + 1];

	*image = (struct image){0};
	if (name && !is_name(name))
		return failx("%s: a name is of letters, digits, and . _ : - after the first", name);
	if (import_file(store, file, id) < 0)
		return -1;
	if (!*id)
		return failx("%s: a folder, but no image layout: run it as it is", file);
	if (name && store_set_link(store->names, name, id) < 0)
		return -1;
	return image_load(store, id, image);
}

/* ---- the table ---- */

static void print_row(const struct image *image, const char *name)
{
	char size[16];

	printf("%.12s   %-20s   %-7s   %6zu   ", image->id, name, human_size(image->size, size),
		image->n_layers);
	/* These come from others: failx() takes out what would command the terminal. */
	failx("%-20.19s   %s", image->created, image->source);
	puts(failure());
}

int image_list(struct store *store, bool quiet)
{
	autolist char **names = list_visible(store->names);
	autolist char **records = names ? list_visible(store->images) : NULL;
	char id[ID_LENGTH + 1];
	struct image image;

	if (!records)
		return -1;
	if (!quiet)
		printf("%-12s   %-20s   %-7s   LAYERS   %-20s   SOURCE\n", "IMAGE ID", "NAME",
			"SIZE", "CREATED");
	for (char **record = records; *record; record++) {
		bool named = false;

		if (quiet) {
			puts(strndupa(*record, SHORT_ID_LENGTH));
			continue;
		}
		if (image_load(store, id_of(*record, id), &image) < 0) {
			warn_user("%s", failure());
			continue;
		}
		for (char **name = names; *name; name++)
			if (leads_to(store->names, *name, id)) {
				print_row(&image, *name);
				named = true;
			}
		if (!named)
			print_row(&image, "<none>");
		image_free(&image);
	}
	return 0;
}

/* ---- removal ---- */

/* Counts the symlinks in DIR whose target is ID; with REMOVE, removes them. */
static int count_links(int dir, const char *id, bool remove)
{
	autolist char **links = list_visible(dir);
	int n = 0;

	for (char **link = links; link && *link; link++) {
		if (!leads_to(dir, *link, id))
			continue;
		if (remove && unlinkat(dir, *link, 0) < 0)
			return fail("%s", *link);
		n++;
	}
	return links ? n : -1;
}

/* Fails if a container was made from the image ID. */
static int check_unused(struct store *store, const char *id)
{
	autolist char **containers = list_visible(store->containers);

	for (char **container = containers; container && *container; container++) {
		autofree char *link = format_text("%s/image", *container);

		if (!link)
			return -1;
		if (leads_to(store->containers, link, id))
			return failx("image %.12s: container %.12s uses it", id, *container);
	}
	return containers ? 0 : -1;
}

/* Removes the layers that no image has, and adds the bytes that this frees to BYTES. A layer that
 * was replaced (see replace_layer() in import.c) stays as long as any container runs, as that may
 * use it. */
static int remove_layers(struct store *store, uint64_t *bytes)
{
	json_auto_t *used = json_object();
	autolist char **live = list_visible(store->live);
	autolist char **records = list_visible(store->images);
	autolist char **layers = records ? list_visible(store->layers) : NULL;
	char id[ID_LENGTH + 1];
	struct image image;

	if (!layers || !live)
		return -1;
	for (char **record = records; *record; record++) {
		if (image_load(store, id_of(*record, id), &image) < 0)
			return -1;
		for (size_t i = 0; i < image.n_layers; i++)
			json_object_set_new(used, image.layers[i], json_true());
		image_free(&image);
	}
	/* Each is moved to tmp as a whole before it is removed: a part of a layer must not be taken
	 * for the layer. */
	for (char **layer = layers; *layer; layer++) {
		autofree char *path = format_text("%s/layers/%s", store->path, *layer);

		if (!path || !is_own_name(*layer) || json_object_get(used, *layer) ||
			(*live && strstr(*layer, "-old")))
			continue;
		*bytes += tree_size(path);
		if (renameat(store->layers, *layer, store->tmp, *layer) < 0)
			return fail("remove layer %s", *layer);
	}
	store_sweep(store);
	return 0;
}

/* Removes the record, the names and the file keys of the image ID, but not its layers. */
static int forget(struct store *store, const char *id)
{
	autofree char *record = format_text("%s.json", id);

	if (!record || check_unused(store, id) < 0)
		return -1;
	if (unlinkat(store->images, record, 0) < 0 && errno != ENOENT)
		return fail("%s", record);
	return count_links(store->names, id, true) < 0 || count_links(store->files, id, true) < 0
		       ? -1
		       : 0;
}

int image_remove(struct store *store, const char *name)
{
	/* With these locks, no import relies on layers that are there, and no new container on the
	 * image. */
	autoclose int importing = store_lock_layers(store, LOCK_EX);
	autoclose int running = store_lock(store, LOCK_EX);
	char id[ID_LENGTH + 1];
	uint64_t bytes = 0;
	int names;

	if (importing < 0 || running < 0 || find_id(store, name, id) < 0 ||
		(names = count_links(store->names, id, false)) < 0)
		return -1;
	/* NAME is one of several names: the image stays. */
	if (names > 1 && leads_to(store->names, name, id))
		return unlinkat(store->names, name, 0) < 0 ? fail("%s", name) : 0;
	return forget(store, id) < 0 ? -1 : remove_layers(store, &bytes);
}

int image_prune(struct store *store, uint64_t *bytes)
{
	autoclose int importing = store_lock_layers(store, LOCK_EX);
	autoclose int running = store_lock(store, LOCK_EX);
	autolist char **records = NULL;
	char id[ID_LENGTH + 1];
	bool any = false;
	int result = 0;

	if (importing < 0 || running < 0 || !(records = list_visible(store->images)))
		return -1;
	for (char **record = records; *record; record++) {
		if (!is_own_name(id_of(*record, id)) || check_unused(store, id) < 0)
			continue;
		if (forget(store, id) < 0) {
			result = -1;
			continue;
		}
		printf("%s%s\n", any ? "" : "Deleted Images:\n", id);
		any = true;
	}
	if (any)
		putchar('\n');
	return remove_layers(store, bytes) < 0 ? -1 : result;
}
