/* value.c: reads JSON in which each error counts; messages name the wrong value by its path. */
#define _GNU_SOURCE
#include "value.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "json.h"
#include "list.h"
#include "text.h"

/* Writes the path of VALUE to OUT: "config.json: process.args[1]". */
static void write_path(const struct value *value, FILE *out)
{
	if (!value->up) {
		fputs(value->key, out);
		return;
	}
	write_path(value->up, out);
	if (!value->key)
		fprintf(out, "[%zu]", value->index);
	else
		fprintf(out, "%s%s", value->up->up ? "." : ": ", value->key);
}

int value_bad(const struct value *value, const char *what)
{
	char path[512] = "";
	autofclose FILE *out = fmemopen(path, sizeof(path) - 1, "w");

	if (!out)
		return fail("memory");
	write_path(value, out);
	fflush(out);
	return failx("%s: %s", path, what);
}

struct value value_at(const struct value *object, const char *key)
{
	return (struct value){json_object_get(object->json, key), object, key, 0};
}

/* Gives the MEMBER KEY of OBJECT, of any type. Returns what value_object() does. */
static int get(
	const struct value *object, const char *key, enum required required, struct value *member)
{
	*member = value_at(object, key);
	if (member->json && !json_is_null(member->json))
		return 1;
	return required ? value_bad(member, "missing") : 0;
}

int value_object(
	const struct value *object, const char *key, enum required required, struct value *member)
{
	int found = get(object, key, required, member);

	return found == 1 && !json_is_object(member->json) ? value_bad(member, "not an object")
							   : found;
}

int value_array(
	const struct value *object, const char *key, enum required required, struct value *member)
{
	int found = get(object, key, required, member);

	return found == 1 && !json_is_array(member->json) ? value_bad(member, "not an array")
							  : found;
}

int value_text(
	const struct value *object, const char *key, enum required required, const char **text)
{
	struct value member;
	int found = get(object, key, required, &member);

	if (found == 1 && !json_is_string(member.json))
		return value_bad(&member, "not a string");
	if (found == 1)
		*text = json_string_value(member.json);
	return found;
}

/* Numbers are read as floating-point numbers, because jansson's integers cannot hold 2^64 - 1. */
int value_number(const struct value *object, const char *key, enum required required, int64_t least,
	int64_t most, int64_t *number)
{
	struct value member;
	int found = get(object, key, required, &member);
	char text[96];
	double real;

	if (found != 1)
		return found;
	if (!json_is_number(member.json))
		return value_bad(&member, "not a number");
	real = json_number_value(member.json);
	if (real != floor(real))
		return value_bad(&member, "not a whole number");
	snprintf(text, sizeof(text), "not from %" PRId64 " to %" PRId64, least, most);
	if (real < (double)least || real > (double)most)
		return value_bad(&member, text);
	*number = real >= 0x1p63 ? INT64_MAX : (int64_t)real;
	return 1;
}

int value_bool(const struct value *object, const char *key, bool *truth)
{
	struct value member;
	int found = get(object, key, OPTIONAL, &member);

	if (found == 1 && !json_is_boolean(member.json))
		return value_bad(&member, "not true or false");
	if (found == 1)
		*truth = json_is_true(member.json);
	return found;
}

int value_list(const struct value *object, const char *key, bool paths, char ***list)
{
	struct value array;
	int found = value_array(object, key, OPTIONAL, &array);
	char **texts;

	if (found != 1)
		return found;
	if (!(texts = calloc(value_length(&array) + 1, sizeof(*texts))))
		return fail("memory");
	for (size_t i = 0; i < value_length(&array); i++) {
		struct value item = {json_array_get(array.json, i), &array, NULL, i};

		texts[i] = (char *)json_string_value(item.json);
		if (!texts[i] || (paths && *texts[i] != '/')) {
			value_bad(&item, texts[i] ? "not an absolute path" : "not a string");
			free(texts);
			return -1;
		}
	}
	*list = texts;
	return 1;
}

int value_pairs(const struct value *object, const char *key, struct pair **pairs, size_t *n)
{
	struct value map;
	int found = value_object(object, key, OPTIONAL, &map);
	const char *name;
	json_t *value;

	*n = 0;
	if (found != 1)
		return found;
	if (!(*pairs = calloc(json_object_size(map.json) + 1, sizeof(**pairs))))
		return fail("memory");
	json_object_foreach((json_t *)map.json, name, value)
	{
		struct value member = value_at(&map, name);

		if (!json_is_string(value))
			return value_bad(&member, "not a string");
		(*pairs)[(*n)++] = (struct pair){name, json_string_value(value)};
	}
	return 1;
}

size_t value_length(const struct value *array)
{
	return json_array_size(array->json);
}

int value_item(const struct value *array, size_t i, struct value *item)
{
	*item = (struct value){json_array_get(array->json, i), array, NULL, i};
	return json_is_object(item->json) ? 0 : value_bad(item, "not an object");
}

int value_choice(
	const struct value *object, const char *key, const char *text, const char *const choices[])
{
	struct value member = value_at(object, key);
	autofree char *what = NULL;

	for (int i = 0; choices[i]; i++)
		if (strcmp(choices[i], text) == 0)
			return i;
	what = format_text("\"%s\" is unknown", text);
	return what ? value_bad(&member, what) : -1;
}
