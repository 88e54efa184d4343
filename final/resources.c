/*
 * resources.c: the OCI specification's limits -> files of cgroups.
 *
 * Each has a file in v1, in v2, or in both. It is written in the hierarchy that has the file: so it
 * is all the same which controller is where.
 */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <string.h>

enum kind { NUMBER, SHARES, WEIGHT, COUNT };

/* A '|' stands between the names that a file has in different kernels. */
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

/* v1's 2 to 262144 (1024: one share) as v2's 1 to 10000 (100); as runc has it. */
static int64_t cpu_weight(int64_t number)
{
	number = number < 2 ? 2 : number > 262144 ? 262144 : number;
	return 1 + (number - 2) * 9999 / 262142;
}

/* BFQ takes 10 to 1000 in v2, too; without it that is 1 to 10000, as runc has it. */
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
			/* 0 shares, and a weight of 0, are none. */
			return number == 0 && (known[i].kind == SHARES || known[i].kind == WEIGHT)
				       ? 0
				       : set_known(resources, i, number);
	return failx("resources.%s: unknown", name);
}

/* The hierarchy of VERSION (0: v1, 1: v2) that has one of FILES, and which. */
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

		if (h && write_file_at(h->dir, file, setting->text[n]) < 0)
			return failx("resources.%s: %s: %s", setting->name, failure(), h->path);
		if (h)
			return 0;
	}
	return failx("resources.%s: no cgroup hierarchy here has %s", setting->name,
		setting->file[0] ?: setting->file[1]);
}

static int write_one(const struct cgroup *cgroup, const char *name, const char *v1,
	const char *v1_text, const char *v2, const char *v2_text)
{
	struct setting setting = {
		name, {(char *)v1, (char *)v2}, {(char *)v1_text, (char *)v2_text}};

	return write_setting(cgroup, &setting);
}

/* v1's limit of both is never below that of memory, v2's is of swap alone. */
static int write_memory(const struct cgroup *cgroup, const struct resources *resources)
{
	int64_t memory = resources->memory, both = resources->memory_swap;
	char one[24], sum[24], swap[24], file[256];
	int result = 0, tries = 2;

	/* A kernel that counts no swap gives none: that is no error where none is asked for. */
	if (!find(cgroup, 0, "memory.memsw.limit_in_bytes", file) &&
		!find(cgroup, 1, "memory.swap.max", file) && (both < 0 || both == memory))
		both = 0;
	snprintf(one, sizeof(one), "%" PRId64, memory);
	snprintf(sum, sizeof(sum), "%" PRId64, both);
	snprintf(swap, sizeof(swap), "%" PRId64, both - (memory > 0 ? memory : 0));
	/* Lower than before, the one comes first; higher, the other. */
	do {
		result = 0;
		if (memory)
			result = write_one(cgroup, "memory.limit", "memory.limit_in_bytes", one,
				"memory.max", memory < 0 ? "max" : one);
		if (both && (write_one(cgroup, "memory.swap", "memory.memsw.limit_in_bytes", sum,
				     "memory.swap.max", both < 0 ? "max" : swap) < 0))
			result = -1;
	} while (result < 0 && --tries > 0);
	return result;
}

static int write_cpu(const struct cgroup *cgroup, const struct resources *resources)
{
	int64_t quota = resources->cpu_quota, period = resources->cpu_period;
	char file[256], max[64], one[24], two[24];

	snprintf(one, sizeof(one), "%" PRId64, period);
	snprintf(two, sizeof(two), "%" PRId64, quota);
	if (quota > 0)
		snprintf(max, sizeof(max), "%" PRId64 " %" PRId64, quota, period ?: 100000);
	else
		snprintf(max, sizeof(max), "max %" PRId64, period ?: 100000);
	if (find(cgroup, 1, "cpu.max", file))
		return !quota && !period
			       ? 0
			       : write_one(cgroup, "cpu.quota", NULL, NULL, "cpu.max", max);
	if (period && write_one(cgroup, "cpu.period", "cpu.cfs_period_us", one, NULL, NULL) < 0)
		return -1;
	return quota ? write_one(cgroup, "cpu.quota", "cpu.cfs_quota_us", two, NULL, NULL) : 0;
}

int resources_write(const struct cgroup *cgroup, const struct resources *resources)
{
	if (write_memory(cgroup, resources) < 0 || write_cpu(cgroup, resources) < 0)
		return -1;
	for (size_t i = 0; i < resources->n_settings; i++)
		if (write_setting(cgroup, &resources->settings[i]) < 0)
			return -1;
	return devices_control(cgroup, resources->devices, resources->n_devices);
}
