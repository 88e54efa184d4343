/* import.c: an archive or a layout -> an image of the store. */
#define _GNU_SOURCE
#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sha2.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "json.h"
#include "list.h"
#include "overlay.h"
#include "parse.h"
#include "path.h"
#include "process.h"
#include "text.h"
#include "layout.h"
#include "store.h"
#include "unpack.h"

enum { MAX_ENTRIES = 10000000 }; /* of all layers together */

struct import {
	struct store *store;
	char *path; /* FILE of FILE:TAG */
	char key[ID_LENGTH + 1]; /* which file that is, and which tag */
	int file; /* the archive, or the folder */
	bool is_folder;
	bool is_ours; /* nobody but root can change the archive */
	char digest[ID_LENGTH + 1]; /* of the archive, as it was unpacked */
	int staging; /* the folder KEY of store->tmp */
	struct quota quota;
	struct layout layout;
};

/* ---- layers ---- */

/* On its folder: uint64_t; and all digits of the digest that its name begins with. Two layers whose
 * first 32 digits are the same can be made on purpose, with 2^64 attempts. */
static const char size_xattr[] = "trusted.box.size", digest_xattr[] = "trusted.box.digest";

enum { NEEDS_BELOW = -2 };

/* Unpacks ARCHIVE into a new folder of the staging folder: LAYER's number, or 0 for a root
 * filesystem or a whole image. With BELOW, the layers below are seen with it. Gives the archive's
 * DIGEST. Returns the folder's descriptor, which the caller closes; NEEDS_BELOW: it is a layer that
 * has to be unpacked with BELOW, and nothing is left; or -1. */
static int unpack_into(struct import *import, int archive, struct layer *layer,
	const struct overlay *below, const char *name, char digest[ID_LENGTH + 1])
{
	autofree char *folder = format_text("%d", layer->staged);
	autofree char *path =
		format_text("%s/tmp/%s/%d", import->store->path, import->key, layer->staged);
	struct unpack into = {.layer = layer->staged > 0,
		.over = below,
		.path = path,
		.below = below && below->lower[0] ? below : NULL};
	autoclose int fd = -1;
	int result;

	if (!folder || !path || mkdirat(import->staging, folder, 0755) < 0 ||
		(fd = openat(import->staging, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return fail("%s/tmp", import->store->path);
	into.folder = fd;
	if ((result = unpack(archive, &into, name, &import->quota, digest, &layer->bytes)) < 0)
		return -1;
	if (result == 1)
		return remove_tree_at(import->staging, folder) < 0 ? -1 : NEEDS_BELOW;
	if (fsetxattr(fd, size_xattr, &layer->bytes, sizeof(layer->bytes), 0) < 0)
		return fail("%s/tmp: %s", import->store->path, size_xattr);
	return steal_fd(&fd);
}

static void name_layer(struct layer *layer, const char *digest, const char *suffix)
{
	snprintf(layer->name, sizeof(layer->name), "%.32s%s", digest, suffix);
	memmove(layer->key, digest, ID_LENGTH);
}

/* Notes on the folder FD, which nobody has seen yet, that it was unpacked from what has that
 * digest. */
static int sign_layer(int fd, const struct layer *layer)
{
	return fsetxattr(fd, digest_xattr, layer->key, ID_LENGTH, 0) < 0
		       ? fail("layer %s: %s", layer->name, digest_xattr)
		       : 0;
}

enum found { MISSING, UNVERIFIED, OTHER, SAME };

/* What the store has under the layer's name. UNVERIFIED is one of box 0.7, which did not note the
 * digest, and might have unpacked other bytes than it had hashed. */
static enum found look_up(const struct import *import, struct layer *layer)
{
	autoclose int fd = openat(import->store->layers, layer->name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char digest[ID_LENGTH];

	if (fd < 0)
		return MISSING;
	if (fgetxattr(fd, digest_xattr, digest, sizeof(digest)) != sizeof(digest) ||
		fgetxattr(fd, size_xattr, &layer->bytes, sizeof(layer->bytes)) !=
			sizeof(layer->bytes))
		return UNVERIFIED;
	return memcmp(digest, layer->key, sizeof(digest)) == 0 ? SAME : OTHER;
}

static bool is_compressed(int fd)
{
	uint8_t magic[4] = {0};

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       (memcmp(magic, "\x1f\x8b", 2) == 0 || memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0);
}

/*
 * Most layers name the folders of all their files, before them. These are unpacked by themselves,
 * and shared by all images, under their digest. One that does not (Bazel's, or made by hand) means
 * the folders of the layers below, with their owners and modes, or where symlinks lead there. Such
 * a layer is unpacked over those layers, and shared by images that have the same ones below: its
 * name is a hash of all their digests, which is what the image specification calls a ChainID.
 */
static void name_over(const struct layout *layout, size_t i)
{
	char digest[ID_LENGTH + 1];
	SHA2_CTX sha;

	SHA256Init(&sha);
	for (size_t j = 0; j <= i; j++)
		SHA256Update(&sha, (const uint8_t *)layout->layers[j].digest, ID_LENGTH);
	SHA256End(&sha, digest);
	name_layer(&layout->layers[i], digest, "-over");
}

/* The names of the layers below layer I, seen from its folder, the topmost first; each once. */
static int list_below(const struct import *import, size_t i, struct strings *names)
{
	const struct layer *layers = import->layout.layers;
	json_auto_t *seen = json_object();

	while (i-- > 0) {
		autofree char *name = layers[i].staged < 0
					      ? format_text("../../../layers/%s", layers[i].name)
					      : format_text("../%d", layers[i].staged);

		if (json_object_get(seen, layers[i].name))
			continue;
		json_object_set_new(seen, layers[i].name, json_true());
		if (!name || add_string(names, name) < 0)
			return -1;
	}
	return 0;
}

/* Unpacks layer I over those below it. */
static int unpack_over(
	struct import *import, size_t i, int archive, const char *name, char digest[ID_LENGTH + 1])
{
	struct layer *layer = &import->layout.layers[i];
	char *none[] = {NULL};
	struct strings names = {0};
	struct overlay below = {.dir = AT_FDCWD,
		.lower = none,
		.upper = ".",
		.work = "../work",
		.options = "redirect_dir=nofollow,index=off,volatile"};
	int result = -1;

	if (remove_tree_at(import->staging, "work") < 0)
		return -1;
	if (mkdirat(import->staging, "work", 0700) < 0)
		return fail("%s/tmp", import->store->path);
	if (list_below(import, i, &names) == 0) {
		if (names.list)
			below.lower = names.list;
		result = unpack_into(import, archive, layer, &below, name, digest);
	}
	free_list(&names.list);
	return result;
}

/* Whether layer I is there, by itself or over those below it. Gives its name. */
static bool find_layer(const struct import *import, size_t i)
{
	struct layer *layer = &import->layout.layers[i];

	name_layer(layer, layer->digest, "");
	if (look_up(import, layer) == SAME)
		return true;
	name_over(&import->layout, i);
	return look_up(import, layer) == SAME;
}

/* The layer's own digest, and that in the image's ID, too. */
static void note_compressed(struct layout *layout, struct layer *layer, const char *digest)
{
	char both[2 * ID_LENGTH + 1];

	strcpy(layer->digest, digest);
	snprintf(both, sizeof(both), "%s%s", layout->id, digest);
	SHA256Data((const uint8_t *)both, strlen(both), layout->id);
}

static int import_layer(struct import *import, size_t i)
{
	struct layout *layout = &import->layout;
	struct layer *layer = &layout->layers[i];
	autofree char *name =
		format_text("%s: layer %zu of %zu", import->path, i + 1, layout->n_layers);
	autofree char *blob = format_text("blobs/sha256/%s", layer->digest);
	const char *file = layer->file ?: blob;
	autoclose int fd = open_in_root(layout->root, file, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	autoclose int target = -1;
	char digest[ID_LENGTH + 1];
	bool compressed, over;

	if (fd < 0)
		return fail("%s: %s", name, file);
	/* docker save's ID is the configuration's digest, which has those of the layers before
	 * compression. Other programs compress them there: their own are added to the ID. */
	compressed = layer->file && is_compressed(fd);
	if (!compressed && find_layer(import, i))
		return 0;
	layer->staged = i + 1;
	target = unpack_into(import, fd, layer, NULL, name, digest);
	if ((over = target == NEEDS_BELOW))
		target = unpack_over(import, i, fd, name, digest);
	if (target < 0)
		return -1;
	if (!compressed && strcmp(layer->digest, digest) != 0)
		return failx("%s: its SHA-256 is not the one the image gives", name);
	if (compressed)
		note_compressed(layout, layer, digest);
	name_layer(layer, layer->digest, "");
	if (over)
		name_over(layout, i);
	return sign_layer(target, layer);
}

static bool has_image(const struct store *store, const char *id)
{
	autofree char *record = format_text("%s.json", id);

	return record && faccessat(store->images, record, F_OK, 0) == 0;
}

/* Whether the image of the layout is there, of layers that were verified. */
static bool is_complete(const struct import *import)
{
	bool complete = has_image(import->store, import->layout.id);

	for (size_t i = 0; complete && i < import->layout.n_layers; i++)
		complete = find_layer(import, i);
	return complete;
}

/* Unpacks what is not unpacked yet. Returns 1 if the image is there already. */
static int import_layers(struct import *import)
{
	struct layout *layout = &import->layout;
	struct layer whole = {0};
	int result;

	layout->root = import->is_folder ? fcntl(import->file, F_DUPFD_CLOEXEC, 0)
					 : unpack_into(import, import->file, &whole, NULL,
						   import->path, whole.digest);
	strcpy(import->digest, whole.digest);
	if (layout->root < 0)
		return -1;
	if ((result = layout_read(layout)) < 0)
		return failx("%s: %s", import->path, failure());
	if (result == 0) {
		/* A root filesystem. A layer with this digest would have whiteouts. */
		name_layer(&whole, whole.digest, "-root");
		strcpy(layout->id, whole.digest);
		if (sign_layer(layout->root, &whole) < 0)
			return -1;
		if (!(layout->layers = malloc(sizeof(whole))))
			return fail("memory");
		*layout->layers = whole;
		layout->n_layers = 1;
		return 0;
	}
	if (is_complete(import))
		return 1;
	for (size_t i = 0; i < layout->n_layers; i++)
		if (import_layer(import, i) < 0)
			return -1;
	/* Before what is left is written to the disk. */
	return remove_tree_at(import->staging, "0");
}

/* Puts the staged folder NUMBER in the place of a layer. Containers may run on the old one, which
 * stays below another name until it is pruned. It is never without a name in the layers' folder:
 * what dies halfway leaves it in its place, or the new one there and the old one beside it. */
static int replace_layer(const struct import *import, const char *number, const char *name)
{
	int layers = import->store->layers;
	char id[ID_LENGTH + 1];
	autofree char *beside = NULL;

	random_id(id);
	if (!(beside = format_text("%s-old-%.16s", name, id)))
		return -1;
	if (renameat(import->staging, number, layers, beside) < 0)
		return fail("%s/layers/%s", import->store->path, beside);
	return renameat2(layers, beside, layers, name, RENAME_EXCHANGE) < 0
		       ? fail("%s/layers/%s", import->store->path, name)
		       : 0;
}

/* Moves a layer to its place, where another box may have put the same one meanwhile. */
static int place_layer(const struct import *import, struct layer *layer)
{
	autofree char *number = format_text("%d", layer->staged);

	if (!number)
		return -1;
	if (renameat(import->staging, number, import->store->layers, layer->name) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return fail("%s/layers/%s", import->store->path, layer->name);
	switch (look_up(import, layer)) {
	case SAME:
		return 0;
	case UNVERIFIED:
		return replace_layer(import, number, layer->name);
	default:
		return failx("%s: another layer has the name %s in %s/layers", import->path,
			layer->name, import->store->path);
	}
}

static int place_layers(const struct import *import)
{
	/* A power cut must not leave half of a layer under its name. */
	if (syncfs(import->staging) < 0)
		return fail("%s: syncfs", import->store->path);
	for (size_t i = 0; i < import->layout.n_layers; i++)
		if (import->layout.layers[i].staged >= 0 &&
			place_layer(import, &import->layout.layers[i]) < 0)
			return -1;
	return fsync(import->store->layers) < 0 ? fail("%s/layers", import->store->path) : 0;
}

/* ---- the image's record ---- */

/* The topmost layer first. One that is there twice counts where it is higher: it hides the lower
 * one, and an overlay takes a folder only once. */
static json_t *make_record(const struct layout *layout, const char *source)
{
	const char *created = get_text(layout->config, "created");
	json_auto_t *seen = json_object();
	json_t *layers = json_array();
	time_t now = time(NULL);
	json_int_t bytes = 0;
	char text[32];

	for (size_t i = layout->n_layers; i-- > 0;) {
		const struct layer *layer = &layout->layers[i];

		if (json_object_get(seen, layer->name))
			continue;
		json_object_set_new(seen, layer->name, json_true());
		json_array_append_new(layers, json_string(layer->name));
		bytes += layer->bytes;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	return json_pack("{s:s, s:s, s:I, s:o, s:O*}", "source", source, "created", created ?: text,
		"size", bytes, "layers", layers, "config",
		json_object_get(layout->config, "config"));
}

static int write_record(const struct import *import)
{
	json_auto_t *record = make_record(&import->layout, import->path);
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

size_t file_length(const char *name)
{
	size_t length = strlen(name);
	autofree char *path = strdup(name);

	while (path && length > 0 && access(path, F_OK) < 0) {
		while (length > 0 && name[--length] != ':')
			;
		path[length] = '\0';
	}
	return length;
}

/* Whether nobody but root can change the file FD: not now, and not by a descriptor or a mapping of
 * before, which a lease finds (fcntl(2)). A user's file system in user space shows any owner. */
static bool is_ours(int fd, const struct stat *st)
{
	static const long fuse = 0x65735546;
	struct statfs fs;

	if (st->st_uid != 0 || (st->st_mode & 022) || fstatfs(fd, &fs) < 0 || fs.f_type == fuse ||
		fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return false;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return true;
}

/* Opens FILE. Returns 1 if it is a folder that is a root filesystem. */
static int import_open(struct import *import, const char *name)
{
	size_t length = file_length(name);
	bool tagged = length > 0 && name[length];
	char key[KEY_LENGTH];
	autofree char *whole = NULL;
	autoclose int index = -1;
	struct stat st;

	import->path = length ? strndup(name, length) : strdup(name);
	import->layout.tag = tagged ? strdup(name + length + 1) : NULL;
	if (!import->path || (tagged && !import->layout.tag))
		return fail("memory");
	import->file = open(import->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (import->file < 0 || fstat(import->file, &st) < 0)
		return fail("%s", import->path);
	if ((import->is_folder = S_ISDIR(st.st_mode))) {
		index = openat(import->file, "index.json", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (index < 0 || faccessat(import->file, "oci-layout", F_OK, 0) < 0)
			return 1;
	}
	import->is_ours = !import->is_folder && is_ours(import->file, &st);
	if (file_key(index < 0 ? import->file : index, import->path, key) < 0 ||
		!(whole = format_text("%s:%s%s", import->is_ours ? "ours" : "others", key,
			  name + strlen(import->path))))
		return -1;
	SHA256Data((const uint8_t *)whole, strlen(whole), import->key);
	return 0;
}

/* The key of the archive by its contents, and which tag. */
static int content_key(const struct import *import, const char *digest, char key[ID_LENGTH + 1])
{
	autofree char *text = format_text("sha256:%s:%s", digest, import->layout.tag ?: "");

	if (text)
		SHA256Data((const uint8_t *)text, strlen(text), key);
	return text ? 0 : -1;
}

/* The ID that the file KEY had before, if that image is still there. */
static bool find_link(const struct store *store, const char *key, char id[ID_LENGTH + 1])
{
	autofree char *known = store_read_link(store->files, key);

	if (!known || strlen(known) != ID_LENGTH || !has_image(store, known))
		return false;
	strcpy(id, known);
	return true;
}

/* Gives the ID that this archive had before, if that image is still there. Who can write the file
 * can change it unseen, and choose its times: then those are but a hint, and the contents count. */
static bool find_known(const struct import *import, char id[ID_LENGTH + 1])
{
	char digest[ID_LENGTH + 1], key[ID_LENGTH + 1];

	if (import->is_folder || !find_link(import->store, import->key, id))
		return false;
	return import->is_ours ||
	       (file_digest(import->file, import->path, digest) == 0 &&
		       content_key(import, digest, key) == 0 && find_link(import->store, key, id));
}

/* So that it is known the next time. A folder is not: its files that name the image are small. */
static int note_known(const struct import *import)
{
	const struct store *store = import->store;
	char key[ID_LENGTH + 1];

	if (import->is_folder)
		return 0;
	if (!import->is_ours && (content_key(import, import->digest, key) < 0 ||
					store_set_link(store->files, key, import->layout.id) < 0))
		return -1;
	return store_set_link(store->files, import->key, import->layout.id);
}

/* ---- import ---- */

static int import_new(struct import *import, char id[ID_LENGTH + 1])
{
	struct store *store = import->store;
	/* Until the record refers to them, nothing but this lock keeps rmi from the layers. */
	autoclose int lock = store_lock_layers(store, LOCK_SH);
	const char *size = getenv("BOX_MAX_SIZE");
	int64_t most;
	sigset_t before, blocked;
	int result = 0;

	/* Of two boxes that are given the same file at once, the second waits here. */
	if (lock < 0 || parse_size(size ?: "64g", &most) < 0 ||
		(import->staging = store_staging(store, import->key)) < 0)
		return -1;
	import->quota = (struct quota){.bytes = most, .entries = MAX_ENTRIES};
	/* What would end box must let it remove what is half unpacked. */
	sigprocmask(SIG_BLOCK, NULL, &before);
	block_signals(&blocked);
	if (!find_known(import, id)) {
		result = import_layers(import);
		if (result == 0 && (place_layers(import) < 0 || write_record(import) < 0))
			result = -1;
		if (result >= 0)
			result = note_known(import);
		strcpy(id, import->layout.id);
	}
	remove_tree_at(store->tmp, import->key);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}

int import_file(struct store *store, const char *name, char id[ID_LENGTH + 1])
{
	struct import import = {.store = store, .file = -1, .staging = -1, .layout.root = -1};
	int result = import_open(&import, name);

	*id = '\0';
	if (result == 0 && !find_known(&import, id))
		result = import_new(&import, id);
	layout_free(&import.layout);
	close_fd(&import.file);
	close_fd(&import.staging);
	free(import.path);
	return result < 0 ? -1 : 0;
}
