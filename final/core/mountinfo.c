/* mountinfo.c: reads lines of /proc/self/mountinfo. */
#define _GNU_SOURCE
#include "mountinfo.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Ends the first word of *REST, and returns it; *REST becomes the text behind the blank that
 * follows the word. Returns NULL if there is no blank, or no word before it. */
static char *next_word(char **rest)
{
	char *word = strsep(rest, " ");

	return *rest && *word ? word : NULL;
}

/* "ID PARENT MAJOR:MINOR ROOT TARGET OPTIONS [FIELDS...] - TYPE SOURCE OPTIONS". The kernel writes
 * blanks within the words as \040; only SOURCE may be empty, and the last options may
 * have blanks. */
bool mountinfo_read(char *line, struct mountinfo *mount)
{
	char *rest, *root, *target, *type;
	int start = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNd64 " %" SCNd64 " %u:%u %n", &mount->id, &mount->parent,
		    &mount->major, &mount->minor, &start) != 4 ||
		start == 0)
		return false;
	rest = line + start;
	if (!(root = next_word(&rest)) || !(target = next_word(&rest)) ||
		!(rest = strstr(rest, " - ")))
		return false;
	rest += strlen(" - ");
	if (!(type = next_word(&rest)) || !strsep(&rest, " ") || !rest)
		return false;
	unescape_octal(root);
	unescape_octal(target);
	mount->root = root;
	mount->target = target;
	mount->type = type;
	mount->options = rest;
	return true;
}
