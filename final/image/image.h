/* image.h: IMAGE -> layers and configuration. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"
#include "json.h"
#include "store.h"

/* An image, or a folder that is used as one. Freed by image_free(). */
struct image {
	char id[ID_LENGTH + 1]; /* a SHA-256, see import.c; "" for a folder */
	struct json_t *record; /* what import.c has written; it owns the texts below */
	const char *source; /* as it was given when it was unpacked */
	char *folder; /* a folder used as the only layer, without symlinks; NULL for others */
	char **layers; /* names below store->layers, the topmost first; NULL-terminated */
	size_t n_layers;
	/* the configuration; NULL or empty where the image says nothing */
	char **entrypoint, **cmd, **env;
	const char *workdir, *user, *stop_signal;
	const char *created; /* RFC 3339, UTC */
	uint64_t size; /* bytes of all layers, unpacked */
};

struct store;

/* Finds NAME: without a slash in it, the name, or the ID or at least 4 of its first digits, of an
 * image that was unpacked before; else a folder or an archive of the host. An archive is unpacked
 * unless it was already. FILE:TAG is one of several images in FILE. */
int image_get(struct store *store, const char *name, struct image *image);

/* Finds the image of a container that was made before, by what options_save() was told: an image's
 * whole ID, or the absolute path of a folder. No file in the working folder counts, whatever its
 * name. */
int image_get_saved(struct store *store, const char *saved, struct image *image);

/* Unpacks the archive or OCI layout FILE, and names it NAME (NULL: no name). */
int image_import(struct store *store, const char *file, const char *name, struct image *image);

/* Prints the table of images; with QUIET, their IDs alone. */
int image_list(struct store *store, bool quiet);

/* Removes the image NAME, and the layers that no other image has. An image in use is an error. */
int image_remove(struct store *store, const char *name);

/* Removes the images that no container has, and prints their IDs. Adds what that has freed to
 * BYTES. One that fails does not stop the others. */
int image_prune(struct store *store, uint64_t *bytes);

void image_free(struct image *image);

#endif
