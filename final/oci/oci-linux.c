/* oci-linux.c: reads the member "linux" of config.json. See runtime-spec, config-linux.md. */
#define _GNU_SOURCE
#include "oci-config.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "error.h"
#include "list.h"
#include "text.h"
#include "value.h"
#include "dev.h"
#include "namespaces.h"
#include "spec.h"
#include "sysctl.h"
#include "oci-systemd.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* ---- devices ---- */

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
	struct oci_extras *extras = &bundle->extras;
	struct value array, item;
	int found = value_array(part, "devices", OPTIONAL, &array);
	size_t more = found > 0 ? value_length(&array) : 0;
	struct node *nodes = calloc(N_DEFAULT_DEVICES + more, sizeof(*nodes));

	extras->nodes = nodes;
	if (found < 0 || !nodes)
		return found < 0 ? -1 : fail("memory");
	for (size_t i = 0; i < more; i++)
		if (value_item(&array, i, &item) < 0 ||
			read_node(&item, &nodes[extras->n_nodes++]) < 0)
			return -1;
	for (size_t i = 0; i < N_DEFAULT_DEVICES; i++) {
		struct node *node = &nodes[extras->n_nodes];
		char *name = format_text("/dev/%s", default_devices[i].path);
		bool given = false;

		for (size_t j = 0; name && j < more; j++)
			given |= strcmp(nodes[j].device.path, name) == 0;
		if (!name)
			return -1;
		if (given) {
			free(name);
			continue;
		}
		*node = (struct node){.device = default_devices[i]};
		node->device.path = name;
		extras->n_nodes++;
	}
	return 0;
}

/* ---- resources ---- */

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
		  : oci_device_rules(&bundle->resources, NULL) < 0)
		return -1;
	bundle->extras.resources = &bundle->resources;
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

/* Checks that SYSCTL belongs to a type of namespace that is in OWN, the types that the container
 * has or joins: otherwise it would be set on the host. check_joined() in namespaces.c checks the
 * namespaces that it joins. */
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
	const struct namespaces *namespaces = &bundle->spec.namespaces;
	struct oci_extras *extras = &bundle->extras;
	struct value map = value_at(part, "sysctl");
	struct pair *pairs = NULL;
	unsigned long own = namespaces->made;
	int found = value_pairs(part, "sysctl", &pairs, &extras->n_sysctls);

	extras->sysctls = pairs;
	if (found < 0)
		return -1;
	for (size_t i = 0; i < namespaces->n_joins; i++)
		own |= namespaces->joins[i].type;
	for (size_t i = 0; i < extras->n_sysctls; i++) {
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
	bundle->spec.root.propagation = own[index];
	return 0;
}

static int read_personality(struct bundle *bundle, const struct value *part)
{
	static const char *const names[] = {"LINUX", "LINUX32", NULL};
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
	bundle->personality = index == 0 ? PER_LINUX : PER_LINUX32;
	bundle->spec.process.personality = &bundle->personality;
	return 0;
}

/* Refuses members that box-oci does not support. */
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
		oci_namespaces(bundle, &part) < 0 || oci_user_maps(bundle, &part) < 0 ||
		oci_time_offsets(bundle, &part) < 0 || read_devices(bundle, &part) < 0 ||
		read_cgroup(bundle, &part) < 0 || read_sysctls(bundle, &part) < 0 ||
		read_propagation(bundle, &part) < 0 || read_personality(bundle, &part) < 0 ||
		refuse_others(&part) < 0 || read_paths(&part, "maskedPaths", &spec->masked) < 0 ||
		read_paths(&part, "readonlyPaths", &spec->constant) < 0)
		return -1;
	return oci_seccomp(bundle, &part);
}
