/* layout.c: reads image layouts: that of OCI, and that of docker save. All that they say may be
 * hostile. */
#define _GNU_SOURCE
#include "layout.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "id.h"
#include "json.h"
#include "process.h"
#include "text.h"

/* An overlay takes 500 folders, and one of them is box's own: OVL_MAX_STACK in fs/overlayfs of
 * Linux. */
enum { MAX_LAYERS = 499, MAX_NESTING = 4 };

/* How many indexes, manifests and configurations are read before the image is found, and how many
 * MiB: a hostile index may name another one thousands of times, and that one a third. */
enum { MAX_READ = 1000, MAX_MIB = 8 };

/* The digits of "sha256:DIGITS", or NULL. */
static const char *digest_of(const char *text)
{
	if (!text || strncmp(text, "sha256:", 7) != 0 || strlen(text + 7) != ID_LENGTH ||
		strspn(text + 7, "0123456789abcdef") != ID_LENGTH)
		return NULL;
	return text + 7;
}

/* Whether ITEM of an index has the name TAG, or one that ends with it after ':' or '/': "foo:v1"
 * and "v1" both find docker.io/library/foo:v1. Adds the names of ITEM to NAMES. TAG may be NULL. */
static bool has_name(const json_t *item, const char *tag, char names[512])
{
	const json_t *notes = json_object_get(item, "annotations");
	json_auto_t *all = json_array();
	const json_t *one;
	bool found = false;
	size_t i;

	json_array_append(all, json_object_get(notes, "org.opencontainers.image.ref.name"));
	json_array_append(all, json_object_get(notes, "io.containerd.image.name"));
	json_array_extend(all, json_object_get(item, "RepoTags"));
	json_array_foreach(all, i, one)
	{
		const char *name = json_string_value(one);
		size_t length = strlen(names), before;

		if (!name)
			continue;
		snprintf(names + length, 512 - length, "%s%s", length ? ", " : "", name);
		if (!tag || strlen(tag) > strlen(name))
			continue;
		before = strlen(name) - strlen(tag);
		found |= strcmp(name + before, tag) == 0 &&
			 (before == 0 || strchr(":/", name[before - 1]));
	}
	return found;
}

/* Go's name for the architecture that people and other tools call MACHINE. */
static const char *go_name(const char *machine)
{
	static const char *const others[][2] = {
		{"x86_64", "amd64"},
		{"x86-64", "amd64"},
		{"x64", "amd64"},
		{"aarch64", "arm64"},
		{"powerpc64le", "ppc64le"},
		{"ppc64el", "ppc64le"},
		{"loongarch64", "loong64"},
		{"i386", "386"},
		{"i486", "386"},
		{"i586", "386"},
		{"i686", "386"},
		{"x86", "386"},
		{"armhf", "arm"},
		{"armel", "arm"},
		{"armv6l", "arm"},
		{"armv7l", "arm"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcasecmp(machine, others[i][0]) == 0)
			return others[i][1];
	return machine;
}

/* Whether PLATFORM, of an index, or a configuration, is for this machine. If it names no system or
 * no architecture, it is for all. */
static bool is_for_this_machine(const json_t *platform)
{
	const char *os = get_text(platform, "os");
	const char *architecture = get_text(platform, "architecture");

	return (!os || strcasecmp(os, "linux") == 0) &&
	       (!architecture || strcasecmp(go_name(architecture), ARCHITECTURE) == 0);
}

/* Whether PLATFORM is for all machines of this architecture, and not only for newer ones, as "v3"
 * of amd64 is. */
static bool is_for_all_such(const json_t *platform)
{
	const char *variant = get_text(platform, "variant");
	const char *first = strcmp(ARCHITECTURE, "amd64") == 0   ? "v1"
			    : strcmp(ARCHITECTURE, "arm64") == 0 ? "v8"
								 : "";

	return !variant || strcasecmp(variant, first) == 0;
}

/* The image that was found so far. */
struct choice {
	json_t *manifest, *config; /* NULL: none */
	char id[ID_LENGTH + 1];
	char machine[64]; /* the architecture of an image that is for another machine; "": none */
	bool several; /* there are several images */
	int n_read; /* the number of files that were read, */
	size_t bytes; /* and their bytes */
};

/* Called before each file is read. As this may take long and signals are blocked, looks for them,
 * too. */
static int count_read(struct choice *choice)
{
	if (interrupted())
		return failx("interrupted");
	return ++choice->n_read > MAX_READ || choice->bytes >> 20 >= MAX_MIB
		       ? failx("more than %d manifests and configurations, "
			       "or %d MiB of them, before its image is found",
				 MAX_READ, MAX_MIB)
		       : 0;
}

/* Reads the blob that DESCRIPTOR names, and gives its DIGEST. NULL after fail(). */
static json_t *read_blob(
	const struct layout *layout, struct choice *choice, const json_t *descriptor, char digest[])
{
	const char *digits = digest_of(get_text(descriptor, "digest"));
	autofree char *name = digits ? format_text("blobs/sha256/%s", digits) : NULL;

	if (name)
		return count_read(choice) < 0
			       ? NULL
			       : read_json(layout->root, name, digits, digest, &choice->bytes);
	failx("an image without a SHA-256 digest");
	return NULL;
}

/* Takes the image ID as the choice, if it is the first one that fits. MANIFEST and CONFIG belong to
 * this function from then on. Returns 1, or 0 if the image is for another machine. */
static int take(struct choice *choice, json_t *manifest, json_t *config, const char *id)
{
	bool fits = is_for_this_machine(config), is_new = fits && !choice->manifest;

	if (!fits)
		snprintf(choice->machine, sizeof(choice->machine), "%s",
			get_text(config, "architecture") ?: "another system");
	else if (!is_new)
		choice->several |= strcmp(choice->id, id) != 0;
	if (!is_new) {
		json_decref(manifest);
		json_decref(config);
		return fits;
	}
	choice->manifest = manifest;
	choice->config = config;
	strcpy(choice->id, id);
	return 1;
}

static int choose(
	const struct layout *layout, const json_t *list, int depth, struct choice *choice);

/* Looks at ITEM of an index, which is an image or another index. Returns what choose() does. The
 * image's ID is the digest of its manifest, which has the digests of the layers' archives, and
 * these are verified. The digest of the configuration would not do: it has the digests of what is
 * in the archives before compression, which are not verified. */
static int look_at(
	const struct layout *layout, const json_t *item, int depth, struct choice *choice)
{
	const char *digest = digest_of(get_text(item, "digest"));
	char id[ID_LENGTH + 1];
	json_t *json, *config;
	const json_t *list;
	int result;

	/* ITEM is another name of the image that was chosen. */
	if (digest && choice->manifest && strcmp(digest, choice->id) == 0)
		return 1;
	if (!(json = read_blob(layout, choice, item, id)))
		return -1;
	list = json_object_get(json, "manifests");
	/* This is no image, but a signature, say. */
	if (json_object_get(json, "artifactType")) {
		json_decref(json);
		return 0;
	}
	if (!list && (config = read_blob(layout, choice, json_object_get(json, "config"), NULL)))
		return take(choice, json, config, id);
	result = !list                 ? -1
		 : depth < MAX_NESTING ? choose(layout, list, depth + 1, choice)
				       : failx("an index in an index, too often");
	json_decref(json);
	return result;
}

/* Looks for the image with the layout's tag in LIST, and in the indexes that LIST names. At DEPTH
 * 0, several entries are several images, unless they have the same digest; in an index below, they
 * are variants of one image, of which the first that fits is taken. Returns 1, 0 if there is none,
 * or -1. */
static int choose(const struct layout *layout, const json_t *list, int depth, struct choice *choice)
{
	const char *tag = depth == 0 ? layout->tag : NULL;
	char names[512] = "";
	const json_t *item;
	int found = 0;
	size_t i;

	for (int variants = 0; variants < 2 && !found; variants++)
		json_array_foreach(list, i, item)
		{
			const json_t *platform = json_object_get(item, "platform");
			int result;

			if (json_object_get(item, "artifactType") ||
				!is_for_this_machine(platform) ||
				is_for_all_such(platform) == variants ||
				(tag && !has_name(item, tag, names)))
				continue;
			if ((result = look_at(layout, item, depth, choice)) < 0)
				return -1;
			found |= result;
			if (found && (depth > 0 || choice->several))
				return 1;
		}
	return found;
}

/* Notes why no image was chosen: there is none, or there are several. Returns -1. */
static int explain(const struct layout *layout, const json_t *list, const struct choice *choice)
{
	char names[512] = "";
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		has_name(item, NULL, names);
	}
	if (choice->several)
		return failx("several images: FILE:TAG chooses one (%s)", names);
	if (layout->tag)
		return failx("no image %s for linux/" ARCHITECTURE " (there are: %s)", layout->tag,
			names);
	return choice->machine[0] ? failx("an image for %s, and this machine is " ARCHITECTURE,
					    choice->machine)
				  : failx("no image for linux/" ARCHITECTURE);
}

/* Notes the layers. For docker save's layout, FILES has the names of their archives, and DIGESTS
 * strings; for OCI's, FILES is NULL, and DIGESTS has descriptors. */
static int note_layers(struct layout *layout, const json_t *files, const json_t *digests)
{
	size_t n = json_array_size(digests);

	/* docker save writes null for an image of no layers. */
	if (!json_is_array(files ?: digests) && !json_is_null(files ?: digests))
		return failx("not an image: no list of layers");
	if (n > MAX_LAYERS || (files && json_array_size(files) != n))
		return failx("not an image: %zu layers", n);
	if (!(layout->layers = calloc(n + 1, sizeof(*layout->layers))))
		return fail("memory");
	for (; layout->n_layers < n; layout->n_layers++) {
		struct layer *layer = &layout->layers[layout->n_layers];
		const char *file = json_string_value(json_array_get(files, layout->n_layers));
		const json_t *item = json_array_get(digests, layout->n_layers);
		const char *digest =
			digest_of(files ? json_string_value(item) : get_text(item, "digest"));

		layer->staged = -1;
		if (!digest || (files && !file))
			return failx("a layer without a file or a SHA-256 digest");
		strcpy(layer->digest, digest);
		layer->file = file;
	}
	return 0;
}

static int read_oci(struct layout *layout)
{
	json_auto_t *index = read_json(layout->root, "index.json", NULL, NULL, NULL);
	const json_t *list = json_object_get(index, "manifests");
	struct choice choice = {0};
	int result = index ? choose(layout, list, 0, &choice) : -1;

	layout->config = choice.config;
	strcpy(layout->id, choice.id);
	if (result == 0 || choice.several)
		result = explain(layout, list, &choice);
	if (result > 0)
		result = note_layers(layout, NULL, json_object_get(choice.manifest, "layers"));
	json_decref(choice.manifest);
	return result;
}

/* Reads docker save's layout. The digests of the layers, before compression, are in the
 * configuration. */
static int read_docker(struct layout *layout)
{
	struct choice choice = {0};
	char names[512] = "", id[ID_LENGTH + 1];
	const json_t *item;
	int result;
	size_t i;

	json_array_foreach(layout->manifest, i, item)
	{
		const char *name = get_text(item, "Config");
		json_t *config;

		if (layout->tag && !has_name(item, layout->tag, names))
			continue;
		if (!name)
			return failx("no Config");
		if (count_read(&choice) < 0 ||
			!(config = read_json(layout->root, name, NULL, id, &choice.bytes)))
			return -1;
		take(&choice, json_incref((json_t *)item), config, id);
	}
	layout->config = choice.config;
	strcpy(layout->id, choice.id);
	result = !choice.manifest || choice.several
			 ? explain(layout, layout->manifest, &choice)
			 : note_layers(layout, json_object_get(choice.manifest, "Layers"),
				   json_object_get(
					   json_object_get(layout->config, "rootfs"), "diff_ids"));
	json_decref(choice.manifest);
	return result;
}

static bool has_file(const struct layout *layout, const char *name)
{
	return faccessat(layout->root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int layout_read(struct layout *layout)
{
	const json_t *first;

	if (has_file(layout, "oci-layout") && has_file(layout, "index.json")) {
		if (read_oci(layout) < 0)
			return -1;
	} else {
		layout->manifest = read_json(layout->root, "manifest.json", NULL, NULL, NULL);
		first = json_array_get(layout->manifest, 0);
		if (!json_object_get(first, "Config") || !json_object_get(first, "Layers"))
			return 0;
		if (read_docker(layout) < 0)
			return -1;
	}
	return 1;
}

void layout_free(struct layout *layout)
{
	free(layout->layers);
	free(layout->tag);
	json_decref(layout->manifest);
	json_decref(layout->config);
	close_fd(&layout->root);
}
