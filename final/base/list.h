/* list.h: lists of strings, lists that grow, and the names in a folder. */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>

/* A name and its value, such as those of a sysctl. */
struct pair {
	const char *name, *value;
};

/* Returns the names in the folder DIR, a descriptor, except "." and "..", sorted and
 * NULL-terminated. The caller frees them by free_list(). NULL after fail(). */
char **list_folder(int dir);

/* Does what list_folder() does, but leaves out all names that begin with '.'. */
char **list_visible(int dir);

/* Frees the NULL-terminated list *LIST and its strings, and sets *LIST to NULL. *LIST may be NULL
 * before. */
void free_list(char ***list);
#define autolist __attribute__((cleanup(free_list)))

/* A list of N strings that grows. LIST is NULL as long as it is empty; then a NULL follows the last
 * string. */
struct strings {
	char **list;
	size_t n;
};

/* Adds a copy of TEXT, which STRINGS owns. Returns 0, or -1 after fail(). */
int add_string(struct strings *strings, const char *text);

/* Adds one element of SIZE bytes, all zero, to the array of *N elements to which LIST points: LIST
 * is a pointer to the array's pointer. Another element that is all zero follows the last one, but
 * is not counted. Returns the new element, which the next call may move, or NULL after fail(). */
void *list_grow(void *list, size_t *n, size_t size);

#endif
