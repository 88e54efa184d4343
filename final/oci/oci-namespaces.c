/* oci-namespaces.c: reads linux.namespaces, the maps of users, and the offsets of clocks. */
#define _GNU_SOURCE
#include "oci-config.h"

#include <inttypes.h>
#include <jansson.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "value.h"
#include "spec.h"

const char *const oci_namespace_names[] = {
	"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts", NULL};
const unsigned long oci_namespace_types[] = {CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNS,
	CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWTIME, CLONE_NEWUSER, CLONE_NEWUTS};

/* Reads ITEM into SPEC. If the container joins the namespace, it may be put into *JOIN. *SEEN has
 * the types that have been read so far. */
static int read_namespace(struct spec *spec, const struct value *item, unsigned long *seen,
	struct namespace_path *join)
{
	struct value path = value_at(item, "path"), type = value_at(item, "type");
	const char *name;
	int index;

	*join = (struct namespace_path){.path = ""};
	if (value_text(item, "type", REQUIRED, &name) < 0 ||
		(index = value_choice(item, "type", name, oci_namespace_names)) < 0 ||
		value_text(item, "path", OPTIONAL, &join->path) < 0)
		return -1;
	join->type = oci_namespace_types[index];
	if (*seen & join->type)
		return value_bad(&type, "is there twice");
	*seen |= join->type;
	if (!*join->path) {
		spec->namespaces.made |= join->type;
		return 0;
	}
	if (*join->path != '/')
		return value_bad(&path, "not an absolute path");
	if (join->type == CLONE_NEWNS)
		spec->namespaces.mount = join->path;
	else if (join->type == CLONE_NEWUSER)
		spec->namespaces.user = join->path;
	else
		spec->namespaces.n_joins++;
	return 0;
}

int oci_namespaces(struct bundle *bundle, const struct value *part)
{
	struct spec *spec = &bundle->spec;
	struct value array = value_at(part, "namespaces"), item;
	struct namespace_path *joins;
	unsigned long seen = 0;

	if (value_array(part, "namespaces", OPTIONAL, &array) < 0)
		return -1;
	spec->namespaces.joins = joins = calloc(value_length(&array) + 1, sizeof(*joins));
	if (!joins)
		return fail("memory");
	for (size_t i = 0; i < value_length(&array); i++)
		if (value_item(&array, i, &item) < 0 ||
			read_namespace(spec, &item, &seen, &joins[spec->namespaces.n_joins]) < 0)
			return -1;
	if (!(seen & CLONE_NEWNS))
		return value_bad(
			&array, "no mount namespace: the container's mounts would be the host's");
	if ((spec->hostname || spec->oci->domainname) && !(seen & CLONE_NEWUTS))
		return value_bad(&array, "no uts namespace, for the hostname");
	return 0;
}

static int read_map(const struct value *part, const char *key, const struct id_map **map, size_t *n)
{
	struct value array, item;
	struct id_map *entries;
	int found = value_array(part, key, OPTIONAL, &array);

	*n = 0;
	if (found <= 0)
		return found;
	*map = entries = calloc(value_length(&array) + 1, sizeof(*entries));
	if (!entries)
		return fail("memory");
	for (size_t i = 0; i < value_length(&array); i++) {
		int64_t inside, outside, count;

		if (value_item(&array, i, &item) < 0 ||
			value_number(&item, "containerID", REQUIRED, 0, UINT32_MAX, &inside) < 0 ||
			value_number(&item, "hostID", REQUIRED, 0, UINT32_MAX, &outside) < 0 ||
			value_number(&item, "size", REQUIRED, 1, UINT32_MAX, &count) < 0)
			return -1;
		entries[(*n)++] = (struct id_map){inside, outside, count};
	}
	return 0;
}

int oci_id_maps(const struct value *object, struct id_maps *maps)
{
	struct value missing;

	if (read_map(object, "uidMappings", &maps->uids, &maps->n_uids) < 0 ||
		read_map(object, "gidMappings", &maps->gids, &maps->n_gids) < 0)
		return -1;
	missing = value_at(object, maps->n_uids ? "gidMappings" : "uidMappings");
	return !maps->n_uids != !maps->n_gids ? value_bad(&missing, "missing") : 0;
}

int oci_user_maps(struct bundle *bundle, const struct value *part)
{
	struct spec *spec = &bundle->spec;
	struct value uids = value_at(part, "uidMappings");
	bool user = spec->namespaces.made & CLONE_NEWUSER;

	if (oci_id_maps(part, &spec->namespaces.maps) < 0)
		return -1;
	if (spec->namespaces.user) { /* the namespace that is joined has its own maps */
		free((void *)spec->namespaces.maps.uids);
		free((void *)spec->namespaces.maps.gids);
		spec->namespaces.maps = (struct id_maps){.uids = NULL};
		return 0;
	}
	if (user == (spec->namespaces.maps.n_uids > 0))
		return 0;
	return value_bad(
		&uids, user ? "missing, for the user namespace" : "without a user namespace");
}

int oci_time_offsets(struct bundle *bundle, const struct value *part)
{
	static const char *const clocks[] = {"monotonic", "boottime"};
	struct spec *spec = &bundle->spec;
	struct value offsets, clock;
	char text[128] = "";
	int found = value_object(part, "timeOffsets", OPTIONAL, &offsets), has;

	if (found < 0)
		return -1;
	if (found && json_object_size(offsets.json) > 0 && !(spec->namespaces.made & CLONE_NEWTIME))
		return value_bad(&offsets, "without a time namespace");
	for (size_t i = 0; found && i < 2; i++) {
		int64_t seconds = 0, nanoseconds = 0;

		if ((has = value_object(&offsets, clocks[i], OPTIONAL, &clock)) < 0 ||
			(has && (value_number(&clock, "secs", OPTIONAL, INT32_MIN, INT32_MAX,
					 &seconds) < 0 ||
					value_number(&clock, "nanosecs", OPTIONAL, 0, 999999999,
						&nanoseconds) < 0)))
			return -1;
		if (has)
			snprintf(text + strlen(text), 60, "%s %" PRId64 " %" PRId64 "\n", clocks[i],
				seconds, nanoseconds);
	}
	if (spec->namespaces.made & CLONE_NEWTIME) {
		/* The time namespace is not made with the others, but before the child is born. */
		spec->namespaces.made &= ~(unsigned long)CLONE_NEWTIME;
		spec->namespaces.time_offsets = strdup(*text ? text : "monotonic 0 0\n");
		return spec->namespaces.time_offsets ? 0 : fail("memory");
	}
	return 0;
}
