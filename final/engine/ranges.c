/* ranges.c: the users of the host that a container's users are: --userns. */
#define _GNU_SOURCE
#include "ranges.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "list.h"
#include "parse.h"
#include "text.h"
#include "users.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* The IDs that --userns auto gives, in ranges of COUNT. They follow those of systemd's containers,
 * and end before 0x7FFE0000: from there on systemd has the owners of images of other machines
 * (systemd's UIDS-GIDS.md). */
enum { FIRST = 0x70000000, COUNT = 65536, N_RANGES = (0x7FFE0000 - FIRST) / COUNT };

static bool is_for_auto(uint32_t first, uint32_t count)
{
	return first + count > FIRST && first < FIRST + (uint32_t)N_RANGES * COUNT;
}

/* A range with 0 has the host's root in it, whose files are all over the host: a container with
 * this range would be protected from nothing. */
int set_userns(struct options *options, const char *text)
{
	autofree char *copy = strdup(text);
	char *second = copy ? strchr(copy, ':') : NULL;
	uint32_t first, count;

	options->users = (struct id_map){.count = 0};
	options->auto_users = strcmp(text, "auto") == 0;
	if (options->auto_users || strcmp(text, "host") == 0)
		return 0;
	if (!second)
		return failx("%s: host, auto and UID:COUNT are known", text);
	*second++ = '\0';
	if (!parse_id(copy, &first) || !parse_id(second, &count) || count == 0 ||
		count > UINT32_MAX - first)
		return failx(
			"%s: not UID:COUNT, a first ID of the host and how many of them", text);
	if (first == 0)
		return failx("%s: 0 is root of the host; see --userns host", text);
	/* options_load() reads what ranges_claim() has written. */
	if (!options->folder && is_for_auto(first, count))
		return failx("%s: the IDs from %d to %u are for --userns auto", text, FIRST,
			FIRST + (uint32_t)N_RANGES * COUNT - 1);
	options->users = (struct id_map){.outside = first, .count = count};
	return 0;
}

/* Sets TAKEN[i] if a container has range i: a symlink in the container's place says so. */
static int find_taken(const struct store *store, bool taken[N_RANGES])
{
	autolist char **ids = list_visible(store->containers);

	for (char **id = ids; id && *id; id++) {
		autofree char *path = format_text("%s/users", *id);
		char text[32] = "";
		uint32_t first;

		if (!path)
			return -1;
		if (readlinkat(store->containers, path, text, sizeof(text) - 1) > 0 &&
			parse_id(text, &first) && first >= FIRST && is_for_auto(first, COUNT))
			taken[(first - FIRST) / COUNT] = true;
	}
	return ids ? 0 : -1;
}

/* The search begins at a random place, the container's ID: a new container should not get the range
 * that one had which was just removed, and which may have left files in a volume. */
static int claim_one(const struct store *store, const struct place *place, uint32_t *first)
{
	bool taken[N_RANGES] = {false};
	unsigned digits = 0;
	char text[32];

	if (find_taken(store, taken) < 0)
		return -1;
	sscanf(place->id, "%3x", &digits);
	for (unsigned i = digits; i < digits + N_RANGES; i++) {
		if (taken[i % N_RANGES])
			continue;
		*first = FIRST + (uint32_t)(i % N_RANGES) * COUNT;
		snprintf(text, sizeof(text), "%u", *first);
		return symlinkat(text, place->dir, "users") < 0
			       ? fail("container %s: users", place->id)
			       : 0;
	}
	return failx("--userns auto: %d containers have all ranges", N_RANGES);
}

int ranges_claim(const struct store *store, const struct place *place, struct options *options)
{
	autoclose int lock = -1;
	autofree char *line = NULL;
	uint32_t first;

	if (!options->auto_users && options->users.count == 0)
		return 0;
	if (!user_is_machines_root())
		return failx("--userns: this takes root of the machine; containers of other users "
			     "are in a user namespace of their user's already");
	if (!options->auto_users)
		return 0;
	/* One box after the other: what is free is still so when it is taken. */
	lock = openat(store->dir, "containers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return fail("lock %s/containers", store->path);
	if (claim_one(store, place, &first) < 0 ||
		!(line = format_text("--userns=%u:%d", first, COUNT)))
		return -1;
	options->users = (struct id_map){.outside = first, .count = COUNT};
	return add_string(&options->lines, line);
}
