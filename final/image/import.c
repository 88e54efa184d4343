/* import.c: unpacks an archive or an image layout into the store. */
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
#include "parse.h"
#include "overlay.h"
#include "path.h"
#include "process.h"
#include "text.h"
#include "users.h"
#include "layout.h"
#include "store.h"
#include "unpack.h"

enum { MAX_ENTRIES = 10000000 }; /* of all layers together */

struct import {
	struct store *store;
	char *path; /* FILE of FILE:TAG */
	char key[ID_LENGTH + 1]; /* a hash of the file's file_key() and of the tag */
	int file; /* the archive or the folder, opened */
	bool is_folder;
	bool is_ours; /* nobody but root can change the archive */
	char digest[ID_LENGTH + 1]; /* of the archive, as it was unpacked */
	int staging; /* the folder KEY in store->tmp */
	struct quota quota; /* what may still be unpacked */
	struct layout layout;
};

/* ---- layers ---- */

/* Extended attributes of a layer's folder: its size, a uint64_t, and all digits of its key, of
 * which its name has only 32. Two layers with the same 32 digits can be made on purpose, by 2^64
 * attempts. */
static const char size_attribute[] = "box.size", digest_attribute[] = "box.digest";

/* Of unpack_into(): the layer needs the layers below it. */
enum { NEEDS_BELOW = -2 };

/* Unpacks ARCHIVE into a new folder in the staging folder, whose name is LAYER's number, or 0 for
 * the archive of a root filesystem or of a whole image. With BELOW, it is unpacked over these
 * layers. Gives the archive's DIGEST. Returns the folder's descriptor, which the caller closes; or
 * NEEDS_BELOW, after the folder was removed, if the layer has to be unpacked with BELOW; or -1. */
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
	char size[32];
	int result;

	if (!folder || !path || mkdirat(import->staging, folder, 0755) < 0 ||
		(fd = openat(import->staging, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return fail("%s/tmp", import->store->path);
	into.folder = fd;
	if ((result = unpack(archive, &into, name, &import->quota, digest, &layer->bytes)) < 0)
		return -1;
	if (result == 1)
		return remove_tree_at(import->staging, folder) < 0 ? -1 : NEEDS_BELOW;
	if (fsetxattr(fd, users_attribute(size_attribute, size), &layer->bytes,
		    sizeof(layer->bytes), 0) < 0)
		return fail("%s/tmp: %s", import->store->path, size);
	return steal_fd(&fd);
}

/* Makes the name of LAYER from the first digits of DIGEST and SUFFIX, and DIGEST its key. */
static void name_layer(struct layer *layer, const char *digest, const char *suffix)
{
	snprintf(layer->name, sizeof(layer->name), "%.32s%s", digest, suffix);
	memmove(layer->key, digest, ID_LENGTH);
}

/* Notes on FD, the folder of LAYER, which is still in the staging folder, that it was unpacked from
 * what has the layer's key. */
static int sign_layer(int fd, const struct layer *layer)
{
	char name[32];

	return fsetxattr(fd, users_attribute(digest_attribute, name), layer->key, ID_LENGTH, 0) < 0
		       ? fail("layer %s: %s", layer->name, name)
		       : 0;
}

enum found { MISSING, UNVERIFIED, OTHER, SAME };

/* Finds out what the store has under the name of LAYER, and gives its size in bytes. UNVERIFIED is
 * a layer that an earlier box has unpacked: it did not note the digest, and might have unpacked
 * other bytes than it had hashed. */
static enum found look_up(const struct import *import, struct layer *layer)
{
	autoclose int fd = openat(import->store->layers, layer->name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char digest[ID_LENGTH], name[32];

	if (fd < 0)
		return MISSING;
	if (fgetxattr(fd, users_attribute(digest_attribute, name), digest, sizeof(digest)) !=
			sizeof(digest) ||
		fgetxattr(fd, users_attribute(size_attribute, name), &layer->bytes,
			sizeof(layer->bytes)) != sizeof(layer->bytes))
		return UNVERIFIED;
	return memcmp(digest, layer->key, sizeof(digest)) == 0 ? SAME : OTHER;
}

static bool is_compressed(int fd)
{
	uint8_t magic[4] = {0};

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       (memcmp(magic, "\x1f\x8b", 2) == 0 || memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0);
}

/* Names layer I as one that is unpacked over the layers below it.
 *
 * Most layers name the folders of each file before the file. Such a layer is unpacked alone, and
 * all images share it under its digest. A layer that does not, such as Bazel's, or one made by
 * hand, means the folders of the layers below, with their owners and modes, or the places to which
 * symlinks lead there. It is unpacked over those layers, and is shared by the images that have the
 * same layers below it: its name is a hash of all their digests, much like the ChainID of the image
 * specification (config.md). */
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

/* Adds to NAMES the folders of the layers below layer I, relative to the folder of layer I, the
 * topmost first, and each once. */
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

/* Unpacks layer I from ARCHIVE over the layers below it. NAME is for messages. Returns what
 * unpack_into() does. */
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

/* Whether the store has layer I, unpacked alone or over the layers below it. Sets its name. */
static bool find_layer(const struct import *import, size_t i)
{
	struct layer *layer = &import->layout.layers[i];

	name_layer(layer, layer->digest, "");
	if (look_up(import, layer) == SAME)
		return true;
	name_over(&import->layout, i);
	return look_up(import, layer) == SAME;
}

/* Sets DIGEST, of LAYER's compressed archive, as the layer's digest, and adds it to the image's
 * ID. */
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
	/* docker save does not compress layers, and the digests in the configuration are of layers
	 * that are not compressed. Other programs compress them in this layout: then the digest of
	 * what is compressed counts, and is added to the image's ID. */
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

/* Whether the store has the image of the layout, with layers whose digests were verified. */
static bool is_complete(const struct import *import)
{
	bool complete = has_image(import->store, import->layout.id);

	for (size_t i = 0; complete && i < import->layout.n_layers; i++)
		complete = find_layer(import, i);
	return complete;
}

/* Unpacks the layers that the store does not have. Returns 0, or 1 if it has the whole image. */
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
		return fail_prefix("%s: ", import->path);
	if (result == 0) {
		/* A root filesystem. Its name has a suffix, as an image's layer with the same
		 * digest was unpacked with whiteouts. */
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
	/* Removed before place_layers() has the kernel write all to the disk. */
	return remove_tree_at(import->staging, "0");
}

/* Puts the staged folder NUMBER in the place of the layer NAME. Containers may run on the old
 * layer, which stays under another name until it is pruned. At no time is there no layer NAME: if
 * box dies halfway, either the old one or the new one is there, and the other one beside it. */
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

/* Moves LAYER to its place in the store, where another box may have put the same layer
 * meanwhile. */
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

/* Makes the record of an image, with the topmost layer first. A layer that is there twice is only
 * noted in its higher place: there it hides the lower one, and an overlay takes each folder only
 * once. */
static json_t *image_record(const struct layout *layout, const char *source)
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
	json_auto_t *record = image_record(&import->layout, import->path);
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

/* ---- which file it is, and whether it was imported before ---- */

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

/* Whether nobody but root can change the file FD: neither by opening it now, nor by a descriptor or
 * a mapping from before, for which the kernel refuses a lease (fcntl(2)). A FUSE file system does
 * not count, as a user's can show root as the owner. */
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

/* Opens the file or folder of NAME, and makes its key. Returns 0, or 1 if it is a folder without an
 * OCI layout, which is a root filesystem. */
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

/* Makes a KEY of the archive's DIGEST and of the tag. */
static int content_key(const struct import *import, const char *digest, char key[ID_LENGTH + 1])
{
	autofree char *text = format_text("sha256:%s:%s", digest, import->layout.tag ?: "");

	if (text)
		SHA256Data((const uint8_t *)text, strlen(text), key);
	return text ? 0 : -1;
}

/* Gives the ID to which the symlink KEY of store->files leads, if the store still has that
 * image. */
static bool find_link(const struct store *store, const char *key, char id[ID_LENGTH + 1])
{
	autofree char *known = store_read_link(store->files, key);

	if (!known || strlen(known) != ID_LENGTH || !has_image(store, known))
		return false;
	strcpy(id, known);
	return true;
}

/* Gives the ID of the image that this archive was imported as, if the store still has it. If others
 * than root can write the file, they can change it and set its times: then the key of these is only
 * a hint, and the archive's contents count. */
static bool find_known(const struct import *import, char id[ID_LENGTH + 1])
{
	char digest[ID_LENGTH + 1], key[ID_LENGTH + 1];

	if (import->is_folder || !find_link(import->store, import->key, id))
		return false;
	return import->is_ours ||
	       (file_digest(import->file, import->path, digest) == 0 &&
		       content_key(import, digest, key) == 0 && find_link(import->store, key, id));
}

/* Notes which image the archive is, for the next time. A folder is not noted, as the files in it
 * that name the image are small. */
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
	/* Until the image's record names the layers, only this lock keeps box rmi from removing
	 * them. */
	autoclose int lock = store_lock_layers(store, LOCK_SH);
	int64_t most;
	sigset_t before, blocked;
	int result = 0;

	/* If two boxes import the same file at the same time, the second one waits here. */
	if (parse_size(store->max_size, &most) < 0)
		return fail_prefix("--max-size: ");
	if (lock < 0 || (import->staging = store_staging(store, import->key)) < 0)
		return -1;
	import->quota = (struct quota){.bytes = most, .entries = MAX_ENTRIES};
	/* A signal must not end box before it has removed what is half unpacked. */
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
	keep_failure();
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
