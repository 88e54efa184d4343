/* users.c: the user namespace that this process is in. */
#define _GNU_SOURCE
#include "users.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

bool users_are_initial(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) == 0 && st.st_ino == USERS_INITIAL;
}

bool user_is_machines_root(void)
{
	return geteuid() == 0 && users_are_initial();
}

const char *users_attribute(const char *rest, char name[32])
{
	snprintf(name, 32, "%s.%s", users_are_initial() ? "trusted" : "user", rest);
	return name;
}

bool users_attribute_is_own(const char *name)
{
	static const char *const own[] = {"trusted.overlay.", "trusted.box.", "user.overlay.",
		"user.box.", "user.fuseoverlayfs.", "user.containers."};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (strncmp(name, own[i], strlen(own[i])) == 0)
			return true;
	return false;
}

/* The ranges of IDs of the users, and of the groups; the kernel takes at most 340 lines. */
static struct {
	struct {
		uint32_t first, count;
	} ranges[340];
	size_t n;
} ids[2];

static void read_ids(bool group)
{
	autofclose FILE *file = fopen(group ? "/proc/self/gid_map" : "/proc/self/uid_map", "re");
	size_t n = 0;

	while (file && n < 340 &&
		fscanf(file, "%" SCNu32 " %*u %" SCNu32, &ids[group].ranges[n].first,
			&ids[group].ranges[n].count) == 2)
		n++;
	if (n == 0)
		ids[group].ranges[n++].count = UINT32_MAX;
	ids[group].n = n;
}

bool users_have(bool group, uint32_t id)
{
	if (ids[group].n == 0)
		read_ids(group);
	for (size_t i = 0; i < ids[group].n; i++)
		if (id - ids[group].ranges[i].first < ids[group].ranges[i].count)
			return true;
	return false;
}
