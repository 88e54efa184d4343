/* layout.c: image layouts: image/layout.c. The first part is index.json of OCI; or, if it begins
 * with "[", docker save's manifest.json. The others are blobs, whose names are their digests. In
 * all parts "@1" stands for the 64 digits of part 1, if it comes later: so a manifest names its
 * configuration, although nobody can guess a digest. */
#define _GNU_SOURCE
#include "layout.h"

#include <fcntl.h>
#include <sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"

enum { MAX_PARTS = 9 };

/* Returns part number I, with the digests of later ones, which are DIGESTS. *LENGTH becomes that of
 * the whole. */
static char *expand(const uint8_t *part, size_t *length, int i, char digests[][65])
{
	char *text = malloc(*length * 33 + 1), *to = text;

	if (!text)
		abort();
	for (size_t n = 0; n < *length; n++) {
		int digit = part[n] == '@' && n + 1 < *length ? part[n + 1] - '0' : 0;

		if (digit > i && digit < MAX_PARTS && *digests[digit]) {
			memcpy(to, digests[digit], 64);
			to += 64;
			n++;
		} else {
			*to++ = (char)part[n];
		}
	}
	*length = to - text;
	return text;
}

/* Reads the layout that was written into the working folder. */
static void read_layout(const char *tag)
{
	struct layout layout = {.root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.tag = tag ? strdup(tag) : NULL};
	int result = layout_read(&layout);

	FUZZ_EXPECT(result >= -1 && result <= 1);
	FUZZ_EXPECT(result >= 0 || *failure());
	FUZZ_EXPECT(layout.n_layers < 500);
	for (size_t i = 0; result == 1 && i < layout.n_layers; i++)
		FUZZ_EXPECT(layout.layers[i].file ||
			    strspn(layout.layers[i].digest, "0123456789abcdef") == ID_LENGTH);
	layout_free(&layout);
}

FUZZ(layout)
{
	const uint8_t *parts[MAX_PARTS];
	size_t lengths[MAX_PARTS];
	char digests[MAX_PARTS][65] = {""}, name[128];
	const char *first;
	int n = 0;

	mkdir("blobs", 0755);
	mkdir("blobs/sha256", 0755);
	fuzz_file("oci-layout", "{}", 2);
	for (; data && n < MAX_PARTS; n++)
		parts[n] = fuzz_part(&data, &size, &lengths[n]);
	for (int i = n - 1; i > 0; i--) {
		size_t length = lengths[i];
		autofree char *text = expand(parts[i], &length, i, digests);

		SHA256Data((const uint8_t *)text, length, digests[i]);
		snprintf(name, sizeof(name), "blobs/sha256/%s", digests[i]);
		fuzz_file(name, text, length);
	}
	if (n > 0) {
		autofree char *text = expand(parts[0], &lengths[0], 0, digests);

		first = lengths[0] > 0 && *text == '[' ? "manifest.json" : "index.json";
		fuzz_file(first, text, lengths[0]);
		read_layout(NULL);
		read_layout("v1");
		unlink(first);
	}
	for (int i = 1; i < n; i++) {
		snprintf(name, sizeof(name), "blobs/sha256/%s", digests[i]);
		unlink(name);
	}
}
