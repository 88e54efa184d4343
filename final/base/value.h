/* value.h: reads JSON in which each error counts; messages name the wrong value by its path. */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "list.h"

/* A value, and the place in the document where it is, or is missing. It owns nothing. */
struct value {
	const json_t *json; /* NULL: missing */
	const struct value *up; /* the object or array that it is in; NULL: the whole document */
	const char *key; /* its key in the object; of a document, its name; NULL: in an array */
	size_t index; /* its place in the array */
};

/* Notes an error that names the path of VALUE and says WHAT is wrong: "config.json:
 * process.args[1]: WHAT". Returns -1. */
int value_bad(const struct value *value, const char *what);

/* Read the member KEY of OBJECT, which must have the type that the function's name says, and set
 * the target of the last argument to it. They return 1; 0 if the member is missing or null and not
 * REQUIRED; or -1 after fail(). If they do not return 1, the target is unchanged, except that
 * MEMBER is the place where the member would be. A MEMBER and a TEXT are valid only as long as
 * OBJECT is. A number must be a whole one from LEAST to MOST. */
enum required { OPTIONAL, REQUIRED };
int value_object(const struct value *object, const char *key, enum required, struct value *member);
int value_array(const struct value *object, const char *key, enum required, struct value *member);
int value_text(const struct value *object, const char *key, enum required, const char **text);
int value_number(const struct value *object, const char *key, enum required, int64_t least,
	int64_t most, int64_t *number);
int value_bool(const struct value *object, const char *key, bool *truth);

/* Sets *LIST to the strings of the member KEY, an array, NULL-terminated. The caller frees the
 * list; the strings belong to OBJECT. With PATHS, each string must be an absolute path. Returns 1;
 * 0 if the member is missing; or -1 after fail(). */
int value_list(const struct value *object, const char *key, bool paths, char ***list);

/* Sets *PAIRS to an array of the *N names and values of the member KEY, an object whose members are
 * all strings. The caller frees the array; the strings belong to OBJECT. Returns 1; 0, with *N set
 * to 0, if the member is missing; or -1 after fail(). */
int value_pairs(const struct value *object, const char *key, struct pair **pairs, size_t *n);

/* value_length() returns the number of items of ARRAY. value_item() sets *ITEM to item number I
 * (from 0), which must be an object; it returns 0, or -1 after fail(). */
size_t value_length(const struct value *array);
int value_item(const struct value *array, size_t i, struct value *item);

/* Returns the member KEY of OBJECT, of any type. Its json is NULL if the member is missing. */
struct value value_at(const struct value *object, const char *key);

/* Returns the index of TEXT in NAMES, which is NULL-terminated. If TEXT is not there, fails with a
 * message for the member KEY of OBJECT, and returns -1. */
int value_choice(
	const struct value *object, const char *key, const char *text, const char *const names[]);

#endif
