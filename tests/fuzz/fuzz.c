/* fuzz.c: the frame of the fuzz targets, see fuzz.h. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fuzz_target fuzz_targets[MAX_FUZZ_TARGETS];
size_t n_fuzz_targets;

void fuzz_add(const char *file, void (*run)(const uint8_t *data, size_t size))
{
	const char *slash = strrchr(file, '/');
	struct fuzz_target *target = &fuzz_targets[n_fuzz_targets++];

	if (n_fuzz_targets > MAX_FUZZ_TARGETS)
		abort();
	snprintf(target->name, sizeof(target->name), "%s", slash ? slash + 1 : file);
	target->name[strcspn(target->name, ".")] = '\0';
	target->run = run;
}

void fuzz_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s: expected true, came false\n", file, line, what);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

void fuzz_file(const char *name, const void *data, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || (size > 0 && write(fd, data, size) != (ssize_t)size) || close(fd) < 0) {
		perror(name);
		abort();
	}
}

const uint8_t *fuzz_part(const uint8_t **data, size_t *size, size_t *length)
{
	static const char mark[] = "====\n";
	const uint8_t *part = *data, *end = part;

	*length = *size;
	while (end && (end = memmem(end, *size - (end - part), mark, strlen(mark)))) {
		if (end == part || end[-1] == '\n')
			break;
		end++;
	}
	if (end)
		*length = end - part;
	*size -= end ? *length + strlen(mark) : *size;
	*data = end ? end + strlen(mark) : NULL;
	return part;
}
