/* resources.c: writes the limits that the OCI runtime specification names to files of cgroups; the
 * limits of box are some of these. */
#define _GNU_SOURCE
#include "resources.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"
#include "users.h"
#include "cgroup.h"
#include "cgroup-parts.h"
#include "device-rules.h"
#include "spec.h"

enum kind { NUMBER, SHARES, WEIGHT, COUNT };

/* The limits that the specification names, with their files of v1 and v2; NULL: there is no such
 * file. A '|' separates the names that a file has in different kernels. */
static const struct {
	const char *name, *v1, *v2;
	enum kind kind;
} known[] = {
	{"memory.reservation", "memory.soft_limit_in_bytes", "memory.low", NUMBER},
	{"memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes", NULL, NUMBER},
	{"memory.swappiness", "memory.swappiness", NULL, NUMBER},
	{"memory.disableOOMKiller", "memory.oom_control", NULL, NUMBER},
	{"cpu.shares", "cpu.shares", "cpu.weight", SHARES},
	{"cpu.burst", "cpu.cfs_burst_us", "cpu.max.burst", NUMBER},
	{"cpu.idle", "cpu.idle", "cpu.idle", NUMBER},
	{"cpu.realtimePeriod", "cpu.rt_period_us", NULL, NUMBER},
	{"cpu.realtimeRuntime", "cpu.rt_runtime_us", NULL, NUMBER},
	{"cpu.cpus", "cpuset.cpus", "cpuset.cpus", NUMBER},
	{"cpu.mems", "cpuset.mems", "cpuset.mems", NUMBER},
	{"pids.limit", "pids.max", "pids.max", COUNT},
	{"blockIO.weight", "blkio.weight|blkio.bfq.weight", "io.bfq.weight", WEIGHT},
	{"blockIO.leafWeight", "blkio.leaf_weight", NULL, WEIGHT},
	{"network.classID", "net_cls.classid", NULL, NUMBER},
};

static char *copy_text(const char *text)
{
	return text ? strdup(text) : NULL;
}

int resource_files(struct resources *resources, const char *name, const char *v1,
	const char *v1_text, const char *v2, const char *v2_text)
{
	struct setting *grown = reallocarray(
		resources->settings, resources->n_settings + 1, sizeof(*resources->settings));

	if (!grown)
		return fail("memory");
	resources->settings = grown;
	grown[resources->n_settings++] = (struct setting){strdup(name),
		{copy_text(v1), copy_text(v2)}, {copy_text(v1_text), copy_text(v2_text)}};
	return 0;
}

int resource_text(struct resources *resources, const char *name, const char *text)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, name) == 0)
			return resource_files(
				resources, name, known[i].v1, text, known[i].v2, text);
	return failx("resources.%s: unknown", name);
}

/* Converts CPU shares of v1, 2 to 262144 with the default 1024, into a weight of v2, 1 to 10000
 * with the default 100; as runc does. */
static int64_t cpu_weight(int64_t number)
{
	number = number < 2 ? 2 : number > 262144 ? 262144 : number;
	return 1 + (number - 2) * 9999 / 262142;
}

/* In v2 the scheduler BFQ takes 10 to 1000, as v1 does; without BFQ, io.weight takes 1 to 10000.
 * Converted as runc does. */
int resource_weight(struct resources *resources, const char *name, const char *v1, const char *v2,
	const char *device, int64_t number)
{
	int64_t io = number <= 10 ? 1 : number >= 1000 ? 10000 : 1 + (number - 10) * 9999 / 990;
	autofree char *text = format_text("%s%" PRId64, device, number);
	struct setting *added;

	if (!text || resource_files(resources, name, v1, text, v2, text) < 0)
		return -1;
	added = &resources->settings[resources->n_settings - 1];
	added->file[2] = v2 ? strdup("io.weight") : NULL;
	added->text[2] = format_text("%s%" PRId64, device, io);
	return added->text[2] ? 0 : -1;
}

static int set_known(struct resources *resources, size_t i, int64_t number)
{
	char v1[24], v2[24];
	bool all = number < 0 || (known[i].kind == COUNT && number == 0);

	if (known[i].kind == WEIGHT)
		return resource_weight(
			resources, known[i].name, known[i].v1, known[i].v2, "", number);
	snprintf(v1, sizeof(v1), "%" PRId64, number);
	if (all && known[i].kind == COUNT)
		strcpy(v1, "max");
	if (known[i].kind == SHARES)
		number = cpu_weight(number);
	snprintf(v2, sizeof(v2), "%" PRId64, number);
	if (all)
		strcpy(v2, "max");
	return resource_files(resources, known[i].name, known[i].v1, v1, known[i].v2, v2);
}

int resource_number(struct resources *resources, const char *name, int64_t number)
{
	if (strcmp(name, "memory.limit") == 0)
		return resources->memory = number, 0;
	if (strcmp(name, "memory.swap") == 0)
		return resources->memory_swap = number, 0;
	if (strcmp(name, "cpu.quota") == 0)
		return resources->cpu_quota = number, 0;
	if (strcmp(name, "cpu.period") == 0)
		return resources->cpu_period = number, 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, name) == 0)
			/* 0 shares and a weight of 0 mean "not set" */
			return number == 0 && (known[i].kind == SHARES || known[i].kind == WEIGHT)
				       ? 0
				       : set_known(resources, i, number);
	return failx("resources.%s: unknown", name);
}

/* Returns the hierarchy of VERSION (0: v1, 1: v2) that has one of FILES, which are separated by
 * '|', or NULL. FILE becomes the name of that file. */
static const struct hierarchy *find(
	const struct cgroup *cgroup, int version, const char *files, char file[256])
{
	for (size_t i = 0; files && i < cgroup->n; i++) {
		const struct hierarchy *h = &cgroup->hierarchies[i];

		for (const char *name = files; h->v2 == version && *name;) {
			size_t length = strcspn(name, "|");

			snprintf(file, 256, "%.*s", (int)length, name);
			if (faccessat(h->dir, file, F_OK, 0) == 0)
				return h;
			name += length + (name[length] == '|');
		}
	}
	return NULL;
}

static int write_setting(const struct cgroup *cgroup, const struct setting *setting)
{
	static const int order[] = {1, 2, 0};

	for (size_t i = 0; i < 3; i++) {
		int n = order[i];
		char file[256];
		const struct hierarchy *h = find(cgroup, n > 0, setting->file[n], file);

		if (h && hierarchy_write(h, file, setting->text[n]) < 0)
			return fail_prefix("%s: ", setting->name);
		if (h)
			return 0;
	}
	return failx("%s: no cgroup hierarchy here has %s", setting->name,
		setting->file[0] ?: setting->file[1]);
}

static int write_one(const struct cgroup *cgroup, const char *name, const char *v1,
	const char *v1_text, const char *v2, const char *v2_text)
{
	struct setting setting = {
		name, {(char *)v1, (char *)v2}, {(char *)v1_text, (char *)v2_text}};

	return write_setting(cgroup, &setting);
}

/* Returns the present value of a limit of v2: the word number N (from 0) of the file WANTED. -1 if
 * that word is "max", or if there is no such file. */
static int64_t number_now(const struct cgroup *cgroup, const char *wanted, int n)
{
	char file[256];
	const struct hierarchy *h = find(cgroup, 1, wanted, file);
	autofree char *text = h ? read_file_at(h->dir, file, 4096) : NULL;
	char *rest = text, *word = NULL;
	int64_t number;

	for (int i = 0; i <= n && rest; i++)
		word = strsep(&rest, " \n");
	return word && sscanf(word, "%" SCNd64, &number) == 1 ? number : -1;
}

static int settle(const struct cgroup *cgroup, struct resources *resources)
{
	int64_t *memory = &resources->memory, *both = &resources->memory_swap;
	char file[256];

	/* As with runc, removing the memory limit also removes the limit of memory and swap, unless
	 * RESOURCES names that limit. */
	if (*memory < 0 && !*both)
		*both = -1;
	if (*both > 0 && !*memory && find(cgroup, 1, "memory.swap.max", file))
		*memory = number_now(cgroup, "memory.max", 0);
	if (*both > 0 && (*memory < 0 || *both < *memory))
		return failx("memory.swap: %" PRId64
			     ": the limit of memory and swap together needs a memory limit, and "
			     "cannot be lower than it",
			*both);
	if ((resources->cpu_quota || resources->cpu_period) &&
		find(cgroup, 1, "cpu.max", file)) { /* cpu.max has both values */
		resources->cpu_quota = resources->cpu_quota ?: number_now(cgroup, "cpu.max", 0);
		resources->cpu_period = resources->cpu_period ?: number_now(cgroup, "cpu.max", 1);
	}
	return 0;
}

int resources_settle(const struct cgroup *cgroup, struct resources *resources)
{
	return settle(cgroup, resources) < 0 ? fail_prefix("resources.") : 0;
}

/* Writes the limit BOTH of memory and swap together. v1 and the specification count them together,
 * v2 counts swap alone. */
static int write_swap(const struct cgroup *cgroup, int64_t memory, int64_t both)
{
	char sum[24], swap[24] = "max";

	snprintf(sum, sizeof(sum), "%" PRId64, both);
	if (both > 0)
		snprintf(swap, sizeof(swap), "%" PRId64, both - memory);
	return write_one(
		cgroup, "memory.swap", "memory.memsw.limit_in_bytes", sum, "memory.swap.max", swap);
}

static int write_memory(const struct cgroup *cgroup, const struct resources *resources)
{
	int64_t memory = resources->memory, both = resources->memory_swap;
	char one[24], file[256];
	int result = 0, tries = 2;

	/* A kernel that does not count swap has no limit for it. This is no error if the limit
	 * would have no effect. */
	if (!find(cgroup, 0, "memory.memsw.limit_in_bytes", file) &&
		!find(cgroup, 1, "memory.swap.max", file) && (both < 0 || both == memory))
		both = 0;
	snprintf(one, sizeof(one), "%" PRId64, memory);
	/* In v1 the limit of memory and swap cannot be lower than the limit of memory. To lower
	 * both, the limit of memory has to be written first; to raise both, the other one. So both
	 * are tried twice. */
	do {
		result = 0;
		if (memory)
			result = write_one(cgroup, "memory.limit", "memory.limit_in_bytes", one,
				"memory.max", memory < 0 ? "max" : one);
		/* In the last round the error of memory is the one that counts. */
		if (both && (result == 0 || tries > 1) && write_swap(cgroup, memory, both) < 0)
			result = -1;
	} while (result < 0 && --tries > 0);
	return result;
}

static int write_cpu_v2(const struct cgroup *cgroup, int64_t quota, int64_t period)
{
	char max[64];

	if (!quota && !period)
		return 0;
	if (quota > 0)
		snprintf(max, sizeof(max), "%" PRId64 " %" PRId64, quota, period);
	else
		snprintf(max, sizeof(max), "max %" PRId64, period);
	return write_one(cgroup, "cpu.quota", NULL, NULL, "cpu.max", max);
}

static int write_cpu(const struct cgroup *cgroup, const struct resources *resources)
{
	int64_t quota = resources->cpu_quota, period = resources->cpu_period;
	char file[256], one[24], two[24];
	bool late;

	if (find(cgroup, 1, "cpu.max", file))
		return write_cpu_v2(cgroup, quota, period);
	snprintf(one, sizeof(one), "%" PRId64, period);
	snprintf(two, sizeof(two), "%" PRId64, quota);
	/* The kernel checks the new period together with the old quota, and the other way round:
	 * below a cgroup with a quota, only one order of writing may be possible. So a period that
	 * is refused is written again after the quota. */
	late = period && write_one(cgroup, "cpu.period", "cpu.cfs_period_us", one, NULL, NULL) < 0;
	if (late && !quota)
		return -1;
	if (quota && write_one(cgroup, "cpu.quota", "cpu.cfs_quota_us", two, NULL, NULL) < 0)
		return -1;
	return late ? write_one(cgroup, "cpu.period", "cpu.cfs_period_us", one, NULL, NULL) : 0;
}

/* Writes all limits except those of memory. Some limits depend on others: a real-time period on its
 * runtime, a burst on the quota. So limits that are refused are written again after the others. */
static int write_rest(const struct cgroup *cgroup, const struct resources *resources)
{
	size_t n = resources->n_settings;
	autofree bool *written = calloc(n + 1, sizeof(*written));
	int result = -1;

	if (!written)
		return fail("memory");
	for (int i = 0; i < 2 && result < 0; i++) {
		result = 0;
		for (size_t j = 0; j < n; j++) {
			written[j] =
				written[j] || write_setting(cgroup, &resources->settings[j]) == 0;
			result = written[j] ? result : -1;
		}
		written[n] = written[n] || write_cpu(cgroup, resources) == 0;
		result = written[n] ? result : -1;
	}
	return result;
}

int resources_limit(const struct cgroup *cgroup, const struct resources *resources)
{
	struct resources settled = *resources;

	return settle(cgroup, &settled) < 0 || write_memory(cgroup, &settled) < 0 ||
			       write_rest(cgroup, &settled) < 0
		       ? -1
		       : 0;
}

/* For a container without a cgroup: that nothing is limited is true without one, but any limit is
 * an error. */
static int write_nothing(const struct resources *resources)
{
	if (resources->memory > 0 || resources->memory_swap > 0)
		return no_cgroup_for(resources->memory > 0 ? "memory.limit" : "memory.swap");
	if (resources->cpu_quota > 0)
		return no_cgroup_for("cpu.quota");
	for (size_t i = 0; i < resources->n_settings; i++) {
		const struct setting *setting = &resources->settings[i];

		if (!setting->text[1] || strcmp(setting->text[1], "max") != 0)
			return no_cgroup_for(setting->name);
	}
	return 0;
}

int resources_write(const struct cgroup *cgroup, const struct resources *resources)
{
	if (cgroup->n == 0 && !user_is_machines_root())
		return write_nothing(resources) < 0 ? fail_prefix("resources.") : 0;
	if (resources_limit(cgroup, resources) < 0)
		return fail_prefix("resources.");
	return devices_control(cgroup, resources->devices, resources->n_devices);
}

void resources_free(struct resources *resources)
{
	for (size_t i = 0; i < resources->n_settings; i++) {
		struct setting *setting = &resources->settings[i];

		free((char *)setting->name);
		for (size_t j = 0; j < 3; j++) {
			free(setting->file[j]);
			free(setting->text[j]);
		}
	}
	free(resources->settings);
}
