/* list.h: lists of strings, and what is in a folder. */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>

struct pair {
	const char *name, *value;
};

/* What is in the folder DIR, sorted, NULL-terminated, but "." and "..". NULL after fail(). */
char **list_folder(int dir);

/* The same without names that begin with '.'. */
char **store_names(int dir);
void free_list(char ***list);
#define autolist __attribute__((cleanup(free_list)))

/* A list that grows; a NULL at its end. */
struct strings {
	char **list;
	size_t n;
};

int add_string(struct strings *strings, const char *text);

/* Makes LIST (a pointer to the list) longer by one element of SIZE bytes, all zero; one more, all
 * zero, is behind it. Returns the new element, or NULL after fail(). */
void *list_grow(void *list, size_t *n, size_t size);

#endif
