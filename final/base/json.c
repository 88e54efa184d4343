/* json.c: reads JSON that may be hostile, where a value of the wrong type counts as missing. */
#define _GNU_SOURCE
#include "json.h"

#include <fcntl.h>
#include <jansson.h>
#include <sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "path.h"

enum { JSON_LIMIT = 4 << 20, MEMORY_LIMIT = 40 << 20 };

/* Whether TEXT would take too much memory: an empty object is 3 bytes of text, and 300 bytes of
 * memory. Several files of an image are in memory at the same time. */
static bool takes_much(const char *text)
{
	size_t bytes = 0;

	for (; (text = strpbrk(text, "[{,")); text++)
		bytes += *text == ',' ? 100 : 300;
	return bytes > MEMORY_LIMIT;
}

const char *get_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && *text ? text : NULL;
}

char **get_list(const json_t *object, const char *key)
{
	const json_t *array = json_object_get(object, key), *item;
	char **list = calloc(json_array_size(array) + 1, sizeof(*list));
	size_t i, n = 0;

	json_array_foreach(array, i, item) if (list && json_is_string(item)) list[n++] =
		(char *)json_string_value(item);
	return list;
}

json_t *read_json(
	int root, const char *name, const char *expected, char digest[ID_LENGTH + 1], size_t *bytes)
{
	autoclose int fd = open_in_root(root, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	autofree char *text = read_file(fd, name, JSON_LIMIT);
	char own[SHA256_DIGEST_STRING_LENGTH];
	json_error_t error;
	json_t *json;

	if (!text)
		return NULL;
	/* What is behind a NUL would neither be read nor count for the digest. */
	if (lseek(fd, 0, SEEK_CUR) != (off_t)strlen(text)) {
		failx("%s: not JSON: it has a NUL byte", name);
		return NULL;
	}
	SHA256Data((const uint8_t *)text, strlen(text), own);
	if (digest)
		strcpy(digest, own);
	if (bytes)
		*bytes += strlen(text);
	if (expected && strcmp(own, expected) != 0)
		failx("%s: its SHA-256 is not the one expected", name);
	else if (takes_much(text))
		failx("%s: it takes more than %d MiB of memory", name, MEMORY_LIMIT >> 20);
	else if ((json = json_loads(text, JSON_REJECT_DUPLICATES, &error)))
		return json;
	else
		failx("%s: line %d: %s", name, error.line, error.text);
	return NULL;
}

json_t *json_any(const char *text)
{
	autofree char *copy = strdup(text ? text : "");
	json_t *json = copy ? json_string(copy) : NULL;

	for (char *c = copy; !json && c && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return json ?: json_string(copy ? copy : "");
}

json_t *json_list(char **list)
{
	json_t *json = json_array();

	for (; list && *list; list++)
		json_array_append_new(json, json_any(*list));
	return json;
}
