/* import.c: an archive or a layout -> an image of the store. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <jansson.h>
#include <sha2.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

struct import {
	struct store *store;
	char *path; /* FILE of FILE:TAG */
	char key[KEY_LENGTH + 40]; /* which file that is, and which tag */
	int file; /* the archive, or the folder */
	int staging; /* a folder of store->tmp */
	char staging_name[ID_LENGTH + 1];
	int64_t max_bytes; /* what may still be unpacked */
	struct layout layout;
};

/* ---- layers ---- */

/* A new, empty folder, as a root filesystem's own. */
static int new_folder(const struct import *import, int number)
{
	autoclose int fd = -1;
	char name[16];

	snprintf(name, sizeof(name), "%d", number);
	if (mkdirat(import->staging, name, 0755) < 0 ||
		(fd = openat(import->staging, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		fchmod(fd, 0755) < 0)
		return fail("%s/tmp", import->store->path);
	return steal_fd(&fd);
}

/* Unpacks ARCHIVE into folder NUMBER of the staging folder. Returns that. */
static int unpack_into(struct import *import, int archive, int number, bool layer, const char *name,
	char digest[ID_LENGTH + 1], uint64_t *bytes)
{
	autoclose int target = new_folder(import, number);

	if (target < 0 ||
		unpack(archive, target, layer, name, import->max_bytes, digest, bytes) < 0)
		return -1;
	import->max_bytes = *bytes < (uint64_t)import->max_bytes ? import->max_bytes - *bytes : 0;
	return steal_fd(&target);
}

/* A short name, as the options of one overlay mount with many layers must fit into a page. */
static void name_layer(struct layer *layer, const char *suffix)
{
	snprintf(layer->name, sizeof(layer->name), "%.32s%s", layer->digest, suffix);
}

/* The size of a layer is kept beside it, in a symlink that is made first. */
static bool has_layer(const struct import *import, struct layer *layer)
{
	autofree char *link = format_text("%s.size", layer->name);
	autofree char *size = link ? store_read_link(import->store->layers, link) : NULL;

	if (!size || faccessat(import->store->layers, layer->name, F_OK, 0) < 0)
		return false;
	layer->bytes = strtoull(size, NULL, 10);
	return true;
}

static bool is_compressed(int fd)
{
	uint8_t magic[4] = {0};

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       (memcmp(magic, "\x1f\x8b", 2) == 0 || memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0);
}

static int import_layer(struct import *import, size_t i)
{
	struct layout *layout = &import->layout;
	struct layer *layer = &layout->layers[i];
	autofree char *name =
		format_text("%s: layer %zu of %zu", import->path, i + 1, layout->n_layers);
	autoclose int fd =
		open_in_root(layout->root, layer->file, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	autoclose int target = -1;
	char digest[SHA256_DIGEST_STRING_LENGTH];

	if (fd < 0)
		return fail("%s: %s", name, layer->file);
	if ((layer->compressed = layout->docker && is_compressed(fd)))
		layer->digest[0] = '\0';
	name_layer(layer, "");
	if (layer->digest[0] && has_layer(import, layer))
		return 0;
	for (size_t j = 0; layer->digest[0] && j < i; j++)
		if (strcmp(layout->layers[j].digest, layer->digest) == 0)
			return 0;
	layer->staged = i + 1;
	target = unpack_into(import, fd, layer->staged, true, name, digest, &layer->bytes);
	if (target < 0)
		return -1;
	if (layer->digest[0] && strcmp(layer->digest, digest) != 0)
		return failx("%s: its SHA-256 is not the one the image gives", name);
	strcpy(layer->digest, digest);
	name_layer(layer, "");
	return 0;
}

/* The ID of docker save's is the configuration's digest: it has those of the layers, which were
 * compared; but for compressed ones, whose own are added here. */
static void complete_id(struct layout *layout, bool compressed)
{
	char id[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX sha;

	if (!compressed)
		return;
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)layout->id, ID_LENGTH);
	for (size_t i = 0; i < layout->n_layers; i++)
		SHA256Update(&sha, (const uint8_t *)layout->layers[i].digest, ID_LENGTH);
	strcpy(layout->id, SHA256End(&sha, id));
}

/* A root filesystem is its only layer. Other than a layer with this digest it has no whiteouts. */
static int become_layer(struct layout *layout, const char *digest, uint64_t bytes)
{
	if (!(layout->layers = calloc(1, sizeof(*layout->layers))))
		return fail("memory");
	layout->n_layers = 1;
	layout->layers->bytes = bytes;
	strcpy(layout->layers->digest, digest);
	strcpy(layout->id, digest);
	name_layer(layout->layers, "-root");
	return 0;
}

/* Unpacks what is not unpacked yet. */
static int import_layers(struct import *import)
{
	char digest[SHA256_DIGEST_STRING_LENGTH] = "";
	struct layout *layout = &import->layout;
	bool compressed = false;
	uint64_t bytes = 0;
	struct stat st;
	int result;

	if (fstat(import->file, &st) < 0)
		return fail("%s", import->path);
	layout->root = S_ISDIR(st.st_mode) ? fcntl(import->file, F_DUPFD_CLOEXEC, 0)
					   : unpack_into(import, import->file, 0, false,
						     import->path, digest, &bytes);
	if (layout->root < 0)
		return -1;
	if ((result = layout_read(layout)) < 0)
		return failx("%s: %s", import->path, failure());
	if (result == 0)
		return become_layer(layout, digest, bytes);
	for (size_t i = 0; i < layout->n_layers; i++) {
		if (import_layer(import, i) < 0)
			return -1;
		compressed |= layout->layers[i].compressed;
	}
	complete_id(layout, compressed);
	/* Before what is left is written to the disk. */
	return remove_tree_at(import->staging, "0");
}

/* Moves the layers from the staging folder to their place, where another box may have put the same
 * ones meanwhile. */
static int place_layers(const struct import *import)
{
	int layers = import->store->layers;

	/* A power cut must not leave half of a layer under its name. */
	if (syncfs(import->staging) < 0)
		return fail("%s: syncfs", import->store->path);
	for (size_t i = 0; i < import->layout.n_layers; i++) {
		const struct layer *layer = &import->layout.layers[i];
		autofree char *number = format_text("%d", layer->staged);
		autofree char *link = format_text("%s.size", layer->name);
		autofree char *size = format_text("%llu", (unsigned long long)layer->bytes);

		if (layer->staged < 0)
			continue;
		if (!number || !link || !size || store_set_link(layers, link, size) < 0)
			return -1;
		if (renameat(import->staging, number, layers, layer->name) < 0 && errno != EEXIST &&
			errno != ENOTEMPTY)
			return fail("%s/layers/%s", import->store->path, layer->name);
	}
	return fsync(layers) < 0 ? fail("%s/layers", import->store->path) : 0;
}

/* ---- the image's record ---- */

/* The topmost first. One that is there twice counts where it is higher: it hides the lower one, and
 * an overlay takes a folder only once. */
static json_t *list_layers(const struct layout *layout, uint64_t *bytes)
{
	json_t *list = json_array();

	for (size_t i = layout->n_layers; i-- > 0;) {
		const struct layer *layer = &layout->layers[i];
		size_t j = i + 1;

		while (j < layout->n_layers && strcmp(layer->name, layout->layers[j].name) != 0)
			j++;
		if (j < layout->n_layers)
			continue;
		json_array_append_new(list, json_string(layer->name));
		*bytes += layer->bytes;
	}
	return list;
}

static json_t *make_record(const struct import *import)
{
	static const char *const keys[] = {
		"Entrypoint", "Cmd", "Env", "WorkingDir", "User", "StopSignal"};
	const json_t *from = json_object_get(import->layout.config, "config");
	const char *created = get_text(import->layout.config, "created");
	uint64_t bytes = 0;
	json_t *layers = list_layers(&import->layout, &bytes), *config = json_object();
	time_t now = time(NULL);
	char text[32];

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		json_object_set(config, keys[i], json_object_get(from, keys[i]));
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "source", import->path, "created",
		created ? created : text, "size", (json_int_t)bytes, "layers", layers, "config",
		config);
}

static int write_record(const struct import *import)
{
	json_auto_t *record = make_record(import);
	autofree char *name = format_text("%s.json", import->layout.id);
	autoclose int fd =
		openat(import->staging, "record", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (!record || !name)
		return failx("%s: its name is not UTF-8", import->path);
	if (fd < 0 || json_dumpfd(record, fd, JSON_COMPACT) < 0 || fsync(fd) < 0 ||
		renameat(import->staging, "record", import->store->images, name) < 0)
		return fail("%s/images/%s", import->store->path, name);
	return 0;
}

/* ---- which file that is, and whether it was imported before ---- */

/* Cuts the tag off from FILE:TAG, where there is no such file. */
static int split_tag(struct import *import)
{
	struct stat st;

	for (char *c = import->path; stat(import->path, &st) < 0 && (c = strchr(c, ':')); c++) {
		*c = '\0';
		if (stat(import->path, &st) == 0)
			return (import->layout.tag = strdup(c + 1)) ? 0 : fail("memory");
		*c = ':';
	}
	return 0;
}

/* Opens FILE. Returns 1 if it is a folder that is a root filesystem. */
static int import_open(struct import *import, const char *name)
{
	char digest[SHA256_DIGEST_STRING_LENGTH] = "", key[KEY_LENGTH];
	const char *tag;
	autoclose int index = -1;
	struct stat st;

	if (!(import->path = strdup(name)))
		return fail("memory");
	if (split_tag(import) < 0)
		return -1;
	import->file = open(import->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (import->file < 0 || fstat(import->file, &st) < 0)
		return fail("%s", import->path);
	if (S_ISDIR(st.st_mode)) {
		index = openat(import->file, "index.json", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (index < 0 || faccessat(import->file, "oci-layout", F_OK, 0) < 0)
			return 1;
	}
	if (file_key(index < 0 ? import->file : index, import->path, key) < 0)
		return -1;
	if ((tag = import->layout.tag))
		SHA256Data((const uint8_t *)tag, strlen(tag), digest);
	snprintf(import->key, sizeof(import->key), "%s%s%.32s", key, tag ? "-" : "", digest);
	return 0;
}

/* Finds out the ID that this file had before. Returns 1 if that image is still there. */
static int find_known(const struct import *import, char id[ID_LENGTH + 1])
{
	const struct store *store = import->store;
	autofree char *known = store_read_link(store->files, import->key);
	autofree char *record = known ? format_text("%s.json", known) : NULL;

	if (!record || strlen(known) != ID_LENGTH)
		return 0;
	if (faccessat(store->images, record, F_OK, 0) < 0)
		return unlinkat(store->files, import->key, 0);
	strcpy(id, known);
	return 1;
}

/* ---- import ---- */

static int import_new(struct import *import)
{
	struct store *store = import->store;
	/* Until the record refers to them, nothing but this lock keeps rmi from the layers. */
	autoclose int lock = store_lock_layers(store, LOCK_SH);
	const char *size = getenv("BOX_MAX_SIZE");
	int result;

	if (lock < 0 || parse_size(size ? size : "64g", &import->max_bytes) < 0 ||
		(import->staging = store_staging(store, import->staging_name)) < 0)
		return -1;
	result = import_layers(import) < 0 || place_layers(import) < 0 || write_record(import) < 0;
	remove_tree_at(store->tmp, import->staging_name);
	return result ? -1 : store_set_link(store->files, import->key, import->layout.id);
}

/* Blocks the signals that end box by themselves, so that it can remove what is half unpacked. */
static void hold_signals(sigset_t *old)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

/* Two boxes that are given the same file at once: the second waits, and finds it unpacked. */
static int import_locked(struct import *import, char id[ID_LENGTH + 1])
{
	autofree char *name = format_text("%s.lock", import->key);
	autoclose int lock = name ? store_lock_name(import->store, name) : -1;
	sigset_t mask;
	int result;

	if (lock < 0)
		return -1;
	hold_signals(&mask);
	if ((result = find_known(import, id)) == 0 && (result = import_new(import)) == 0)
		strcpy(id, import->layout.id);
	unlinkat(import->store->tmp, name, 0);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return result < 0 ? -1 : 0;
}

int import_file(struct store *store, const char *name, char id[ID_LENGTH + 1])
{
	struct import import = {.store = store, .file = -1, .staging = -1, .layout.root = -1};
	int result = import_open(&import, name);

	*id = '\0';
	if (result == 0 && (result = find_known(&import, id)) == 0)
		result = import_locked(&import, id);
	layout_free(&import.layout);
	close_fd(&import.file);
	close_fd(&import.staging);
	free(import.path);
	return result < 0 ? -1 : 0;
}
