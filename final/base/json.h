/* json.h: reads JSON that may be hostile, where a value of the wrong type counts as missing. Makes
 * JSON of any text. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

#include "id.h"

typedef struct json_t json_t;

/* Returns the string that OBJECT has as its member KEY; it belongs to OBJECT. NULL if the member is
 * missing, is not a string, or is "". */
const char *get_text(const json_t *object, const char *key);

/* Returns the strings of the array that OBJECT has as its member KEY, NULL-terminated; an empty
 * list if there is no such array. The strings belong to OBJECT; the caller frees the list. NULL,
 * without fail(), if memory is short. */
char **get_list(const json_t *object, const char *key);

/* Reads the file NAME of at most 4 MiB, found as in a container whose root folder is ROOT (see
 * open_in_root()). Its SHA-256 must be EXPECTED, unless that is NULL. DIGEST (or NULL) gets the
 * SHA-256 in hexadecimal digits, and the size in bytes is added to BYTES (or NULL). The caller
 * releases the result with json_decref(). NULL after fail(). */
json_t *read_json(int root, const char *name, const char *expected, char digest[ID_LENGTH + 1],
	size_t *bytes);

/* Makes a JSON string of TEXT (NULL: ""). JSON is UTF-8: if TEXT is not, each byte of it that is
 * not ASCII becomes a question mark. NULL if memory is short. */
json_t *json_any(const char *text);

/* Makes a JSON array of the strings of LIST (NULL: empty), each as json_any() does. */
json_t *json_list(char **list);

#endif
