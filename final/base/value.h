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

/* Notes an error: the path of VALUE, and WHAT, as in "config.json: process.args[1]: WHAT". Returns
 * -1. */
int value_bad(const struct value *value, const char *what);

/* Read the member KEY of OBJECT, which must have the type that the function's name says. They
 * return 1; or 0, and leave the last argument's target as it was (only MEMBER is set to the place),
 * if the member is missing or null, unless it is REQUIRED; or -1 after fail(). A MEMBER and a TEXT
 * are only valid as long as OBJECT. A number must be a whole one from LEAST to MOST. */
enum required { OPTIONAL, REQUIRED };
int value_object(const struct value *object, const char *key, enum required, struct value *member);
int value_array(const struct value *object, const char *key, enum required, struct value *member);
int value_text(const struct value *object, const char *key, enum required, const char **text);
int value_number(const struct value *object, const char *key, enum required, int64_t least,
	int64_t most, int64_t *number);
int value_bool(const struct value *object, const char *key, bool *truth);

/* Reads the member KEY, an array of strings, into a NULL-terminated LIST, which the caller frees;
 * the strings are OBJECT's. If they are to be PATHS, each must be absolute. Returns 1; 0 if the
 * member is missing; or -1 after fail(). */
int value_list(const struct value *object, const char *key, bool paths, char ***list);

/* Reads the member KEY, an object whose members are all strings, into an array of N PAIRS, which
 * the caller frees; the strings are OBJECT's. Returns 1; 0, with an N of 0, if the member is
 * missing; or -1 after fail(). */
int value_pairs(const struct value *object, const char *key, struct pair **pairs, size_t *n);

/* value_length() returns the number of items of ARRAY. value_item() gives ITEM number I, which must
 * be an object; it returns 0, or -1 after fail(). */
size_t value_length(const struct value *array);
int value_item(const struct value *array, size_t i, struct value *item);

/* The member KEY of OBJECT, of any type; its json is NULL if it is missing. */
struct value value_at(const struct value *object, const char *key);

/* Returns the index of TEXT in NAMES, which is NULL-terminated. If TEXT is not there, fails with a
 * message for the member KEY of OBJECT, and returns -1. */
int value_choice(
	const struct value *object, const char *key, const char *text, const char *const names[]);

#endif
