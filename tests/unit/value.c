/* value.c: JSON that has to be right, and the paths of what is wrong: base/value.c. */
#define _GNU_SOURCE
#include "value.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "unit.h"

/* TEXT as a document "config.json"; the caller releases its json. */
static struct value document(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	EXPECT(json != NULL);
	return (struct value){json, NULL, "config.json", 0};
}

TEST(an_error_names_the_path_of_what_is_wrong)
{
	struct value all = document("{\"a\": {\"b\": [{}, {\"c\": 1}]}}");
	struct value a, b, item;
	const char *text;

	EXPECT_ERROR(value_bad(&all, "damaged"), "config.json: damaged");
	EXPECT_NUMBER(value_object(&all, "a", REQUIRED, &a), 1);
	EXPECT_ERROR(value_bad(&a, "bad"), "config.json: a: bad");
	EXPECT_NUMBER(value_array(&a, "b", REQUIRED, &b), 1);
	EXPECT_NUMBER(value_length(&b), 2);
	EXPECT_NUMBER(value_item(&b, 1, &item), 0);
	EXPECT_ERROR(
		value_text(&item, "c", REQUIRED, &text), "config.json: a.b[1].c: not a string");
	EXPECT_ERROR(value_text(&item, "d", REQUIRED, &text), "config.json: a.b[1].d: missing");
	EXPECT_ERROR(value_item(&b, 2, &item), "config.json: a.b[2]: not an object");
	json_decref((json_t *)all.json);
}

TEST(a_long_path_is_cut_and_the_error_is_still_noted)
{
	char key[2001];
	struct value all = document("{}"), one, two;

	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	one = value_at(&all, key);
	two = value_at(&one, key);
	EXPECT_NUMBER(value_bad(&two, "bad"), -1);
	EXPECT(strncmp(failure(), "config.json: kkkk", 17) == 0);
	EXPECT(strlen(failure()) < 1024);
	EXPECT(strcmp(failure() + strlen(failure()) - 5, ": bad") == 0);
	json_decref((json_t *)all.json);
}

TEST(names_that_command_a_terminal_do_not_reach_it)
{
	struct value all = document("{\"a\\u001b[2J\": 1}"), member;

	EXPECT_ERROR(value_object(&all, "a\033[2J", OPTIONAL, &member),
		"config.json: a?[2J: not an object");
	json_decref((json_t *)all.json);
}

TEST(what_is_missing_is_an_error_only_where_it_is_required)
{
	struct value all = document("{\"null\": null}"), member;
	static const char *const keys[] = {"", "none", "null"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *text = "before";
		int64_t number = -7;
		bool truth = true;

		unit_case(keys[i]);
		EXPECT_NUMBER(value_object(&all, keys[i], OPTIONAL, &member), 0);
		EXPECT_NUMBER(value_array(&all, keys[i], OPTIONAL, &member), 0);
		EXPECT_NUMBER(value_text(&all, keys[i], OPTIONAL, &text), 0);
		EXPECT_TEXT(text, "before");
		EXPECT_NUMBER(value_number(&all, keys[i], OPTIONAL, 0, 9, &number), 0);
		EXPECT_NUMBER(number, -7);
		EXPECT_NUMBER(value_bool(&all, keys[i], &truth), 0);
		EXPECT(truth);
		EXPECT_NUMBER(value_object(&all, keys[i], REQUIRED, &member), -1);
		EXPECT_NUMBER(value_array(&all, keys[i], REQUIRED, &member), -1);
		EXPECT_NUMBER(value_text(&all, keys[i], REQUIRED, &text), -1);
		EXPECT_NUMBER(value_number(&all, keys[i], REQUIRED, 0, 9, &number), -1);
	}
	unit_case(NULL);
	EXPECT_ERROR(value_text(&all, "null", REQUIRED, &(const char *){0}),
		"config.json: null: missing");
	json_decref((json_t *)all.json);
}

TEST(a_value_of_another_type_is_an_error_that_says_which_it_is_not)
{
	struct value all = document("{\"o\": {}, \"a\": [], \"s\": \"\", \"n\": 1, \"b\": true}");
	struct value member;
	struct pair *pairs;
	const char *text;
	int64_t number;
	char **list;
	size_t n;
	bool truth;

	for (const char *key = "a\0s\0n\0b\0"; *key; key += 2)
		EXPECT_NUMBER(value_object(&all, key, OPTIONAL, &member), -1);
	for (const char *key = "o\0s\0n\0b\0"; *key; key += 2)
		EXPECT_NUMBER(value_array(&all, key, OPTIONAL, &member), -1);
	for (const char *key = "o\0a\0n\0b\0"; *key; key += 2)
		EXPECT_NUMBER(value_text(&all, key, OPTIONAL, &text), -1);
	for (const char *key = "o\0a\0s\0b\0"; *key; key += 2)
		EXPECT_NUMBER(value_number(&all, key, OPTIONAL, 0, 9, &number), -1);
	for (const char *key = "o\0a\0s\0n\0"; *key; key += 2)
		EXPECT_NUMBER(value_bool(&all, key, &truth), -1);
	for (const char *key = "o\0s\0n\0b\0"; *key; key += 2)
		EXPECT_NUMBER(value_list(&all, key, false, &list), -1);
	for (const char *key = "a\0s\0n\0b\0"; *key; key += 2)
		EXPECT_NUMBER(value_pairs(&all, key, &pairs, &n), -1);
	EXPECT_ERROR(value_object(&all, "a", OPTIONAL, &member), "config.json: a: not an object");
	EXPECT_ERROR(value_array(&all, "o", OPTIONAL, &member), "config.json: o: not an array");
	EXPECT_ERROR(value_text(&all, "n", OPTIONAL, &text), "config.json: n: not a string");
	EXPECT_ERROR(
		value_number(&all, "s", OPTIONAL, 0, 9, &number), "config.json: s: not a number");
	EXPECT_ERROR(value_bool(&all, "n", &truth), "config.json: n: not true or false");
	json_decref((json_t *)all.json);
}

TEST(what_is_no_object_has_no_members)
{
	static const char *const texts[] = {"[]", "1", "\"text\"", "true", "null"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct value all = document(texts[i]), member;

		unit_case(texts[i]);
		EXPECT_NUMBER(value_object(&all, "a", OPTIONAL, &member), 0);
		EXPECT_ERROR(value_object(&all, "a", REQUIRED, &member), "config.json: a: missing");
		EXPECT_NUMBER(value_length(&all), 0);
		json_decref((json_t *)all.json);
	}
}

TEST(a_number_is_whole_and_in_its_range_however_it_is_written)
{
	static const struct {
		const char *text;
		int64_t least, most;
		const char *error; /* NULL: none */
		int64_t number;
	} numbers[] = {{"{\"n\": 0}", 0, 9, NULL, 0}, {"{\"n\": -0}", 0, 9, NULL, 0},
		{"{\"n\": -0.0}", 0, 9, NULL, 0}, {"{\"n\": 5.0}", 0, 9, NULL, 5},
		{"{\"n\": 1e3}", 0, 4095, NULL, 1000}, {"{\"n\": 9}", 0, 9, NULL, 9},
		{"{\"n\": 10}", 0, 9, "not from 0 to 9", 0},
		{"{\"n\": -1}", 0, 9, "not from 0 to 9", 0},
		{"{\"n\": 1.5}", 0, 9, "not a whole number", 0},
		{"{\"n\": 1e-300}", 0, 9, "not a whole number", 0},
		{"{\"n\": 1e308}", 0, 9, "not from 0 to 9", 0},
		{"{\"n\": -1e308}", -1, 9, "not from -1 to 9", 0},
		{"{\"n\": 4294967295}", 0, UINT32_MAX, NULL, UINT32_MAX},
		{"{\"n\": 4294967297}", 0, UINT32_MAX, "not from 0 to 4294967295", 0},
		{"{\"n\": 9223372036854775807}", 0, INT64_MAX, NULL, INT64_MAX},
		{"{\"n\": 1e19}", 0, INT64_MAX, "not from 0 to 9223372036854775807", 0},
		{"{\"n\": -9223372036854775808}", INT64_MIN, 0, NULL, INT64_MIN}};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct value all = document(numbers[i].text);
		int64_t number = -7;
		int found = value_number(
			&all, "n", REQUIRED, numbers[i].least, numbers[i].most, &number);

		unit_case(numbers[i].text);
		EXPECT_NUMBER(found, numbers[i].error ? -1 : 1);
		EXPECT_NUMBER(number, numbers[i].error ? -7 : numbers[i].number);
		if (numbers[i].error)
			EXPECT_TEXT(failure() + strlen("config.json: n: "), numbers[i].error);
		json_decref((json_t *)all.json);
	}
}

TEST(true_and_false_are_read)
{
	struct value all = document("{\"yes\": true, \"no\": false}");
	bool truth = false;

	EXPECT_NUMBER(value_bool(&all, "yes", &truth), 1);
	EXPECT(truth);
	EXPECT_NUMBER(value_bool(&all, "no", &truth), 1);
	EXPECT(!truth);
	json_decref((json_t *)all.json);
}

TEST(a_list_has_strings_alone_and_where_they_are_paths_absolute_ones)
{
	struct value all = document("{\"empty\": [], \"paths\": [\"/a\", \"/\"],"
				    "\"words\": [\"\", \"a\"], \"mixed\": [\"/a\", null]}");
	autofree char **list = NULL;

	EXPECT_NUMBER(value_list(&all, "none", true, &list), 0);
	EXPECT(list == NULL);
	EXPECT_NUMBER(value_list(&all, "empty", true, &list), 1);
	EXPECT_TEXT(list[0], NULL);
	free(list);
	list = NULL;
	EXPECT_NUMBER(value_list(&all, "paths", true, &list), 1);
	EXPECT_TEXT(list[0], "/a");
	EXPECT_TEXT(list[1], "/");
	EXPECT_TEXT(list[2], NULL);
	EXPECT_ERROR(value_list(&all, "words", true, &(char **){0}),
		"config.json: words[0]: not an absolute path");
	EXPECT_ERROR(value_list(&all, "mixed", false, &(char **){0}),
		"config.json: mixed[1]: not a string");
	json_decref((json_t *)all.json);
}

TEST(pairs_have_strings_as_values_and_any_names)
{
	struct value all =
		document("{\"p\": {\"\": \"empty\", \"a:b=c\": \"\"}, \"q\": {\"x\": 1}}");
	autofree struct pair *pairs = NULL;
	struct pair *wrong = NULL;
	size_t n = 7;

	EXPECT_NUMBER(value_pairs(&all, "none", &pairs, &n), 0);
	EXPECT_NUMBER(n, 0);
	EXPECT_NUMBER(value_pairs(&all, "p", &pairs, &n), 1);
	EXPECT_NUMBER(n, 2);
	for (size_t i = 0; i < n; i++)
		EXPECT_TEXT(pairs[i].value, *pairs[i].name ? "" : "empty");
	EXPECT_ERROR(value_pairs(&all, "q", &wrong, &n), "config.json: q.x: not a string");
	free(wrong);
	json_decref((json_t *)all.json);
}

TEST(a_choice_is_one_of_its_names_exactly)
{
	static const char *const names[] = {"one", "two", NULL};
	struct value all = document("{}");

	EXPECT_NUMBER(value_choice(&all, "k", "one", names), 0);
	EXPECT_NUMBER(value_choice(&all, "k", "two", names), 1);
	EXPECT_ERROR(value_choice(&all, "k", "ONE", names), "config.json: k: \"ONE\" is unknown");
	EXPECT_ERROR(value_choice(&all, "k", "on", names), "config.json: k: \"on\" is unknown");
	EXPECT_ERROR(value_choice(&all, "k", "", names), "config.json: k: \"\" is unknown");
	json_decref((json_t *)all.json);
}
