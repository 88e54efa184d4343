/* list.c: lists of strings, lists that grow, and the names in a folder. */
#define _GNU_SOURCE
#include "list.h"

#include <dirent.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"

void *list_grow(void *list, size_t *n, size_t size)
{
	void **pointer = list;
	char *grown = reallocarray(*pointer, *n + 2, size);

	if (!grown) {
		fail("memory");
		return NULL;
	}
	*pointer = grown;
	memset(grown + *n * size, 0, 2 * size); /* a NULL ends lists of strings */
	return grown + (*n)++ * size;
}

int add_string(struct strings *strings, const char *text)
{
	char **place = list_grow(&strings->list, &strings->n, sizeof(*strings->list));

	if (!place)
		return -1;
	*place = strdup(text);
	return *place ? 0 : fail("memory");
}

void free_list(char ***list)
{
	for (char **item = *list; item && *item; item++)
		free(*item);
	free(steal_pointer(list));
}

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static char **list(int dir, int (*filter)(const struct dirent *))
{
	struct dirent **entries = NULL;
	int n = scandirat(dir, ".", &entries, filter, alphasort);
	char **names = n < 0 ? NULL : calloc(n + 1, sizeof(*names));

	for (int i = 0; i < n; i++) {
		if (names && !(names[i] = strdup(entries[i]->d_name)))
			free_list(&names);
		free(entries[i]);
	}
	free(entries);
	if (!names)
		fail("list a folder");
	return names;
}

char **list_folder(int dir)
{
	return list(dir, is_entry);
}

char **list_visible(int dir)
{
	return list(dir, is_visible);
}
