/* oci-mounts.c: reads the mounts of config.json, whose options have the names that runc gives
 * them. */
#define _GNU_SOURCE
#include "oci-config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

#include "cleanup.h"
#include "error.h"
#include "json.h"
#include "text.h"
#include "value.h"
#include "namespaces.h"
#include "spec.h"

/* Options that change a mount. With "r" before the name, they also change all mounts below it. */
static const struct {
	const char *name;
	uint64_t set, clear;
} attributes[] = {{"ro", MOUNT_ATTR_RDONLY, 0}, {"rw", 0, MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID, 0}, {"suid", 0, MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV, 0}, {"dev", 0, MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_ATTR_NOEXEC, 0}, {"exec", 0, MOUNT_ATTR_NOEXEC},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0}, {"diratime", 0, MOUNT_ATTR_NODIRATIME},
	{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"norelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0}, {"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
	{NULL, 0, 0}};

/* Options for the propagation of the mount, mount_namespaces(7); with "r" before the name, also of
 * all mounts below it. */
static const struct {
	const char *name;
	uint64_t propagation;
} propagations[] = {{"private", MS_PRIVATE}, {"slave", MS_SLAVE}, {"shared", MS_SHARED},
	{"unbindable", MS_UNBINDABLE}, {NULL, 0}};

/* Options that are the default, that are handled elsewhere, or that have no effect any more. */
static const char *const ignored[] = {"defaults", "bind", "rbind", "remount", "acl", "noacl",
	"iversion", "noiversion", "loud", "silent", "nomand", "async", "copy-symlink", NULL};

/* Options of mount(8) that a new file system gets; a bind mount has no use for them. */
static const char *const flags[] = {"sync", "dirsync", "mand", "lazytime", "nolazytime", NULL};

/* Options that are only for one kind of mount. */
static const char *const others[] = {"idmap", "ridmap", "tmpcopyup", NULL};

static bool is_one_of(const char *const names[], const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* Places in mount->changes, until pack_changes(): changes of this mount alone; changes of this
 * mount and of all mounts below it; the propagation. */
enum { TOP, ALL, WHO, N_CHANGES };

/* Adds SET and CLEAR to CHANGE. They replace earlier changes that contradict them. */
static void add(struct mount_change *change, uint64_t set, uint64_t clear)
{
	change->set = (change->set & ~clear & ~set) | set;
	change->clear = (change->clear & ~set) | clear;
}

/* If the option NAME changes attributes of a mount, adds the change to MOUNT. Returns whether it
 * does. */
static bool set_attribute(struct mount *mount, const char *name)
{
	for (size_t i = 0; attributes[i].name; i++) {
		bool all = *name == 'r' && strcmp(attributes[i].name, name + 1) == 0;

		if (!all && strcmp(attributes[i].name, name) != 0)
			continue;
		add(&mount->changes[all ? ALL : TOP], attributes[i].set, attributes[i].clear);
		return true;
	}
	for (size_t i = 0; propagations[i].name; i++) {
		bool all = *name == 'r' && strcmp(propagations[i].name, name + 1) == 0;

		if (!all && strcmp(propagations[i].name, name) != 0)
			continue;
		mount->changes[WHO].propagation = propagations[i].propagation;
		mount->changes[WHO].recursive = all;
		return true;
	}
	return false;
}

static int set_option(struct mount *mount, const struct value *option, const char *name)
{
	char *longer;

	if (set_attribute(mount, name))
		return 0;
	if (strcmp(name, "idmap") == 0 || strcmp(name, "ridmap") == 0) {
		mount->id_mapped = *name == 'r' ? ALL_MAPPED : TOP_MAPPED;
		return 0;
	}
	if (strncmp(name, "idmap=", 6) == 0 || strncmp(name, "ridmap=", 7) == 0)
		return value_bad(option, "not of the specification: see uidMappings");
	if (strcmp(name, "tmpcopyup") == 0) {
		if (!mount->type || strcmp(mount->type, "tmpfs") != 0)
			return value_bad(option, "of a tmpfs alone");
		mount->copy_up = true;
		return 0;
	}
	if (is_one_of(ignored, name) || (!mount->type && is_one_of(flags, name)))
		return 0;
	if (!mount->type) /* a bind mount makes no file system that could take options */
		return 0;
	longer = mount->options ? format_text("%s,%s", mount->options, name) : strdup(name);
	free((char *)mount->options);
	mount->options = longer;
	return longer ? 0 : fail("memory");
}

/* Removes empty changes. A new file system is mounted with the attributes of changes[TOP], instead
 * of being changed later. */
static void pack_changes(struct mount *mount)
{
	mount->changes[ALL].recursive = true;
	if (mount->type) {
		mount->attributes = mount->changes[TOP].set;
		mount->changes[TOP] = (struct mount_change){0};
	} else
		/* "rw" does not make a bind mount writable if its source is read-only. */
		mount->changes[TOP].clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	mount->n_changes = 0;
	for (size_t i = 0; i < N_CHANGES; i++) {
		struct mount_change change = mount->changes[i];

		if (change.set || change.clear || change.propagation)
			mount->changes[mount->n_changes++] = change;
	}
}

/* Whether TARGET is a file of the kernel that a mount may cover: lxcfs gives containers versions of
 * their own. The list is runc's. */
static bool may_cover(const char *target)
{
	static const char *const files[] = {"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo",
		"/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg", "/proc/slabinfo",
		"/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled", NULL};

	return is_one_of(files, target) || strcmp(target, "/proc") == 0 ||
	       strcmp(target, "/sys") == 0 || strncmp(target, "/sys/", 5) == 0;
}

static int read_source(struct bundle *bundle, const struct value *item, struct mount *mount)
{
	struct value source = value_at(item, "source");
	bool bind = mount->recursive || (mount->type && strcmp(mount->type, "bind") == 0);

	if (bind)
		mount->type = NULL;
	if (value_text(item, "source", bind ? REQUIRED : OPTIONAL, &mount->source) < 0)
		return -1;
	if (!bind && !mount->type)
		return value_bad(&(struct value){NULL, item, "type", 0}, "missing");
	if (bind && !*mount->source)
		return value_bad(&source, "empty");
	if (bind)
		mount->source = oci_absolute(bundle, mount->source);
	else if (!mount->source || !*mount->source)
		mount->source = mount->type;
	return mount->source ? 0 : -1;
}

static int read_target(const struct value *item, struct mount *mount)
{
	struct value target = value_at(item, "destination");

	if (value_text(item, "destination", REQUIRED, &mount->target) < 0)
		return -1;
	if (!*mount->target || strcmp(mount->target, "/") == 0)
		return value_bad(&target, *mount->target ? "the root itself" : "empty");
	if (*mount->target != '/') {
		value_bad(&target, "not an absolute path: taken from the root");
		warn_user("%s", failure());
		if (!(mount->target = format_text("/%s", mount->target)))
			return -1;
	}
	mount->on_kernel_files = may_cover(mount->target);
	return 0;
}

/* Reads the ID mappings of the mount. As with runc, mappings without the option "idmap" or "ridmap"
 * mean "idmap". */
static int read_maps(const struct spec *spec, const struct value *item, struct mount *mount)
{
	if (oci_id_maps(item, &mount->maps) < 0)
		return -1;
	if (mount->maps.n_uids && !mount->id_mapped)
		mount->id_mapped = TOP_MAPPED;
	if (mount->id_mapped && mount->type)
		return value_bad(item, "ID mappings are of bind mounts alone");
	return mount->id_mapped && !mount->maps.n_uids && !namespaces_users(&spec->namespaces)
		       ? value_bad(item, "no ID mappings, of its own or a user namespace")
		       : 0;
}

static int read_mount(struct bundle *bundle, const struct value *item, struct mount *mount)
{
	struct value list = value_at(item, "options");
	autofree char **options = NULL;

	*mount = (struct mount){.type = NULL};
	if (read_target(item, mount) < 0 || value_text(item, "type", OPTIONAL, &mount->type) < 0 ||
		value_list(item, "options", false, &options) < 0)
		return -1;
	if (mount->type && !*mount->type)
		mount->type = NULL;
	for (char **name = options; name && *name; name++) {
		mount->recursive |= strcmp(*name, "rbind") == 0;
		if (strcmp(*name, "bind") == 0)
			mount->type = "bind";
	}
	if (read_source(bundle, item, mount) < 0)
		return -1;
	for (size_t i = 0; options && options[i]; i++)
		if (set_option(mount, &(struct value){NULL, &list, NULL, i}, options[i]) < 0)
			return -1;
	if (read_maps(&bundle->spec, item, mount) < 0)
		return -1;
	pack_changes(mount);
	mount->copy_mode = mount->type && strcmp(mount->type, "tmpfs") == 0 &&
			   !(mount->options && strstr(mount->options, "mode="));
	return 0;
}

int oci_mounts(struct bundle *bundle, const struct value *config)
{
	struct value array, item;
	int found = value_array(config, "mounts", OPTIONAL, &array);

	if (found <= 0)
		return found;
	if (!(bundle->spec.mounts = calloc(value_length(&array) + 1, sizeof(struct mount))))
		return fail("memory");
	for (size_t i = 0; i < value_length(&array); i++)
		if (value_item(&array, i, &item) < 0 ||
			read_mount(bundle, &item, &bundle->spec.mounts[bundle->spec.n_mounts++]) <
				0)
			return -1;
	return 0;
}

void oci_print_mount_options(json_t *array)
{
	for (size_t i = 0; attributes[i].name; i++) {
		autofree char *all = format_text("r%s", attributes[i].name);

		json_array_append_new(array, json_string(attributes[i].name));
		json_array_append_new(array, json_string(all));
	}
	for (size_t i = 0; propagations[i].name; i++) {
		autofree char *all = format_text("r%s", propagations[i].name);

		json_array_append_new(array, json_string(propagations[i].name));
		json_array_append_new(array, json_string(all));
	}
	for (size_t i = 0; ignored[i]; i++)
		json_array_append_new(array, json_string(ignored[i]));
	for (size_t i = 0; flags[i]; i++)
		json_array_append_new(array, json_string(flags[i]));
	for (size_t i = 0; others[i]; i++)
		json_array_append_new(array, json_string(others[i]));
}
