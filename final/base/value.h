/* value.h: JSON that has to be right: errors name what is wrong by its path. */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "list.h"

/* A place in a document. */
struct value {
	const json_t *json;
	const struct value *up; /* NULL: the whole, and key is the document's name */
	const char *key; /* NULL: item number index of an array */
	size_t index;
};

/* Notes "config.json: process.args[1]: WHAT". Returns -1. */
int value_bad(const struct value *value, const char *what);

/* Reads KEY of OBJECT, where null is as if it were not there. They return 1, or 0 if there is none,
 * which is an error if it is REQUIRED, or -1 after fail(). */
enum required { OPTIONAL, REQUIRED };
int value_object(const struct value *object, const char *key, enum required, struct value *member);
int value_array(const struct value *object, const char *key, enum required, struct value *member);
int value_text(const struct value *object, const char *key, enum required, const char **text);
int value_number(const struct value *object, const char *key, enum required, int64_t least,
	int64_t most, int64_t *number);
int value_bool(const struct value *object, const char *key, bool *truth);

/* An array of strings, NULL-terminated; with PATHS they must be absolute. */
int value_list(const struct value *object, const char *key, bool paths, char ***list);

/* The object KEY, all of whose members must be strings. */
int value_pairs(const struct value *object, const char *key, struct pair **pairs, size_t *n);

/* The number of items, and item I, which must be an object. */
size_t value_length(const struct value *array);
int value_item(const struct value *array, size_t i, struct value *item);

/* The same, for the member KEY that is known to be there. */
struct value value_at(const struct value *object, const char *key);

/* The index of TEXT in NAMES, NULL-terminated; or -1 after fail(), for the member KEY of OBJECT. */
int value_choice(
	const struct value *object, const char *key, const char *text, const char *const names[]);

#endif
