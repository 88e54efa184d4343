/* image.c: IMAGE -> layers and configuration; the images in the store. */
#define _GNU_SOURCE
#include "box.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>

void image_free(struct image *image)
{
	free_list(image->layers);
	free_list(image->entrypoint);
	free_list(image->cmd);
	free_list(image->env);
	free(image->source);
	free(image->folder);
	free(image->workdir);
	free(image->user);
	free(image->stop_signal);
	free(image->created);
	*image = (struct image){0};
}

/* Reads what import.c has written: ID.json. */
static int image_load(struct store *store, const char *id, struct image *image)
{
	autofree char *name = format_text("%.*s.json", ID_LENGTH, id);
	json_auto_t *record = name ? read_json(store->images, name, NULL, NULL) : NULL;
	const json_t *config = json_object_get(record, "config");

	*image = (struct image){0};
	if (!record)
		return failx("%s/images/%s", store->path, failure());
	snprintf(image->id, sizeof(image->id), "%s", id);
	image->source = copy_text(record, "source");
	image->created = copy_text(record, "created");
	image->size = json_integer_value(json_object_get(record, "size"));
	image->layers = copy_list(record, "layers");
	image->entrypoint = copy_list(config, "Entrypoint");
	image->cmd = copy_list(config, "Cmd");
	image->env = copy_list(config, "Env");
	image->workdir = copy_text(config, "WorkingDir");
	image->user = copy_text(config, "User");
	image->stop_signal = copy_text(config, "StopSignal");
	while (image->layers && image->layers[image->n_layers])
		image->n_layers++;
	if (image->n_layers > 0 && image->source && image->created)
		return 0;
	image_free(image);
	return failx("%s/images/%s: damaged: remove it", store->path, name);
}

/* ---- names and IDs ---- */

/* Calls EACH(store, NAME, DATA) for what is in a folder of the store, until it returns not 0. */
static int for_each(
	struct store *store, int dir, int (*each)(struct store *, const char *, void *), void *data)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int result = 0;

	if (!stream) {
		close_fd(&fd);
		return fail("%s", store->path);
	}
	while (result == 0 && (entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			result = each(store, entry->d_name, data);
	closedir(stream);
	return result;
}

/* It has no '/', or it would be a file's. */
static bool is_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_.:-");

	return length > 0 && length <= 128 && !name[length] && isalnum((unsigned char)*name);
}

struct search {
	const char *digits;
	char id[ID_LENGTH + 1]; /* the last that was found */
	char all[512];
	int n;
};

static int search_id(struct store *store, const char *name, void *data)
{
	struct search *search = data;
	size_t length = strlen(search->all);

	(void)store;
	if (strncmp(name, search->digits, strlen(search->digits)) != 0)
		return 0;
	snprintf(search->id, sizeof(search->id), "%.*s", ID_LENGTH, name);
	snprintf(search->all + length, sizeof(search->all) - length, " %.12s", name);
	search->n++;
	return 0;
}

/* The ID of the image with a name, or with the first digits of an ID. */
static int find_id(struct store *store, const char *name, char id[ID_LENGTH + 1])
{
	struct search search = {.digits = strncmp(name, "sha256:", 7) == 0 ? name + 7 : name};
	size_t n = strlen(search.digits);
	autofree char *target = is_name(name) ? store_read_link(store->names, name) : NULL;

	if (target) {
		snprintf(id, ID_LENGTH + 1, "%s", target);
		return 0;
	}
	if (n >= 4 && n <= ID_LENGTH && strspn(search.digits, "0123456789abcdef") == n &&
		for_each(store, store->images, search_id, &search) < 0)
		return -1;
	if (search.n > 1)
		return failx("%s: several images:%s", name, search.all);
	strcpy(id, search.id);
	return search.n == 1 ? 0 : failx("%s: no such image, file or folder", name);
}

/* Whether NAME is a FILE or FILE:TAG of the host; one with a slash can be nothing else. */
static bool is_file(const char *name)
{
	autofree char *path = strdup(name);

	for (char *colon = path; colon; colon = strrchr(path, ':')) {
		if (access(path, F_OK) == 0)
			return true;
		if ((colon = strrchr(path, ':')))
			*colon = '\0';
		else
			break;
	}
	return strchr(name, '/');
}

int image_get(struct store *store, const char *name, struct image *image)
{
	char id[ID_LENGTH + 1];

	*image = (struct image){0};
	if ((is_file(name) ? import_file(store, name, id) : find_id(store, name, id)) < 0)
		return -1;
	if (*id)
		return image_load(store, id, image);
	image->folder = strdup(name);
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

struct table {
	bool quiet;
	int width; /* of the names */
	const struct image *image;
	bool named;
};

static int measure_name(struct store *store, const char *name, void *data)
{
	int *width = data, length = strlen(name);

	(void)store;
	*width = length > *width ? length : *width;
	return 0;
}

static void print_row(const struct table *table, const char *name)
{
	const struct image *image = table->image;
	char size[16];

	printf("%.12s   %-*s   %-7s   %6zu   ", image->id, table->width, name,
		human_size(image->size, size), image->n_layers);
	/* Both come from outside: they must not move the terminal's cursor. */
	failx("%-20.19s   %s", image->created, image->source);
	puts(failure());
}

static int print_name(struct store *store, const char *name, void *data)
{
	struct table *table = data;
	autofree char *id = store_read_link(store->names, name);

	if (!id || strcmp(id, table->image->id) != 0)
		return 0;
	print_row(table, name);
	table->named = true;
	return 0;
}

static int print_image(struct store *store, const char *name, void *data)
{
	struct table *table = data;
	char id[ID_LENGTH + 1];
	struct image image;

	snprintf(id, sizeof(id), "%.*s", ID_LENGTH, name);
	if (image_load(store, id, &image) < 0) {
		warn_user("%s", failure());
		return 0;
	}
	table->image = &image;
	table->named = table->quiet;
	if (table->quiet)
		printf("%.12s\n", id);
	else if (for_each(store, store->names, print_name, table) == 0 && !table->named)
		print_row(table, "<none>");
	image_free(&image);
	return 0;
}

int image_list(struct store *store, bool quiet)
{
	struct table table = {.quiet = quiet, .width = strlen("<none>")};

	if (for_each(store, store->names, measure_name, &table.width) < 0)
		return -1;
	if (!quiet)
		printf("%-12s   %-*s   %-7s   LAYERS   %-20s   SOURCE\n", "IMAGE ID", table.width,
			"NAME", "SIZE", "CREATED");
	return for_each(store, store->images, print_image, &table);
}

/* ---- removal ---- */

/* The links in DIR that lead to ID. */
struct links {
	const char *id;
	int dir, n;
	bool remove;
};

static int visit_link(struct store *store, const char *name, void *data)
{
	struct links *links = data;
	autofree char *id = store_read_link(links->dir, name);

	(void)store;
	if (!id || strcmp(id, links->id) != 0)
		return 0;
	links->n++;
	return links->remove && unlinkat(links->dir, name, 0) < 0 ? fail("%s", name) : 0;
}

static int check_unused(struct store *store, const char *container, void *data)
{
	autofree char *link = format_text("%s/image", container);
	autofree char *id = link ? store_read_link(store->containers, link) : NULL;

	if (id && strcmp(id, data) == 0)
		return failx("image %.12s: container %.12s uses it", id, container);
	return 0;
}

/* Adds the layers of an image to the JSON object DATA. */
static int note_layers(struct store *store, const char *name, void *data)
{
	char id[ID_LENGTH + 1];
	struct image image;

	snprintf(id, sizeof(id), "%.*s", ID_LENGTH, name);
	if (image_load(store, id, &image) < 0)
		return -1;
	for (size_t i = 0; i < image.n_layers; i++)
		json_object_set_new(data, image.layers[i], json_true());
	image_free(&image);
	return 0;
}

/* Removes the layer NAME, or NAME.size, unless NAME is in the object DATA. */
static int remove_layer(struct store *store, const char *name, void *data)
{
	autofree char *layer = strndup(name, strcspn(name, "."));
	char staging_name[ID_LENGTH + 1];
	autoclose int staging = -1;

	if (!layer || json_object_get(data, layer))
		return 0;
	/* It leaves its place whole: the half of a layer must not be taken for one. */
	if ((staging = store_staging(store, staging_name)) < 0)
		return -1;
	if (renameat(store->layers, name, staging, name) < 0)
		return fail("remove layer %s", name);
	return remove_tree_at(store->tmp, staging_name);
}

/* Removes the image, whatever leads to it, and the layers that no image has. */
static int remove_image(struct store *store, char *id)
{
	json_auto_t *used = json_object();
	struct links names = {.id = id, .dir = store->names, .remove = true};
	struct links files = {.id = id, .dir = store->files, .remove = true};
	autofree char *record = format_text("%s.json", id);

	if (!record || for_each(store, store->containers, check_unused, id) < 0)
		return -1;
	if (unlinkat(store->images, record, 0) < 0 && errno != ENOENT)
		return fail("%s", record);
	if (for_each(store, store->names, visit_link, &names) < 0 ||
		for_each(store, store->files, visit_link, &files) < 0 ||
		for_each(store, store->images, note_layers, used) < 0)
		return -1;
	return for_each(store, store->layers, remove_layer, used);
}

int image_remove(struct store *store, const char *name)
{
	/* No import counts on layers that are there, and no new container on the image. */
	autoclose int importing = store_lock_layers(store, LOCK_EX);
	autoclose int running = store_lock(store, LOCK_EX);
	autofree char *target = is_name(name) ? store_read_link(store->names, name) : NULL;
	char id[ID_LENGTH + 1];
	struct links names = {.id = id, .dir = store->names};

	if (importing < 0 || running < 0 || find_id(store, name, id) < 0 ||
		for_each(store, store->names, visit_link, &names) < 0)
		return -1;
	/* One of several names: the image stays. */
	if (target && names.n > 1)
		return unlinkat(store->names, name, 0) < 0 ? fail("%s", name) : 0;
	return remove_image(store, id);
}
