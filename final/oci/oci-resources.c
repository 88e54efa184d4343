/* oci-resources.c: reads linux.resources into struct resources. See runtime-spec,
 * config-linux.md. */
#define _GNU_SOURCE
#include "oci-config.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "json.h"
#include "list.h"
#include "text.h"
#include "value.h"
#include "resources.h"
#include "spec.h"

/* Rules for every container: it may make any device node, and use these devices and terminals. */
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

int oci_device_rules(struct resources *resources, const struct value *object)
{
	static const struct device_rule nothing = {false, 'a', -1, -1, "rwm"};
	struct value array = {.json = NULL}, item;
	int found = object ? value_array(object, "devices", OPTIONAL, &array) : 0;
	size_t n = found > 0 ? value_length(&array) : 0;
	struct device_rule *rules = calloc(1 + n + N_DEFAULT_RULES, sizeof(*rules));

	resources->devices = rules;
	if (!rules)
		return fail("memory");
	if (found < 0)
		return -1;
	rules[0] = nothing;
	for (size_t i = 0; i < n; i++)
		if (value_item(&array, i, &item) < 0 || read_rule(&item, &rules[1 + i]) < 0)
			return -1;
	memcpy(rules + 1 + n, default_rules, sizeof(default_rules));
	resources->n_devices = 1 + n + N_DEFAULT_RULES;
	return 0;
}

/* The members that are whole numbers, with the lowest allowed number of each. */
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

/* Reads those members of "memory" and "cpu" that are not numbers. */
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

/* Reads the limits KEY of single devices: for FILE of v1, and for WORD in io.max of v2. */
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

/* Reads the weights of single devices. */
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

/* Reads the RDMA limits of DEVICE. */
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
			       oci_device_rules(resources, object) < 0
		       ? -1
		       : 0;
}
