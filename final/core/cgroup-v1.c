/* cgroup-v1.c: what differs with cgroup v1. */
#define _GNU_SOURCE
#include "cgroup-v1.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that header */

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "cgroup-parts.h"
#include "device-rules.h"
#include "mountinfo.h"
#include "spec.h"
#include "tree.h"

/* ---- where the hierarchies are ---- */

/* Finds in LINES, the text of /proc/self/cgroup, the line "ID:LIST:PATH" (cgroups(7)) of the
 * hierarchy that has one of CONTROLLERS, and copies its LIST and PATH. Returns false if there is no
 * such line. */
static bool own_cgroup(const char *lines, unsigned controllers, char list[128], char path[512])
{
	for (const char *line = lines; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%*d:%127[^:\n]:%511[^\n]", list, path) == 2 &&
			(controllers_in(list) & controllers))
			return true;
	}
	return false;
}

bool v1_base(struct cgroup_base *base, const struct mountinfo *mount, const char *own_cgroups,
	char own[512])
{
	if (strcmp(mount->type, "cgroup") != 0)
		return false;
	base->controllers = controllers_in(mount->options);
	return own_cgroup(own_cgroups, base->controllers, base->list, own);
}

/* Sets CHOSEN to true for the hierarchies that have the controller NAME. It is an error if there
 * are none. */
static int choose(const struct cgroup *cgroup, const char *name, bool chosen[])
{
	bool found = false;

	for (size_t i = 0; i < cgroup->n && !strpbrk(name, " \n"); i++)
		if (!cgroup->hierarchies[i].v2 &&
			(cgroup->hierarchies[i].controllers & controllers_in(name)))
			chosen[i] = found = true;
	return found ? 0
		     : failx("the container has no cgroup of cgroup v1 with a controller \"%s\"",
			       name);
}

int v1_choose(const struct cgroup *cgroup, const char *text, bool chosen[MAX_HIERARCHIES])
{
	autofree char *list = strndup(text, strcspn(text, ":"));
	char *rest = list, *name;

	while ((name = strsep(&rest, ",")))
		if (choose(cgroup, name, chosen) < 0)
			return -1;
	return list ? 0 : fail("memory");
}

bool v1_is_unmounted(unsigned controllers)
{
	const char *name = cgroup_controllers[__builtin_ctz(controllers)];
	autofree char *lines = read_file_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16);
	char list[128], own[512];

	if (!own_cgroup(lines, controllers & -controllers, list, own))
		return false;
	failx("%s limit: /proc/self/mountinfo shows no cgroup v1 hierarchy with it: "
	      "mount -t cgroup -o %s cgroup /sys/fs/cgroup/%s",
		name, list, list);
	return true;
}

/* ---- new cgroups ---- */

/* Gives a cpuset without CPUs or memory nodes those of the cpuset above it: no process can join a
 * cpuset that lacks them (cpuset(7)). */
static int inherit(const struct hierarchy *h)
{
	static const char *const files[] = {"../cpuset.cpus", "../cpuset.mems"};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *file = files[i] + strlen("../");
		autofree char *set = read_file_at(h->dir, file, 1 << 16);
		autofree char *above = read_file_at(h->dir, files[i], 1 << 16);

		if (!set || !above || (*set == '\n' && hierarchy_write(h, file, above) < 0))
			return -1;
	}
	return 0;
}

int v1_prepare(const struct cgroup_base *base, const struct hierarchy *h)
{
	struct hierarchy here = *h;
	int result = 0;

	if (!(base->controllers & CONTROLLER_CPUSET))
		return 0;
	for (size_t length = strlen(base->path); result == 0 && h->path[length];) {
		length += 1 + strcspn(h->path + length + 1, "/");
		here.path[length] = '\0';
		here.dir = open(here.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		result = here.dir < 0 ? fail("open %s", here.path) : inherit(&here);
		close_fd(&here.dir);
		here.path[length] = h->path[length];
	}
	return result;
}

char *v1_cpus_above(const struct hierarchy *h)
{
	return read_file_at(h->dir, "../cpuset.cpus", 1 << 16);
}

/* ---- processes ---- */

int v1_freeze(const struct hierarchy *h, bool frozen)
{
	return try_write(h->dir, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

bool v1_is_frozen(const struct hierarchy *h, bool surely)
{
	autofree char *text = read_file_at(h->dir, "freezer.state", 4096);

	/* the state is FREEZING at first, then FROZEN */
	return text && (surely ? strcmp(text, "FROZEN\n") == 0 : *text == 'F');
}

void v1_usage(const struct cgroup *cgroup, struct usage *usage)
{
	int64_t files;

	if (usage->cpu < 0 && (usage->cpu = cgroup_number(cgroup, "cpuacct.usage", NULL)) > 0)
		usage->cpu /= 1000;
	if (usage->memory < 0) {
		usage->memory = cgroup_number(cgroup, "memory.usage_in_bytes", NULL);
		files = cgroup_number(cgroup, "memory.stat", "total_inactive_file ");
		usage->memory -= usage->memory > files && files > 0 ? files : 0;
	}
	if (usage->limit < 0)
		usage->limit = cgroup_number(cgroup, "memory.limit_in_bytes", NULL);
}

/* ---- devices: the kernel's admin-guide/cgroup-v1/devices.rst ---- */

/* Whether RULE is for all devices and all kinds of access: "a", which replaces all rules before
 * it. */
static bool is_all(const struct device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0 && device_access(rule) == 7;
}

static int write_rule(const struct hierarchy *h, const struct device_rule *rule)
{
	char text[64], major[24] = "*", minor[24] = "*";
	bool all = is_all(rule);

	if (rule->major >= 0)
		snprintf(major, sizeof(major), "%" PRId64, rule->major);
	if (rule->minor >= 0)
		snprintf(minor, sizeof(minor), "%" PRId64, rule->minor);
	/* "a" is for all devices. A rule for both types with a number is written twice, as "c" and
	 * "b". */
	for (const char *type = rule->type == 'a' && !all ? "cb" : &rule->type; *type;) {
		snprintf(text, sizeof(text), all ? "a" : "%c %s:%s %s", *type, major, minor,
			rule->access);
		if (write_file_at(h->dir, rule->allow ? "devices.allow" : "devices.deny", text) < 0)
			return -1;
		if (rule->type != 'a' || all || !*++type)
			break;
	}
	return 0;
}

/* Whether two numbers of rules can mean the same device; -1 stands for any number. */
static bool overlap(int64_t one, int64_t other)
{
	return one < 0 || other < 0 || one == other;
}

/* v1 keeps a list of exceptions. A rule that denies removes only an exception with exactly the same
 * type and numbers (the kernel's devcgroup_update_access()). A rule that denies a part of what an
 * earlier rule allows would have no effect there, and the kernel would report no error; so it is an
 * error here if RULES[N] is such a rule. A rule that allows needs no check, because RULES[0] denies
 * all. */
static int check_exception(const struct device_rule *rules, size_t n)
{
	const struct device_rule *rule = &rules[n];

	for (size_t i = n; !rule->allow && !is_all(rule) && i-- > 0;) {
		const struct device_rule *other = &rules[i];
		bool same = other->type == rule->type && other->major == rule->major &&
			    other->minor == rule->minor;

		if (is_all(other))
			break;
		if (other->allow && !same && (device_access(other) & device_access(rule)) &&
			(other->type == rule->type || other->type == 'a' || rule->type == 'a') &&
			overlap(other->major, rule->major) && overlap(other->minor, rule->minor))
			return failx("linux.resources.devices[%zu]: cgroup v1 cannot make an "
				     "exception to it",
				i - 1);
	}
	return 0;
}

int v1_devices(const struct cgroup *cgroup, const struct device_rule *rules, size_t n)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		if (faccessat(cgroup->hierarchies[i].dir, "devices.allow", F_OK, 0) < 0)
			continue;
		for (size_t j = 0; j < n; j++)
			if (check_exception(rules, j) < 0 ||
				write_rule(&cgroup->hierarchies[i], &rules[j]) < 0)
				return -1;
		return 0;
	}
	return 1;
}

/* ---- the mount of type cgroup ---- */

/* Takes the mount of one hierarchy. In a cgroup namespace a new mount shows the container's cgroup
 * and what is below it; without a cgroup namespace, the folder of the container's cgroup is bind
 * mounted. */
static int take_one(const struct spec *spec, const struct hierarchy *h, uint64_t attributes)
{
	autoclose int tree = -1;

	if (spec->namespaces.made & CLONE_NEWCGROUP)
		return mount_new(
			h->v2 ? "cgroup2" : "cgroup", "cgroup", h->v2 ? NULL : h->list, attributes);
	tree = mount_copy(AT_FDCWD, h->path, false);
	return tree < 0 || mount_restrict(tree, attributes, false) < 0 ? -1 : steal_fd(&tree);
}

/* Makes a symlink for each controller of a hierarchy that has several: cpu -> cpu,cpuacct. */
static int link_names(int folder, const char *controllers)
{
	autofree char *copy = strdup(controllers);
	char *rest = copy;

	if (!copy)
		return -1;
	for (char *name; strchr(controllers, ',') && (name = strsep(&rest, ","));)
		if (symlinkat(controllers, folder, name) < 0)
			return -1;
	return 0;
}

static int fill(
	const struct spec *spec, const struct cgroup *cgroup, int folder, uint64_t attributes)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		const struct hierarchy *h = &cgroup->hierarchies[i];
		const char *name = h->v2                                  ? "unified"
				   : strcmp(h->list, "name=systemd") == 0 ? "systemd"
									  : h->list;
		autoclose int tree = -1, target = -1;

		if ((tree = take_one(spec, h, attributes)) < 0)
			return -1;
		if (mkdirat(folder, name, 0755) < 0)
			return -1;
		target = openat(folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (target < 0 || mount_attach(tree, target) < 0 || link_names(folder, h->list) < 0)
			return -1;
	}
	return 0;
}

int v1_take_all(const struct spec *spec, const struct cgroup *cgroup, uint64_t attributes)
{
	autoclose int target = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), top = -1, copy = -1;

	/* Before Linux 6.15 open_tree(2) copies only a mount that is attached. So the tmpfs is
	 * attached, over /, for a moment. */
	top = mount_new("tmpfs", "tmpfs", "mode=755", attributes & ~MOUNT_ATTR_RDONLY);
	if (target < 0 || top < 0 || mount_attach(top, target) < 0)
		return -1;
	if (fill(spec, cgroup, top, attributes) == 0)
		copy = mount_copy(top, "", true);
	if (fchdir(top) < 0 || umount2(".", MNT_DETACH) < 0 || fchdir(target) < 0)
		return -1;
	return steal_fd(&copy);
}
