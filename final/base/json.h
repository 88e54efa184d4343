/* json.h: reads JSON that may be hostile: a value of the wrong type counts as missing. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

#include "id.h"

typedef struct json_t json_t;

/* The text KEY of OBJECT; NULL when there is none, or it is "". */
const char *get_text(const json_t *object, const char *key);

/* The strings of the array KEY of OBJECT, NULL-terminated. They are OBJECT's; the list is the
 * caller's, to free. */
char **get_list(const json_t *object, const char *key);

/* Reads the file NAME, as the root folder ROOT shows it. It must have the SHA-256 EXPECTED (NULL:
 * any); DIGEST (or NULL) gets the one it has, and its size is added to BYTES (or NULL). NULL after
 * fail(). */
json_t *read_json(int root, const char *name, const char *expected, char digest[ID_LENGTH + 1],
	size_t *bytes);

/* TEXT (NULL: "") as JSON, which is UTF-8: names and arguments that are not get question marks. */
json_t *json_any(const char *text);

/* LIST (NULL: empty) as JSON, by json_any(). */
json_t *json_list(char **list);

#endif
