/* oci-linux.c: the part "linux" of config.json. See runtime-spec, config-linux.md. */
#define _GNU_SOURCE
#include "box.h"

#include <jansson.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/stat.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* ---- namespaces ---- */

const char *const oci_namespace_names[] = {
	"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts", NULL};
const unsigned long oci_namespace_types[] = {CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNS,
	CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWTIME, CLONE_NEWUSER, CLONE_NEWUTS};

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
		spec->namespaces |= join->type;
		return 0;
	}
	if (*join->path != '/')
		return value_bad(&path, "not an absolute path");
	if (join->type == CLONE_NEWNS)
		spec->mount_namespace = join->path;
	else if (join->type == CLONE_NEWUSER)
		spec->user_namespace = join->path;
	else
		spec->n_joins++;
	return 0;
}

static int read_namespaces(struct bundle *bundle, const struct value *part)
{
	struct spec *spec = &bundle->spec;
	struct value array = value_at(part, "namespaces"), item;
	struct namespace_path *joins;
	unsigned long seen = 0;

	if (value_array(part, "namespaces", OPTIONAL, &array) < 0)
		return -1;
	spec->joins = joins = calloc(value_length(&array) + 1, sizeof(*joins));
	if (!joins)
		return fail("memory");
	for (size_t i = 0; i < value_length(&array); i++)
		if (value_item(&array, i, &item) < 0 ||
			read_namespace(spec, &item, &seen, &joins[spec->n_joins]) < 0)
			return -1;
	if (!(seen & CLONE_NEWNS))
		return value_bad(
			&array, "no mount namespace: the container's mounts would be the host's");
	if ((spec->hostname || spec->domainname) && !(seen & CLONE_NEWUTS))
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

static int read_maps(struct bundle *bundle, const struct value *part)
{
	struct spec *spec = &bundle->spec;
	struct value uids = value_at(part, "uidMappings");
	bool user = spec->namespaces & CLONE_NEWUSER;

	if (oci_id_maps(part, &spec->maps) < 0)
		return -1;
	if (spec->user_namespace) { /* it has its own */
		free((void *)spec->maps.uids);
		free((void *)spec->maps.gids);
		spec->maps = (struct id_maps){.uids = NULL};
		return 0;
	}
	if (user == (spec->maps.n_uids > 0))
		return 0;
	return value_bad(
		&uids, user ? "missing, for the user namespace" : "without a user namespace");
}

static int read_time(struct bundle *bundle, const struct value *part)
{
	static const char *const clocks[] = {"monotonic", "boottime"};
	struct spec *spec = &bundle->spec;
	struct value offsets, clock;
	char text[128] = "";
	int found = value_object(part, "timeOffsets", OPTIONAL, &offsets), has;

	if (found < 0)
		return -1;
	if (found && json_object_size(offsets.json) > 0 && !(spec->namespaces & CLONE_NEWTIME))
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
	if (spec->namespaces & CLONE_NEWTIME) {
		spec->namespaces &= ~(unsigned long)CLONE_NEWTIME; /* made before the child is */
		spec->time_offsets = strdup(*text ? text : "monotonic 0 0\n");
		return spec->time_offsets ? 0 : fail("memory");
	}
	return 0;
}

/* ---- devices ---- */

/* Those that every container has (config-linux.md, "Default Devices"). */
static const struct node defaults[] = {
	{{"/dev/null", S_IFCHR | 0666, 1, 3}, 0, 0},
	{{"/dev/zero", S_IFCHR | 0666, 1, 5}, 0, 0},
	{{"/dev/full", S_IFCHR | 0666, 1, 7}, 0, 0},
	{{"/dev/random", S_IFCHR | 0666, 1, 8}, 0, 0},
	{{"/dev/urandom", S_IFCHR | 0666, 1, 9}, 0, 0},
	{{"/dev/tty", S_IFCHR | 0666, 5, 0}, 0, 0},
};
enum { N_DEFAULTS = sizeof(defaults) / sizeof(*defaults) };

/* What it may always do: make any node, and use these, and terminals. */
static const struct device_rule default_rules[] = {
	{true, 'c', -1, -1, "m"},
	{true, 'b', -1, -1, "m"},
	{true, 'c', 1, 3, "rwm"},
	{true, 'c', 1, 5, "rwm"},
	{true, 'c', 1, 7, "rwm"},
	{true, 'c', 1, 8, "rwm"},
	{true, 'c', 1, 9, "rwm"},
	{true, 'c', 5, 0, "rwm"},
	{true, 'c', 136, -1, "rwm"},
	{true, 'c', 5, 2, "rwm"},
};
enum { N_DEFAULT_RULES = sizeof(default_rules) / sizeof(*default_rules) };

static int read_node(const struct value *item, struct node *node)
{
	static const char *const kinds[] = {"c", "u", "b", "p", NULL};
	static const mode_t modes[] = {S_IFCHR, S_IFCHR, S_IFBLK, S_IFIFO};
	struct value path = value_at(item, "path");
	int64_t mode = 0666, uid = 0, gid = 0, major = 0, minor = 0;
	const char *type, *name;
	enum required number;
	int kind;

	if (value_text(item, "type", REQUIRED, &type) < 0 ||
		(kind = value_choice(item, "type", type, kinds)) < 0 ||
		value_text(item, "path", REQUIRED, &node->device.path) < 0)
		return -1;
	name = node->device.path;
	if (*name != '/' || !strrchr(name, '/')[1])
		return value_bad(&path, "not the absolute path of a device");
	number = kind == 3 ? OPTIONAL : REQUIRED;
	if (value_number(item, "major", number, 0, UINT32_MAX, &major) < 0 ||
		value_number(item, "minor", number, 0, UINT32_MAX, &minor) < 0 ||
		value_number(item, "fileMode", OPTIONAL, 0, UINT32_MAX, &mode) < 0 ||
		value_number(item, "uid", OPTIONAL, 0, UINT32_MAX - 1, &uid) < 0 ||
		value_number(item, "gid", OPTIONAL, 0, UINT32_MAX - 1, &gid) < 0)
		return -1;
	node->device.mode = modes[kind] | (mode & 07777);
	node->device.major = major;
	node->device.minor = minor;
	node->uid = uid;
	node->gid = gid;
	return 0;
}

static int read_devices(struct bundle *bundle, const struct value *part)
{
	struct spec *spec = &bundle->spec;
	struct value array, item;
	int found = value_array(part, "devices", OPTIONAL, &array);
	size_t more = found > 0 ? value_length(&array) : 0;
	struct node *nodes = calloc(N_DEFAULTS + more, sizeof(*nodes));

	spec->nodes = nodes;
	if (found < 0 || !nodes)
		return found < 0 ? -1 : fail("memory");
	for (size_t i = 0; i < more; i++)
		if (value_item(&array, i, &item) < 0 ||
			read_node(&item, &nodes[spec->n_nodes++]) < 0)
			return -1;
	for (size_t i = 0; i < N_DEFAULTS; i++) {
		bool given = false;

		for (size_t j = 0; j < more; j++)
			given |= strcmp(nodes[j].device.path, defaults[i].device.path) == 0;
		if (!given)
			nodes[spec->n_nodes++] = defaults[i];
	}
	return 0;
}

static int read_rule(const struct value *item, struct device_rule *rule)
{
	struct value access = value_at(item, "access"), allow = value_at(item, "allow");
	static const char *const kinds[] = {"a", "b", "c", "", NULL};
	const char *type = "a", *letters = "rwm";
	int found;

	*rule = (struct device_rule){.major = -1, .minor = -1};
	if ((found = value_bool(item, "allow", &rule->allow)) <= 0)
		return found < 0 ? -1 : value_bad(&allow, "missing");
	if (value_text(item, "type", OPTIONAL, &type) < 0 ||
		value_choice(item, "type", type, kinds) < 0 ||
		value_number(item, "major", OPTIONAL, -1, UINT32_MAX, &rule->major) < 0 ||
		value_number(item, "minor", OPTIONAL, -1, UINT32_MAX, &rule->minor) < 0 ||
		value_text(item, "access", OPTIONAL, &letters) < 0)
		return -1;
	rule->type = *type ? *type : 'a';
	if (!*letters)
		letters = "rwm";
	if (strlen(letters) > 3 || strspn(letters, "rwm") != strlen(letters))
		return value_bad(&access, "other letters than r, w, m");
	strcpy(rule->access, letters);
	return 0;
}

/* Everything is denied first, also where no rule is named: a cgroup of v1 begins with the rules of
 * the one above it, and one of v2 without a filter. As runc. */
static int read_rules(struct resources *resources, const struct value *object)
{
	static const struct device_rule nothing = {false, 'a', -1, -1, "rwm"};
	struct value array = {.json = NULL}, item;
	int found = object ? value_array(object, "devices", OPTIONAL, &array) : 0;
	size_t n = found > 0 ? value_length(&array) : 0;
	struct device_rule *rules = calloc(1 + n + N_DEFAULT_RULES, sizeof(*rules));

	resources->devices = rules;
	if (found < 0 || !rules)
		return found < 0 ? -1 : fail("memory");
	rules[0] = nothing;
	for (size_t i = 0; i < n; i++)
		if (value_item(&array, i, &item) < 0 || read_rule(&item, &rules[1 + i]) < 0)
			return -1;
	memcpy(rules + 1 + n, default_rules, sizeof(default_rules));
	resources->n_devices = 1 + n + N_DEFAULT_RULES;
	return 0;
}

/* ---- resources ---- */

/* The whole numbers, and what they may be. */
static const struct {
	const char *object, *key;
	int64_t least;
} numbers[] = {{"memory", "limit", -1}, {"memory", "reservation", -1}, {"memory", "swap", -1},
	{"memory", "kernelTCP", -1}, {"memory", "swappiness", 0}, {"cpu", "shares", 0},
	{"cpu", "quota", -1}, {"cpu", "burst", 0}, {"cpu", "period", 0},
	{"cpu", "realtimeRuntime", 0}, {"cpu", "realtimePeriod", 0}, {"cpu", "idle", 0},
	{"pids", "limit", -1}, {"blockIO", "weight", 0}, {"blockIO", "leafWeight", 0},
	{"network", "classID", 0}};

static int read_numbers(struct resources *resources, const struct value *object)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		autofree char *name = format_text("%s.%s", numbers[i].object, numbers[i].key);
		struct value part;
		int64_t number;
		int found = value_object(object, numbers[i].object, OPTIONAL, &part);

		if (found > 0)
			found = value_number(&part, numbers[i].key, OPTIONAL, numbers[i].least,
				INT64_MAX, &number);
		if (!name || found < 0 || (found && resource_number(resources, name, number) < 0))
			return -1;
	}
	return 0;
}

/* The others of memory and cpu. */
static int read_words(struct resources *resources, const struct value *object)
{
	static const char *const keys[] = {"cpus", "mems"};
	struct value part;
	bool no_killer = false;
	int found = value_object(object, "memory", OPTIONAL, &part);

	if (found > 0 && value_bool(&part, "disableOOMKiller", &no_killer) < 0)
		return -1;
	if (no_killer && resource_number(resources, "memory.disableOOMKiller", 1) < 0)
		return -1;
	if ((found = value_object(object, "cpu", OPTIONAL, &part)) <= 0)
		return found;
	for (size_t i = 0; i < 2; i++) {
		autofree char *name = format_text("cpu.%s", keys[i]);
		const char *text = "";

		if (!name || value_text(&part, keys[i], OPTIONAL, &text) < 0 ||
			(*text && resource_text(resources, name, text) < 0))
			return -1;
	}
	return 0;
}

static int read_pages(struct resources *resources, const struct value *object)
{
	struct value array, item;
	int found = value_array(object, "hugepageLimits", OPTIONAL, &array);

	for (size_t i = 0; found > 0 && i < value_length(&array); i++) {
		const char *size;
		int64_t limit;
		char v1[64], v2[64], text[24];

		if (value_item(&array, i, &item) < 0 ||
			value_text(&item, "pageSize", REQUIRED, &size) < 0 ||
			value_number(&item, "limit", REQUIRED, 0, INT64_MAX, &limit) < 0)
			return -1;
		if (strlen(size) > 16 || strchr(size, '/'))
			return value_bad(&item, "its pageSize is none");
		snprintf(v1, sizeof(v1), "hugetlb.%s.limit_in_bytes", size);
		snprintf(v2, sizeof(v2), "hugetlb.%s.max", size);
		snprintf(text, sizeof(text), "%" PRId64, limit);
		if (resource_files(resources, "hugepageLimits", v1, text, v2, text) < 0)
			return -1;
	}
	return found < 0 ? -1 : 0;
}

static int read_throttle(struct resources *resources, const struct value *io, const char *key,
	const char *file, const char *word)
{
	struct value array, item;
	int found = value_array(io, key, OPTIONAL, &array);

	for (size_t i = 0; found > 0 && i < value_length(&array); i++) {
		int64_t major, minor, rate;
		char v1[96], v2[96];

		if (value_item(&array, i, &item) < 0 ||
			value_number(&item, "major", REQUIRED, 0, UINT32_MAX, &major) < 0 ||
			value_number(&item, "minor", REQUIRED, 0, UINT32_MAX, &minor) < 0 ||
			value_number(&item, "rate", REQUIRED, 0, INT64_MAX, &rate) < 0)
			return -1;
		snprintf(v1, sizeof(v1), "%" PRId64 ":%" PRId64 " %" PRId64, major, minor, rate);
		snprintf(v2, sizeof(v2), "%" PRId64 ":%" PRId64 " %s=%" PRId64, major, minor, word,
			rate);
		if (resource_files(resources, "blockIO", file, v1, "io.max", v2) < 0)
			return -1;
	}
	return found < 0 ? -1 : 0;
}

/* Those of single devices. */
static int read_weights(struct resources *resources, const struct value *io)
{
	struct value array, item;
	int found = value_array(io, "weightDevice", OPTIONAL, &array);

	for (size_t i = 0; found > 0 && i < value_length(&array); i++) {
		int64_t major, minor, weight = 0, leaf = 0;
		char device[64];

		if (value_item(&array, i, &item) < 0 ||
			value_number(&item, "major", REQUIRED, 0, UINT32_MAX, &major) < 0 ||
			value_number(&item, "minor", REQUIRED, 0, UINT32_MAX, &minor) < 0 ||
			value_number(&item, "weight", OPTIONAL, 0, UINT16_MAX, &weight) < 0 ||
			value_number(&item, "leafWeight", OPTIONAL, 0, UINT16_MAX, &leaf) < 0)
			return -1;
		snprintf(device, sizeof(device), "%" PRId64 ":%" PRId64 " ", major, minor);
		if (weight && resource_weight(resources, "blockIO.weightDevice",
				      "blkio.weight_device|blkio.bfq.weight_device",
				      "io.bfq.weight", device, weight) < 0)
			return -1;
		if (leaf && resource_weight(resources, "blockIO.weightDevice",
				    "blkio.leaf_weight_device", NULL, device, leaf) < 0)
			return -1;
	}
	return found < 0 ? -1 : 0;
}

static int read_io(struct resources *resources, const struct value *object)
{
	struct value io;
	int found = value_object(object, "blockIO", OPTIONAL, &io);

	if (found <= 0)
		return found;
	return read_weights(resources, &io) < 0 ||
			       read_throttle(resources, &io, "throttleReadBpsDevice",
				       "blkio.throttle.read_bps_device", "rbps") < 0 ||
			       read_throttle(resources, &io, "throttleWriteBpsDevice",
				       "blkio.throttle.write_bps_device", "wbps") < 0 ||
			       read_throttle(resources, &io, "throttleReadIOPSDevice",
				       "blkio.throttle.read_iops_device", "riops") < 0 ||
			       read_throttle(resources, &io, "throttleWriteIOPSDevice",
				       "blkio.throttle.write_iops_device", "wiops") < 0
		       ? -1
		       : 0;
}

static int read_unified(struct resources *resources, const struct value *object)
{
	struct pair *pairs = NULL;
	struct value map = value_at(object, "unified");
	size_t n;
	int result = value_pairs(object, "unified", &pairs, &n);

	for (size_t i = 0; result >= 0 && i < n; i++) {
		struct value member = value_at(&map, pairs[i].name);

		if (!*pairs[i].name || strchr(pairs[i].name, '/'))
			result = value_bad(&member, "not a file of a cgroup");
		else
			result = resource_files(
				resources, "unified", NULL, NULL, pairs[i].name, pairs[i].value);
	}
	free(pairs);
	return result < 0 ? -1 : 0;
}

static int read_priorities(struct resources *resources, const struct value *object)
{
	struct value network, array, item;
	int found = value_object(object, "network", OPTIONAL, &network);

	if (found > 0)
		found = value_array(&network, "priorities", OPTIONAL, &array);
	for (size_t i = 0; found > 0 && i < value_length(&array); i++) {
		autofree char *text = NULL;
		const char *interface;
		int64_t priority;

		if (value_item(&array, i, &item) < 0 ||
			value_text(&item, "name", REQUIRED, &interface) < 0 ||
			value_number(&item, "priority", REQUIRED, 0, UINT32_MAX, &priority) < 0 ||
			!(text = format_text("%s %" PRId64, interface, priority)) ||
			resource_files(resources, "network.priorities", "net_prio.ifpriomap", text,
				NULL, NULL) < 0)
			return -1;
	}
	return found < 0 ? -1 : 0;
}

/* DEVICE's limits. */
static int read_device_rdma(
	struct resources *resources, const struct value *map, const char *device)
{
	static const char *const keys[][2] = {
		{"hcaHandles", "hca_handle"}, {"hcaObjects", "hca_object"}};
	char text[256];
	struct value limits;
	int64_t number;
	int found, length = snprintf(text, sizeof(text), "%.128s", device), empty = length;

	if (value_object(map, device, REQUIRED, &limits) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		if ((found = value_number(&limits, keys[i][0], OPTIONAL, 0, UINT32_MAX, &number)) <
			0)
			return -1;
		if (found)
			length += snprintf(text + length, sizeof(text) - length, " %s=%" PRId64,
				keys[i][1], number);
	}
	return length == empty
		       ? value_bad(&limits, "neither hcaHandles nor hcaObjects")
		       : resource_files(resources, "rdma", "rdma.max", text, "rdma.max", text);
}

static int read_rdma(struct resources *resources, const struct value *object)
{
	struct value map;
	int found = value_object(object, "rdma", OPTIONAL, &map);
	const char *device;
	json_t *limits;

	if (found <= 0)
		return found;
	json_object_foreach((json_t *)map.json, device, limits)
	{
		if (read_device_rdma(resources, &map, device) < 0)
			return -1;
	}
	return 0;
}

int oci_resources(struct resources *resources, const struct value *object)
{
	return read_numbers(resources, object) < 0 || read_words(resources, object) < 0 ||
			       read_pages(resources, object) < 0 ||
			       read_io(resources, object) < 0 ||
			       read_priorities(resources, object) < 0 ||
			       read_rdma(resources, object) < 0 ||
			       read_unified(resources, object) < 0 ||
			       read_rules(resources, object) < 0
		       ? -1
		       : 0;
}

static int read_cgroup(struct bundle *bundle, const struct value *part)
{
	struct spec *spec = &bundle->spec;
	struct value member = value_at(part, "cgroupsPath"), object;
	const char *path = "";
	int found;

	if (value_text(part, "cgroupsPath", OPTIONAL, &path) < 0 ||
		(found = value_object(part, "resources", OPTIONAL, &object)) < 0)
		return -1;
	if (found ? oci_resources(&bundle->resources, &object) < 0
		  : read_rules(&bundle->resources, NULL) < 0)
		return -1;
	spec->resources = &bundle->resources;
	spec->limits.all = true;
	if (!*path)
		return 0;
	if (strchr(path, ':'))
		return scope_read(bundle, &member, path);
	for (const char *name = path; *name; name += strcspn(name, "/")) {
		name += strspn(name, "/");
		if (*name == '.' && strcspn(name, "/") == strspn(name, "."))
			return value_bad(&member, "has \".\" or \"..\"");
	}
	spec->cgroup = *path == '/' ? path : format_text("/%s", path);
	return spec->cgroup && spec->cgroup[strspn(spec->cgroup, "/")]
		       ? 0
		       : value_bad(&member, "the root itself");
}

/* ---- the rest ---- */

/* A sysctl is set in one of the container's namespaces, or else on the host; see check_joined() of
 * namespaces.c, too. */
static int read_sysctl(const struct value *member, struct pair *sysctl, unsigned long own)
{
	char *path = sysctl_path(sysctl->name);
	unsigned long type = path ? sysctl_namespace(path) : 0;
	char why[128];

	if (!path)
		return value_bad(member, "not a sysctl");
	sysctl->name = path;
	if (!type)
		return value_bad(member, "no namespace keeps it from the host");
	snprintf(why, sizeof(why), "without a namespace of its own (%s)", namespace_name(type));
	return own & type ? 0 : value_bad(member, why);
}

static int read_sysctls(struct bundle *bundle, const struct value *part)
{
	struct spec *spec = &bundle->spec;
	struct value map = value_at(part, "sysctl");
	struct pair *pairs = NULL;
	unsigned long own = spec->namespaces;
	int found = value_pairs(part, "sysctl", &pairs, &spec->n_sysctls);

	spec->sysctls = pairs;
	if (found < 0)
		return -1;
	for (size_t i = 0; i < spec->n_joins; i++)
		own |= spec->joins[i].type;
	for (size_t i = 0; i < spec->n_sysctls; i++) {
		struct value member = value_at(&map, pairs[i].name);

		if (read_sysctl(&member, &pairs[i], own) < 0)
			return -1;
	}
	return 0;
}

static int read_propagation(struct bundle *bundle, const struct value *part)
{
	static const char *const names[] = {"", "private", "rprivate", "slave", "rslave", "shared",
		"rshared", "unbindable", "runbindable", NULL};
	static const unsigned long own[] = {0, MS_PRIVATE, MS_PRIVATE | MS_REC, 0, 0, MS_SHARED,
		MS_SHARED | MS_REC, MS_UNBINDABLE, MS_UNBINDABLE | MS_REC};
	const char *text = "";
	int index;

	if (value_text(part, "rootfsPropagation", OPTIONAL, &text) < 0 ||
		(index = value_choice(part, "rootfsPropagation", text, names)) < 0)
		return -1;
	bundle->spec.root_propagation = own[index];
	return 0;
}

static int read_personality(struct bundle *bundle, const struct value *part)
{
	static const char *const names[] = {"LINUX", "LINUX32", NULL};
	static unsigned long domain;
	struct value personality, flags;
	const char *name;
	int found = value_object(part, "personality", OPTIONAL, &personality), index;

	if (found <= 0)
		return found;
	if (value_text(&personality, "domain", REQUIRED, &name) < 0 ||
		(index = value_choice(&personality, "domain", name, names)) < 0 ||
		value_array(&personality, "flags", OPTIONAL, &flags) < 0)
		return -1;
	if (value_length(&flags) > 0)
		return value_bad(&flags, "the specification has none");
	domain = index == 0 ? PER_LINUX : PER_LINUX32;
	bundle->spec.personality = &domain;
	return 0;
}

static int refuse_others(const struct value *part)
{
	struct value label = value_at(part, "mountLabel"), object;
	const char *text = "";
	int found;

	if (value_text(part, "mountLabel", OPTIONAL, &text) < 0 ||
		(found = value_object(part, "intelRdt", OPTIONAL, &object)) < 0)
		return -1;
	if (*text)
		return value_bad(&label, "labels are not supported");
	return found ? value_bad(&object, "not supported") : 0;
}

static int read_paths(const struct value *part, const char *key, const char *const **paths)
{
	char **list = NULL;
	int found = value_list(part, key, true, &list);

	*paths = (const char *const *)list;
	return found;
}

int oci_linux(struct bundle *bundle, const struct value *config)
{
	struct spec *spec = &bundle->spec;
	struct value part = value_at(config, "linux");

	if (value_object(config, "linux", REQUIRED, &part) < 0 ||
		read_namespaces(bundle, &part) < 0 || read_maps(bundle, &part) < 0 ||
		read_time(bundle, &part) < 0 || read_devices(bundle, &part) < 0 ||
		read_cgroup(bundle, &part) < 0 || read_sysctls(bundle, &part) < 0 ||
		read_propagation(bundle, &part) < 0 || read_personality(bundle, &part) < 0 ||
		refuse_others(&part) < 0 || read_paths(&part, "maskedPaths", &spec->masked) < 0 ||
		read_paths(&part, "readonlyPaths", &spec->constant) < 0)
		return -1;
	return oci_seccomp(bundle, &part);
}
