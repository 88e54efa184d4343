/* json.c: reads JSON that may be hostile: base/json.c. */
#define _GNU_SOURCE
#include "json.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "unit.h"

/* Of "{}". */
#define DIGEST "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

static json_t *read_text(const char *text, size_t size)
{
	autoclose int root = unit_folder();

	unit_file("file", text, size);
	return read_json(root, "file", NULL, NULL, NULL);
}

static void expect_refused(const char *text, size_t size, const char *error)
{
	json_auto_t *json = read_text(text, size);

	unit_case(size < 80 ? text : NULL);
	EXPECT(!json);
	if (!json)
		EXPECT_TEXT(failure(), error);
}

TEST(a_file_is_read_with_its_digest_and_its_size)
{
	autoclose int root = unit_folder();
	char digest[ID_LENGTH + 1] = "";
	size_t bytes = 5;
	json_t *json;

	unit_text_file("a/b", "{}");
	json = read_json(root, "a/b", DIGEST, digest, &bytes);
	EXPECT(json_is_object(json));
	EXPECT_TEXT(digest, DIGEST);
	EXPECT_NUMBER(bytes, 7);
	json_decref(json);
}

TEST(a_file_with_a_NUL_byte_is_refused_also_where_what_is_before_it_has_the_digest)
{
	static const char *const files[] = {"{}\0x", "\0{} ", "{}\0\0", "{\0} "};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		autoclose int root = unit_folder();

		unit_file("file", files[i], 4);
		EXPECT(!read_json(root, "file", i == 0 ? DIGEST : NULL, NULL, NULL));
		EXPECT_TEXT(failure(), "file: not JSON: it has a NUL byte");
	}
}

TEST(a_file_with_another_digest_is_refused)
{
	autoclose int root = unit_folder();

	unit_text_file("file", "{ }");
	EXPECT(!read_json(root, "file", DIGEST, NULL, NULL));
	EXPECT_TEXT(failure(), "file: its SHA-256 is not the one expected");
}

TEST(what_is_no_file_is_an_error_and_no_wait)
{
	autoclose int root = unit_folder();

	EXPECT(!read_json(root, "none", NULL, NULL, NULL));
	EXPECT_TEXT(failure(), "none: No such file or directory");
	EXPECT(mkdir("folder", 0755) == 0);
	EXPECT(!read_json(root, "folder", NULL, NULL, NULL));
	EXPECT(mkfifo("fifo", 0644) == 0);
	EXPECT(!read_json(root, "fifo", NULL, NULL, NULL));
	EXPECT(symlink("../../../../../../etc/passwd", "link") == 0);
	EXPECT(!read_json(root, "link", NULL, NULL, NULL));
	EXPECT_TEXT(failure(), "link: No such file or directory");
}

TEST(what_is_no_JSON_is_an_error_that_names_the_line)
{
	static const char *const texts[] = {"", " ", "{", "[1,]", "{\"a\": 1e999}",
		"{\"a\": 99999999999999999999}", "{\"a\": 01}", "{\"a\": NaN}", "{\"a\": 0x1}",
		"{\"a\": 1, \"a\": 2}", "{\"a\": \"\\u0000\"}", "{\"\\u0000\": 1}",
		"{\"a\": \"\\ud800\"}", "{\"a\": \"\xff\"}", "{\"a\": \"\xc0\xaf\"}",
		"{\"a\": \"\xed\xa0\x80\"}", "{\"a\": \"\n\"}", "{} {}", "{'a': 1}", "text"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_auto_t *json = read_text(texts[i], strlen(texts[i]));

		unit_case(texts[i]);
		EXPECT(!json);
		if (!json)
			EXPECT(strncmp(failure(), "file: line ", 11) == 0);
	}
	expect_refused("{\n\n  1}", 7, "file: line 3: string or '}' expected near '1'");
}

TEST(deep_JSON_is_an_error_and_no_crash)
{
	enum { DEPTH = 100000 };
	static char text[2 * DEPTH + 1];
	static const char object[] = "{\"a\":";

	memset(text, '[', DEPTH);
	memset(text + DEPTH, ']', DEPTH);
	expect_refused(text, 2 * DEPTH, "file: line 1: maximum parsing depth reached near '['");
	for (size_t i = 0; i + strlen(object) < sizeof(text); i += strlen(object))
		memcpy(text + i, object, strlen(object));
	expect_refused(text, 2 * DEPTH, "file: line 1: maximum parsing depth reached near '{'");
}

TEST(JSON_that_would_take_much_memory_is_refused)
{
	enum { SIZE = 3 << 20 };
	autofree char *text = unit_memory(SIZE);

	for (size_t i = 0; i < SIZE; i++)
		text[i] = "{},"[i % 3];
	text[0] = '[';
	expect_refused(text, SIZE, "file: it takes more than 40 MiB of memory");
	memset(text, ',', SIZE);
	expect_refused(text, SIZE, "file: it takes more than 40 MiB of memory");
}

TEST(a_file_that_is_too_long_is_refused)
{
	enum { SIZE = (4 << 20) + 1 };
	autofree char *text = unit_memory(SIZE);

	memset(text, ' ', SIZE);
	expect_refused(text, SIZE, "file: File too large");
}

TEST(a_text_or_list_of_another_type_counts_as_missing)
{
	json_auto_t *json = json_loads("{\"t\": \"text\", \"e\": \"\", \"n\": 1, \"x\": null,"
				       "\"o\": {}, \"l\": [\"a\", 1, null, \"\", \"b\"]}",
		0, NULL);
	autofree char **list = get_list(json, "l");

	EXPECT_TEXT(get_text(json, "t"), "text");
	for (const char *key = "e\0n\0x\0o\0l\0q\0"; *key; key += 2)
		EXPECT_TEXT(get_text(json, key), NULL);
	EXPECT_TEXT(get_text(NULL, "t"), NULL);
	EXPECT_TEXT(list[0], "a");
	EXPECT_TEXT(list[1], "");
	EXPECT_TEXT(list[2], "b");
	EXPECT_TEXT(list[3], NULL);
	for (const char *key = "t\0n\0x\0o\0q\0"; *key; key += 2) {
		autofree char **none = get_list(json, key);

		EXPECT(none != NULL);
		EXPECT_TEXT(none[0], NULL);
	}
}

TEST(any_text_becomes_JSON_with_question_marks_for_what_is_no_UTF_8)
{
	static const struct {
		const char *text, *json;
	} texts[] = {{NULL, ""}, {"", ""}, {"h\xc3\xa9", "h\xc3\xa9"}, {"a\xff", "a?"},
		{"\xc0\xaf\xc3\xa9", "????"}, {"\xe0\x80\x9b", "???"}, {"\xed\xa0\x80x", "???x"}};
	char *list[] = {(char *)"a", (char *)"\xff", NULL};
	json_auto_t *all = json_list(list), *none = json_list(NULL);

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_auto_t *json = json_any(texts[i].text);

		unit_case(texts[i].text);
		EXPECT_TEXT(json_string_value(json), texts[i].json);
	}
	EXPECT_NUMBER(json_array_size(all), 2);
	EXPECT_TEXT(json_string_value(json_array_get(all, 1)), "?");
	EXPECT(json_is_array(none) && json_array_size(none) == 0);
}
