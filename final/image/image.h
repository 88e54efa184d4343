/* image.h: finds the image that a name means, with its layers and its configuration. Functions that
 * return an int return 0, or -1 after fail(). */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"
#include "json.h"
#include "store.h"

/* An image, or a folder that is used as one. image_free() releases all of it. */
struct image {
	char id[ID_LENGTH + 1]; /* a SHA-256, see layout.h; "" for a folder */
	struct json_t *record; /* the file that import.c has written; owns the texts below */
	const char *source; /* the file that it was unpacked from, as the user wrote it */
	char *folder; /* a folder that is the only layer, by its real_path(); NULL for an image */
	char **layers; /* names of folders in store->layers, the topmost first; NULL-terminated */
	size_t n_layers;
	/* The image's configuration: NULL or empty where it says nothing. */
	char **entrypoint, **cmd, **env;
	const char *workdir, *user, *stop_signal;
	const char *created; /* a date of RFC 3339, in UTC */
	uint64_t size; /* bytes of the files of all layers */
};

struct store;

/* Finds the image NAME. A NAME without a slash may be the name of an image that was unpacked
 * before, or its ID, or at least the first 4 digits of that. Any other NAME is a folder or an
 * archive of the host; FILE:TAG chooses one of several images in FILE. An archive, or a folder with
 * an OCI layout, is unpacked, unless it was already; another folder is used as it is. */
int image_get(struct store *store, const char *name, struct image *image);

/* Finds the image of a container that was made before. SAVED is what the container's options_save()
 * has kept: the whole ID of an image, or the absolute path of a folder. A file in the working
 * folder is never taken for it. */
int image_get_saved(struct store *store, const char *saved, struct image *image);

/* Unpacks the archive or OCI layout FILE, or one of its images as FILE:TAG, and gives the image
 * NAME (NULL: no name). A name that another image had is taken from it. */
int image_import(struct store *store, const char *file, const char *name, struct image *image);

/* Prints a table of all images; with QUIET, only their IDs. */
int image_list(struct store *store, bool quiet);

/* Removes the image NAME (a name, an ID, or an ID's first digits) and the layers that no other
 * image has. If it has several names and NAME is one of them, only that name is removed. An image
 * that a container was made from is an error. */
int image_remove(struct store *store, const char *name);

/* Removes the images that no container was made from, and prints their IDs. Adds the bytes that
 * this frees to BYTES. An image that cannot be removed does not stop the others from being
 * removed. */
int image_prune(struct store *store, uint64_t *bytes);

/* Releases what IMAGE holds, and empties it. */
void image_free(struct image *image);

#endif
