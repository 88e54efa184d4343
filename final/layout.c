/* layout.c: image layouts: OCI's, and that of docker save. All they say may be hostile. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>

/* An overlay takes 500 folders, box's own among them: OVL_MAX_STACK in Linux' fs/overlayfs. */
enum { MAX_LAYERS = 499, MAX_NESTING = 4 };

/* The digits of "sha256:DIGITS", or NULL. */
static const char *digest_of(const char *text)
{
	if (!text || strncmp(text, "sha256:", 7) != 0 || strlen(text + 7) != ID_LENGTH ||
		strspn(text + 7, "0123456789abcdef") != ID_LENGTH)
		return NULL;
	return text + 7;
}

/* Whether ITEM of an index has the name TAG, or one that ends so: "foo:v1" and "v1" are both
 * docker.io/library/foo:v1. Its names are added to NAMES. */
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

/* A platform, or a configuration, that names no machine is for any. */
static bool is_for_this_machine(const json_t *platform)
{
	const char *os = get_text(platform, "os");
	const char *architecture = get_text(platform, "architecture");

	return (!os || strcmp(os, "linux") == 0) &&
	       (!architecture || strcmp(architecture, ARCHITECTURE) == 0);
}

/* The item of LIST that was asked for. At the TOP, several are several images; further down,
 * variants of one. */
static const json_t *choose(const struct layout *layout, const json_t *list, bool top)
{
	const char *tag = top ? layout->tag : NULL;
	const json_t *chosen = NULL, *item;
	char names[512] = "";
	bool several = false;
	size_t i;

	json_array_foreach(list, i, item)
	{
		bool named = has_name(item, tag, names);

		if (!is_for_this_machine(json_object_get(item, "platform")) || (tag && !named))
			continue;
		several |= chosen && top && !json_equal(chosen, item);
		chosen = chosen ? chosen : item;
	}
	if (several)
		failx("several images: FILE:TAG chooses one (%s)", names);
	else if (!chosen && tag)
		failx("no image %s for linux/" ARCHITECTURE " (there are: %s)", tag, names);
	else if (!chosen)
		failx("no image for linux/" ARCHITECTURE);
	return several ? NULL : chosen;
}

static json_t *read_blob(const struct layout *layout, const json_t *descriptor, char digest[])
{
	const char *digits = digest_of(get_text(descriptor, "digest"));
	autofree char *name = digits ? format_text("blobs/sha256/%s", digits) : NULL;

	if (name)
		return read_json(layout->root, name, digits, digest);
	failx("an image without a SHA-256 digest");
	return NULL;
}

/* Notes the layers, FILES or NULL, of which DIGESTS has the digests: strings, or descriptors. */
static int note_layers(struct layout *layout, const json_t *files, const json_t *digests)
{
	size_t n = json_array_size(digests);

	if (n == 0 || n > MAX_LAYERS || (files && json_array_size(files) != n))
		return failx("not an image: %zu layers", n);
	if (!(layout->layers = calloc(n, sizeof(*layout->layers))))
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

/* The ID is the manifest's digest: it has those of the files of all layers, which are compared. The
 * configuration's would not do, as it has those of what is in the files, which are not. */
static int read_oci(struct layout *layout)
{
	json_auto_t *json = read_json(layout->root, "index.json", NULL, NULL);
	const json_t *list;

	if (!json)
		return -1;
	for (int i = 0; (list = json_object_get(json, "manifests")); i++) {
		const json_t *item = i < MAX_NESTING ? choose(layout, list, i == 0) : NULL;
		json_t *next = item ? read_blob(layout, item, layout->id) : NULL;

		if (!next)
			return i < MAX_NESTING ? -1 : failx("an index in an index, too often");
		json_decref(json);
		json = next;
	}
	layout->config = read_blob(layout, json_object_get(json, "config"), NULL);
	return layout->config ? note_layers(layout, NULL, json_object_get(json, "layers")) : -1;
}

/* docker save's: the configuration has the digests of the layers before compression. */
static int read_docker(struct layout *layout)
{
	const json_t *item = choose(layout, layout->manifest, true);
	const char *name = get_text(item, "Config");

	if (!item || !name)
		return item ? failx("no Config") : -1;
	if (!(layout->config = read_json(layout->root, name, NULL, layout->id)))
		return -1;
	return note_layers(layout, json_object_get(item, "Layers"),
		json_object_get(json_object_get(layout->config, "rootfs"), "diff_ids"));
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
		layout->manifest = read_json(layout->root, "manifest.json", NULL, NULL);
		first = json_array_get(layout->manifest, 0);
		if (!json_object_get(first, "Config") || !json_object_get(first, "Layers"))
			return 0;
		if (read_docker(layout) < 0)
			return -1;
	}
	if (is_for_this_machine(layout->config))
		return 1;
	return failx("an image for %s, and this machine is " ARCHITECTURE,
		get_text(layout->config, "architecture") ?: "another system");
}

void layout_free(struct layout *layout)
{
	free(layout->layers);
	free(layout->tag);
	json_decref(layout->manifest);
	json_decref(layout->config);
	close_fd(&layout->root);
}
