/* layout.h: reads image layouts: that of OCI (image-layout.md), and that of docker save. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "id.h"
#include "json.h"

/* The name that images use for this machine's architecture: Go's GOARCH. */
#if defined(__x86_64__)
#define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#elif defined(__riscv)
#define ARCHITECTURE "riscv64"
#elif defined(__s390x__)
#define ARCHITECTURE "s390x"
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE "ppc64le"
#elif defined(__loongarch64)
#define ARCHITECTURE "loong64"
#elif defined(__arm__)
#define ARCHITECTURE "arm"
#elif defined(__i386__)
#define ARCHITECTURE "386"
#else
#define ARCHITECTURE "unknown"
#endif

/* A layer of an image. */
struct layer {
	char digest[ID_LENGTH + 1]; /* SHA-256 of its archive */
	char name[48]; /* of its folder in store->layers; begins with the first 32 digits of key */
	/* The digest; or, if it is unpacked over the layers below it, a hash of theirs and its
	 * own. There is no NUL at its end. */
	char key[ID_LENGTH];
	const char *file; /* its archive in the layout; NULL: the blob of its digest */
	int staged; /* the number of its folder in the staging folder; -1: it is in store->layers */
	uint64_t bytes; /* of its files */
};

/* A layout, and the image in it that was chosen. layout_free() releases all of it. */
struct layout {
	int root; /* the folder of the layout */
	char *tag; /* of the image that is wanted; NULL: there must be only one image */
	char id[ID_LENGTH + 1]; /* of the image, see look_at() and import_layer() */
	struct layer *layers; /* the lowest first */
	size_t n_layers;
	json_t *config; /* the image's configuration; NULL: none */
	json_t *manifest; /* docker save's manifest.json; owns layers->file; NULL for OCI's */
};

/* Reads the layout in the folder layout->root, and finds the image with layout->tag: the caller
 * sets these two, and all else to 0. Returns 1; 0 if the folder holds no layout, and so is a root
 * filesystem; or -1 after fail(). layout_free() also closes root, and frees tag. */
int layout_read(struct layout *layout);
void layout_free(struct layout *layout);

#endif
