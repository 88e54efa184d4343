/* oci-show.c: what the commands spec, features and events of box-oci print. */
#define _GNU_SOURCE
#include "oci-show.h"

#include <fcntl.h>
#include <jansson.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "text.h"
#include "cgroup.h"
#include "oci-config.h"
#include "hooks.h"
#include "privileges.h"

/* ---- spec: the first config.json of a bundle, like that of runc ---- */

static const char standard[] =
	"{'ociVersion':'1.0.2','process':{'terminal':true,'user':{'uid':0,'gid':0},'args':['sh'],"
	"'env':['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin','TERM=xterm'],"
	"'cwd':'/','capabilities':{"
	"'bounding':['CAP_AUDIT_WRITE','CAP_KILL','CAP_NET_BIND_SERVICE'],"
	"'effective':['CAP_AUDIT_WRITE','CAP_KILL','CAP_NET_BIND_SERVICE'],"
	"'permitted':['CAP_AUDIT_WRITE','CAP_KILL','CAP_NET_BIND_SERVICE']},"
	"'rlimits':[{'type':'RLIMIT_NOFILE','hard':1024,'soft':1024}],'noNewPrivileges':true},"
	"'root':{'path':'rootfs','readonly':true},'hostname':'box','mounts':["
	"{'destination':'/proc','type':'proc','source':'proc'},"
	"{'destination':'/dev','type':'tmpfs','source':'tmpfs',"
	"'options':['nosuid','strictatime','mode=755','size=65536k']},"
	"{'destination':'/dev/pts','type':'devpts','source':'devpts','options':['nosuid','noexec',"
	"'newinstance','ptmxmode=0666','mode=0620','gid=5']},"
	"{'destination':'/dev/shm','type':'tmpfs','source':'shm',"
	"'options':['nosuid','noexec','nodev','mode=1777','size=65536k']},"
	"{'destination':'/dev/mqueue','type':'mqueue','source':'mqueue',"
	"'options':['nosuid','noexec','nodev']},"
	"{'destination':'/sys','type':'sysfs','source':'sysfs',"
	"'options':['nosuid','noexec','nodev','ro']},"
	"{'destination':'/sys/fs/cgroup','type':'cgroup','source':'cgroup',"
	"'options':['nosuid','noexec','nodev','relatime','ro']}],"
	"'linux':{'resources':{'devices':[{'allow':false,'access':'rwm'}]},'namespaces':["
	"{'type':'pid'},{'type':'network'},{'type':'ipc'},{'type':'uts'},{'type':'mount'},"
	"{'type':'cgroup'}],"
	"'maskedPaths':['/proc/acpi','/proc/asound','/proc/kcore','/proc/keys',"
	"'/proc/latency_stats','/proc/timer_list','/proc/timer_stats','/proc/sched_debug',"
	"'/sys/firmware','/proc/scsi','/sys/devices/virtual/powercap'],"
	"'readonlyPaths':['/proc/bus','/proc/fs','/proc/irq','/proc/sys','/proc/sysrq-trigger']}}";

/* Removes the cgroup namespace, as runc does, unless the machine has cgroup v2 alone: with v1,
 * older programs would not find their cgroups. */
static void drop_cgroup_namespace(json_t *json)
{
	json_t *list = json_object_get(json_object_get(json, "linux"), "namespaces");
	struct statfs fs;

	if (statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		return;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(get_text(json_array_get(list, i), "type") ?: "", "cgroup") == 0)
			json_array_remove(list, i--);
}

/* Removes the options of MOUNT that name a user or group: an ordinary user has no other IDs than
 * its own. */
static void drop_ids(json_t *mount)
{
	json_t *options = json_object_get(mount, "options");

	for (size_t i = 0; i < json_array_size(options); i++) {
		const char *option = json_string_value(json_array_get(options, i));

		if (strncmp(option, "gid=", 4) == 0 || strncmp(option, "uid=", 4) == 0)
			json_array_remove(options, i--);
	}
}

/* Changes JSON for an ordinary user, as runc does: it gets a user namespace, in which the user is
 * root; it keeps the user's network, and so has the host's /sys, as the kernel gives no other; and
 * it has no rules for devices. */
static int make_rootless(json_t *json)
{
	json_t *linux_part = json_object_get(json, "linux"), *mounts, *sys;
	json_t *list = json_object_get(linux_part, "namespaces");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(get_text(json_array_get(list, i), "type") ?: "", "network") == 0)
			json_array_remove(list, i--);
	json_array_append_new(list, json_pack("{s:s}", "type", "user"));
	json_object_del(linux_part, "resources");
	json_object_set_new(linux_part, "uidMappings",
		json_pack("[{s:i, s:i, s:i}]", "containerID", 0, "hostID", (int)geteuid(), "size",
			1));
	json_object_set_new(linux_part, "gidMappings",
		json_pack("[{s:i, s:i, s:i}]", "containerID", 0, "hostID", (int)getegid(), "size",
			1));
	mounts = json_object_get(json, "mounts");
	for (size_t i = 0; i < json_array_size(mounts); i++) {
		json_t *mount = json_array_get(mounts, i);

		drop_ids(mount);
		if (strcmp(get_text(mount, "type") ?: "", "sysfs") != 0)
			continue;
		sys = json_pack("{s:s, s:s, s:s, s:[s, s, s, s, s]}", "destination", "/sys", "type",
			"none", "source", "/sys", "options", "rbind", "nosuid", "noexec", "nodev",
			"ro");
		if (!sys || json_array_set_new(mounts, i, sys) < 0)
			return fail("memory");
	}
	return 0;
}

int oci_print_spec(const char *folder, bool rootless)
{
	autofree char *path = format_text("%s/config.json", folder);
	autofree char *text = strdup(standard), *indented = NULL;
	json_auto_t *json = NULL;
	autoclose int fd = -1;

	for (char *c = text; c && *c; c++)
		*c = *c == '\'' ? '"' : *c;
	json = text ? json_loads(text, 0, NULL) : NULL;
	drop_cgroup_namespace(json);
	if (rootless && make_rootless(json) < 0)
		return -1;
	if (!path || !json || !(indented = json_dumps(json, JSON_INDENT(4))))
		return fail("memory");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd < 0 ? fail("%s", path) : write_all(fd, indented, strlen(indented));
}

/* ---- features: see runtime-spec, features.md ---- */

static json_t *names(const char *const list[])
{
	json_t *array = json_array();

	for (; *list; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

int oci_print_features(void)
{
	uint64_t all = capabilities_all();
	json_t *options = json_array(), *capabilities = json_array();
	json_auto_t *json = NULL;

	for (int i = 0; i < 64; i++) {
		autofree char *name = all >> i & 1 ? capability_name(i) : NULL;

		if (name)
			json_array_append_new(capabilities, json_string(name));
	}
	oci_print_mount_options(options);
	json = json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:o, "
			 "s:{s:b, s:b, s:b, s:b, s:b}, s:{s:b, s:o, s:o}, "
			 "s:{s:b}, s:{s:b}, s:{s:{s:b}}}}",
		"ociVersionMin", "1.0.0", "ociVersionMax", "1.2.0", "hooks", names(hook_names),
		"mountOptions", options, "linux", "namespaces", names(oci_namespace_names),
		"capabilities", capabilities, "cgroup", "v1", true, "v2", true, "systemd", true,
		"systemdUser", true, "rdma", true, "seccomp", "enabled", true, "actions",
		names(oci_seccomp_actions), "operators", names(oci_seccomp_operators), "apparmor",
		"enabled", false, "selinux", "enabled", false, "mountExtensions", "idmap",
		"enabled", true);
	if (!json || json_dumpf(json, stdout, JSON_INDENT(4)) < 0)
		return failx("print it");
	putchar('\n');
	return 0;
}

/* ---- events: what a container uses ---- */

/* Returns the number of cgroup_number() as JSON; NULL if there is none, or "max" in its place. */
static json_t *number_in(const struct cgroup *cgroup, const char *file, const char *key)
{
	int64_t number = cgroup_number(cgroup, file, key);

	return number < 0 ? NULL : json_integer(number);
}

/* Returns a CPU time in nanoseconds: the number in FILE of v1, or the number of microseconds after
 * V2_KEY in cpu.stat of v2. */
static json_t *nanoseconds(const struct cgroup *cgroup, const char *file, const char *v2_key)
{
	json_t *number = number_in(cgroup, file, NULL);

	if (!number && (number = number_in(cgroup, "cpu.stat", v2_key)))
		json_integer_set(number, json_integer_value(number) * 1000);
	return number;
}

/* Returns ONE, or if it is NULL, OTHER, which may be NULL, too. Releases the value that is not
 * returned. */
static json_t *either(json_t *one, json_t *other)
{
	if (one && other)
		json_decref(other);
	return one ?: other;
}

static json_t *usage(const struct cgroup *cgroup)
{
	json_t *limit = either(number_in(cgroup, "memory.limit_in_bytes", NULL),
		number_in(cgroup, "memory.max", NULL));
	json_t *memory = either(number_in(cgroup, "memory.usage_in_bytes", NULL),
		number_in(cgroup, "memory.current", NULL));
	json_t *most = either(number_in(cgroup, "memory.max_usage_in_bytes", NULL),
		number_in(cgroup, "memory.peak", NULL));

	return json_pack("{s:{s:{s:o*, s:o*, s:o*}}, s:{s:o*, s:o*}, "
			 "s:{s:{s:o*, s:o*, s:o*, s:o*}, s:o*}}",
		"cpu", "usage", "total", nanoseconds(cgroup, "cpuacct.usage", "usage_usec "),
		"kernel", nanoseconds(cgroup, "cpuacct.usage_sys", "system_usec "), "user",
		nanoseconds(cgroup, "cpuacct.usage_user", "user_usec "), "pids", "current",
		number_in(cgroup, "pids.current", NULL), "limit",
		number_in(cgroup, "pids.max", NULL), "memory", "usage", "limit", limit, "usage",
		memory, "max", most, "failcnt", number_in(cgroup, "memory.failcnt", NULL), "cache",
		either(number_in(cgroup, "memory.stat", "total_cache "),
			number_in(cgroup, "memory.stat", "file ")));
}

int oci_print_events(const struct oci *oci)
{
	json_auto_t *json = NULL;
	struct cgroup cgroup;

	if (cgroup_open(&cgroup, oci->cgroup) < 0)
		return -1;
	json = json_pack("{s:s, s:s, s:o}", "type", "stats", "id", oci->id, "data", usage(&cgroup));
	cgroup_close(&cgroup);
	if (!json || json_dumpf(json, stdout, JSON_COMPACT) < 0)
		return failx("print it");
	putchar('\n');
	return 0;
}
