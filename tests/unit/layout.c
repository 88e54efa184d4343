/* layout.c: what image layouts say, which may be hostile: image/layout.c. */
#define _GNU_SOURCE
#include "layout.h"

#include <jansson.h>
#include <sha2.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"
#include "unit.h"

/* 64 digits, as of a layer. */
#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The blob TEXT; returns its descriptor, with MORE after the digest. The caller frees it. */
static char *blob(const char *text, const char *more)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];
	autofree char *name = NULL;

	SHA256Data((const uint8_t *)text, strlen(text), digest);
	name = format_text("blobs/sha256/%s", digest);
	unit_text_file(name, text);
	return format_text("{\"digest\": \"sha256:%s\"%s}", digest, more);
}

/* An image with the CONFIG and the list LAYERS; returns its descriptor. */
static char *image(const char *config, const char *layers, const char *more)
{
	autofree char *descriptor = blob(config, "");
	autofree char *manifest =
		format_text("{\"config\": %s, \"layers\": %s}", descriptor, layers);

	return blob(manifest, more);
}

static void write_index(const char *list)
{
	autofree char *text = format_text("{\"manifests\": %s}", list);

	unit_text_file("oci-layout", "{}");
	unit_text_file("index.json", text);
}

static void expect_error(const char *tag, const char *error)
{
	struct layout layout = {.root = unit_folder(), .tag = tag ? strdup(tag) : NULL};

	EXPECT_ERROR(layout_read(&layout), error);
	layout_free(&layout);
}

/* The image that TAG chooses has the author AUTHOR. */
static void expect_image(const char *tag, const char *author)
{
	struct layout layout = {.root = unit_folder(), .tag = tag ? strdup(tag) : NULL};

	EXPECT_NUMBER(layout_read(&layout), 1);
	EXPECT_TEXT(get_text(layout.config, "author"), author);
	EXPECT_NUMBER(strlen(layout.id), ID_LENGTH);
	layout_free(&layout);
}

TEST(a_folder_that_is_no_layout_is_a_root_filesystem)
{
	static const char *const manifests[] = {
		"{}", "[]", "[1]", "[{\"Config\": \"c\"}]", "[{\"Layers\": []}]", "no JSON", ""};
	struct layout layout = {.root = unit_folder()};

	EXPECT_NUMBER(layout_read(&layout), 0);
	unit_text_file("oci-layout", "{}");
	EXPECT_NUMBER(layout_read(&layout), 0);
	for (size_t i = 0; i < sizeof(manifests) / sizeof(*manifests); i++) {
		unit_case(manifests[i]);
		unit_text_file("manifest.json", manifests[i]);
		EXPECT_NUMBER(layout_read(&layout), 0);
		json_decref(layout.manifest);
		layout.manifest = NULL;
	}
	layout_free(&layout);
}

TEST(an_image_has_its_layers_in_order)
{
	autofree char *one = image("{}",
		"[{\"digest\": \"sha256:" DIGITS "\"}, {\"digest\": \"sha256:" DIGITS "\"}]", "");
	autofree char *list = format_text("[%s]", one);
	struct layout layout = {.root = unit_folder()};

	write_index(list);
	EXPECT_NUMBER(layout_read(&layout), 1);
	EXPECT_NUMBER(layout.n_layers, 2);
	EXPECT_TEXT(layout.layers[1].digest, DIGITS);
	EXPECT_TEXT(layout.layers[0].file, NULL);
	EXPECT_NUMBER(layout.layers[0].staged, -1);
	EXPECT(strncmp(layout.id, one + strlen("{\"digest\": \"sha256:"), ID_LENGTH) == 0);
	layout_free(&layout);
}

TEST(a_digest_is_sha256_and_64_small_digits_and_never_a_path)
{
	static const char *const digests[] = {"null", "1", "[]", "\"\"", "\"sha256:\"",
		"\"" DIGITS "\"", "\"sha512:" DIGITS "\"", "\"SHA256:" DIGITS "\"",
		"\"sha256:" DIGITS "0\"",
		"\"sha256:../../../../../../../../../../../../../etc/passwd/././././././././.\"",
		"\"sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\""};

	for (size_t i = 0; i < sizeof(digests) / sizeof(*digests); i++) {
		autofree char *list = format_text("[{\"digest\": %s}]", digests[i]);
		autofree char *layered = image("{}", list, ""), *other = NULL;

		unit_case(digests[i]);
		write_index(list);
		expect_error(NULL, "an image without a SHA-256 digest");
		other = format_text("[%s]", layered);
		write_index(other);
		expect_error(NULL, "a layer without a file or a SHA-256 digest");
	}
}

TEST(a_blob_that_is_another_one_is_refused)
{
	write_index("[{\"digest\": \"sha256:" DIGITS "\"}]");
	unit_text_file("blobs/sha256/" DIGITS, "{}");
	expect_error(NULL, "blobs/sha256/" DIGITS ": its SHA-256 is not the one expected");
}

TEST(values_of_the_wrong_type_are_as_if_missing_and_crash_nothing)
{
	static const char *const indexes[] = {"1", "null", "{}", "\"text\"", "[]"};
	static const char *const layers[] = {"1", "{}", "\"text\"", "true"};

	for (size_t i = 0; i < sizeof(indexes) / sizeof(*indexes); i++) {
		unit_case(indexes[i]);
		write_index(indexes[i]);
		expect_error(NULL, "no image for linux/" ARCHITECTURE);
	}
	for (size_t i = 0; i < sizeof(layers) / sizeof(*layers); i++) {
		autofree char *one = image("[]", layers[i], ""), *list = format_text("[%s]", one);

		unit_case(layers[i]);
		write_index(list);
		expect_error(NULL, "not an image: no list of layers");
	}
	unit_case(NULL);
	write_index("[1, null, \"text\", []]");
	expect_error(NULL, "an image without a SHA-256 digest");
}

TEST(more_layers_than_an_overlay_takes_are_refused)
{
	static const char layer[] = "{\"digest\": \"sha256:" DIGITS "\"},";
	autofree char *layers = unit_memory(500 * sizeof(layer) + 8);
	autofree char *one = NULL, *list = NULL;

	strcpy(layers, "[");
	for (int i = 0; i < 500; i++)
		strcat(layers, layer);
	layers[strlen(layers) - 1] = ']';
	one = image("{}", layers, "");
	list = format_text("[%s]", one);
	write_index(list);
	expect_error(NULL, "not an image: 500 layers");
}

TEST(a_tag_chooses_an_image_by_the_end_of_its_name)
{
	autofree char *one = image("{\"author\": \"one\"}", "[]",
		", \"annotations\": {\"org.opencontainers.image.ref.name\": \"foo:v1\"}");
	autofree char *two = image("{\"author\": \"two\"}", "[]",
		", \"annotations\": {\"io.containerd.image.name\": \"docker.io/library/foo:v2\"}");
	autofree char *list = format_text("[%s, %s]", one, two);

	write_index(list);
	expect_image("v1", "one");
	expect_image("foo:v1", "one");
	expect_image("v2", "two");
	expect_image("library/foo:v2", "two");
	expect_error("1", "no image 1 for linux/" ARCHITECTURE
			  " (there are: foo:v1, docker.io/library/foo:v2)");
	expect_error("oo:v1", "no image oo:v1 for linux/" ARCHITECTURE
			      " (there are: foo:v1, docker.io/library/foo:v2)");
	expect_error(
		NULL, "several images: FILE:TAG chooses one (foo:v1, docker.io/library/foo:v2)");
}

TEST(names_of_any_length_and_number_are_cut)
{
	char *name = unit_memory(3001);
	autofree char *more = NULL, *one = NULL, *list = NULL;
	struct layout layout = {.root = unit_folder(), .tag = strdup("none")};

	memset(name, 'n', 3000);
	name[3000] = '\0';
	more = format_text(", \"RepoTags\": [\"%s\", 1, null, \"%s\", \"\"]", name, name);
	one = image("{}", "[]", more);
	list = format_text("[%s, %s]", one, one);
	write_index(list);
	EXPECT_NUMBER(layout_read(&layout), -1);
	layout_free(&layout);
	free(name);
}

TEST(an_image_for_another_machine_is_not_taken)
{
	autofree char *other = image("{\"architecture\": \"vax\", \"os\": \"linux\"}", "[]", "");
	autofree char *windows = image("{\"os\": \"windows\"}", "[]", "");
	autofree char *own = image("{\"architecture\": \"" ARCHITECTURE "\", \"author\": \"own\"}",
		"[]", ", \"platform\": {\"architecture\": \"" ARCHITECTURE "\"}");
	autofree char *list = format_text("[%s]", other), *both = NULL, *third = NULL;

	write_index(list);
	expect_error(NULL, "an image for vax, and this machine is " ARCHITECTURE);
	third = format_text("[%s]", windows);
	write_index(third);
	expect_error(NULL, "an image for another system, and this machine is " ARCHITECTURE);
	both = format_text("[%s, %s, %s]", other, windows, own);
	write_index(both);
	expect_image(NULL, "own");
}

TEST(an_index_in_an_index_is_read_and_one_that_goes_on_is_refused)
{
	char *inner = image("{\"author\": \"inner\"}", "[]", "");

	for (int depth = 0; depth < 6; depth++) {
		autofree char *list = format_text("[%s]", inner);
		autofree char *index = format_text("{\"manifests\": %s}", list);

		unit_case(&"0\0001\0002\0003\0004\0005"[2 * depth]);
		write_index(list);
		if (depth <= 4)
			expect_image(NULL, "inner");
		else
			expect_error(NULL, "an index in an index, too often");
		free(inner);
		inner = blob(index, "");
	}
	free(inner);
}

TEST(more_than_8_MiB_of_configurations_are_given_up)
{
	enum { SIZE = 3 << 20 };
	char *config = unit_memory(SIZE + 1);
	autofree char *one = NULL, *list = NULL;

	memset(config, ' ', SIZE);
	config[SIZE] = '\0';
	memcpy(config, "{\"os\": \"vms\"}", 13);
	one = image(config, "[]", "");
	list = format_text("[%s,%s,%s,%s]", one, one, one, one);
	free(config);
	write_index(list);
	expect_error(NULL, "more than 1000 manifests and configurations, or 8 MiB of them, "
			   "before its image is found");
}

TEST(docker_save_has_its_layers_in_files_with_digests_of_the_configuration)
{
	struct layout layout = {.root = unit_folder()};

	unit_text_file("manifest.json", "[{\"Config\": \"c.json\", \"RepoTags\": [\"foo:v1\"],"
					"\"Layers\": [\"a/layer.tar\"]}]");
	unit_text_file("c.json", "{\"rootfs\": {\"diff_ids\": [\"sha256:" DIGITS "\"]}}");
	EXPECT_NUMBER(layout_read(&layout), 1);
	EXPECT_NUMBER(layout.n_layers, 1);
	EXPECT_TEXT(layout.layers[0].file, "a/layer.tar");
	EXPECT_TEXT(layout.layers[0].digest, DIGITS);
	layout_free(&layout);
	expect_error("v2", "no image v2 for linux/" ARCHITECTURE " (there are: foo:v1)");
}

TEST(docker_save_that_contradicts_itself_is_refused)
{
	static const struct {
		const char *layers, *config, *error;
	} cases[] = {{"[]", "{\"rootfs\": {\"diff_ids\": [\"sha256:" DIGITS "\"]}}",
			     "not an image: 1 layers"},
		{"[\"a\"]", "{}", "not an image: 0 layers"},
		{"[1]", "{\"rootfs\": {\"diff_ids\": [\"sha256:" DIGITS "\"]}}",
			"a layer without a file or a SHA-256 digest"},
		{"[\"a\"]", "{\"rootfs\": {\"diff_ids\": [\"sha256:x\"]}}",
			"a layer without a file or a SHA-256 digest"},
		{"{}", "{}", "not an image: no list of layers"},
		{"[\"a\"]", "{\"rootfs\": 1}", "not an image: 0 layers"},
		{"[]", "", "c.json: line 1: '[' or '{' expected near end of file"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autofree char *manifest =
			format_text("[{\"Config\": \"c.json\", \"Layers\": %s}]", cases[i].layers);

		unit_case(cases[i].layers);
		unit_text_file("manifest.json", manifest);
		unit_text_file("c.json", cases[i].config);
		expect_error(NULL, cases[i].error);
	}
	unit_case(NULL);
	unit_text_file("manifest.json", "[{\"Config\": \"../../../etc/passwd\", \"Layers\": []}]");
	expect_error(NULL, "../../../etc/passwd: No such file or directory");
	unit_text_file("manifest.json", "[{\"Config\": 1, \"Layers\": []}]");
	expect_error(NULL, "no Config");
}
