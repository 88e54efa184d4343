/* layout.h: image layouts: that of OCI, and that of docker save. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "id.h"
#include "json.h"

/* This machine's, by the name that images have for it: Go's. */
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

struct layer {
	char digest[ID_LENGTH + 1]; /* SHA-256 of its file */
	char name[48]; /* below store->layers; begins with the first 32 digits of key */
	char key[ID_LENGTH]; /* its digest; if it needs those below, one of all up to it */
	const char *file; /* in the layout; NULL: the blob DIGEST */
	int staged; /* the number of its folder in the staging folder, or -1: already in place */
	uint64_t bytes;
};

struct layout {
	int root; /* the folder */
	char *tag; /* of the image that is wanted; NULL: there must be but one */
	char id[ID_LENGTH + 1];
	struct layer *layers; /* the lowest first */
	size_t n_layers;
	json_t *config; /* NULL: none */
	json_t *manifest; /* docker save's: the digests are of layers that are not compressed */
};

/* Reads the layout in layout->root. Returns 1, or 0 if it is none, but a root filesystem. */
int layout_read(struct layout *layout);
void layout_free(struct layout *layout);

#endif
