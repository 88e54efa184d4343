/*
 * oci-systemd.c: --systemd-cgroup: the container's cgroup is a scope, a unit of systemd's that is
 * delegated to box-oci. So systemd knows of it, and of its limits, which are written to the
 * cgroup's files all the same. See org.freedesktop.systemd1(5), systemd.resource-control(5).
 *
 * libsystemd is loaded when it is needed; what it gives lives as long as the program. A scope
 * begins with a process, and ends with its last one: until the container has one, a child keeps it.
 */
#define _GNU_SOURCE
#include "box.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/xattr.h>

/* ---- sd-bus(3) ---- */

typedef struct sd_bus sd_bus;
typedef struct sd_bus_message sd_bus_message;
struct sd_bus_error {
	const char *name, *message;
	int need_free;
};

/* They return a negative errno. */
static struct {
	int (*create)(sd_bus **bus);
	int (*set_address)(sd_bus *bus, const char *address);
	int (*start)(sd_bus *bus);
	int (*method)(sd_bus *bus, sd_bus_message **message, const char *to, const char *path,
		const char *interface, const char *member);
	int (*append)(sd_bus_message *message, const char *types, ...);
	int (*open)(sd_bus_message *message, char type, const char *contents);
	int (*close)(sd_bus_message *message);
	int (*call)(sd_bus *bus, sd_bus_message *message, uint64_t microseconds,
		struct sd_bus_error *error, sd_bus_message **reply);
} lib;
static sd_bus *bus;

static int load_library(void)
{
	const struct {
		const char *name;
		void *place;
	} symbols[] = {{"sd_bus_new", &lib.create}, {"sd_bus_set_address", &lib.set_address},
		{"sd_bus_start", &lib.start}, {"sd_bus_message_new_method_call", &lib.method},
		{"sd_bus_message_append", &lib.append},
		{"sd_bus_message_open_container", &lib.open},
		{"sd_bus_message_close_container", &lib.close}, {"sd_bus_call", &lib.call}};
	void *library = dlopen("libsystemd.so.0", RTLD_NOW);

	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		void *function = library ? dlsym(library, symbols[i].name) : NULL;

		if (!function)
			return failx("--systemd-cgroup: %s", dlerror());
		memcpy(symbols[i].place, &function, sizeof(function));
	}
	return 0;
}

/* systemd's own socket, for root: no bus need run. */
static int connect_systemd(void)
{
	int error;

	if (bus)
		return 0;
	if (load_library() < 0)
		return -1;
	if ((error = lib.create(&bus)) < 0 ||
		(error = lib.set_address(bus, "unix:path=/run/systemd/private")) < 0 ||
		(error = lib.start(bus)) < 0) {
		errno = -error;
		return fail("--systemd-cgroup: /run/systemd/private");
	}
	return 0;
}

/* A call of systemd's MEMBER, whose first argument is UNIT. NULL after fail(). */
static sd_bus_message *begin(const char *member, const char *unit)
{
	sd_bus_message *message = NULL;

	if (connect_systemd() < 0)
		return NULL;
	if (lib.method(bus, &message, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
		    "org.freedesktop.systemd1.Manager", member) < 0 ||
		lib.append(message, "s", unit) < 0) {
		failx("systemd: %s %s", member, unit);
		return NULL;
	}
	return message;
}

/* Sends it, and waits for the answer. ENOENT: there is no such unit. */
static int send_message(sd_bus_message *message, const char *unit)
{
	struct sd_bus_error error = {.name = NULL};
	int result = lib.call(bus, message, 0, &error, NULL);

	if (result >= 0)
		return 0;
	failx("systemd: %s: %s", unit, error.message ?: strerror(-result));
	errno = error.name && strstr(error.name, ".NoSuchUnit") ? ENOENT : -result;
	return -1;
}

/* ---- limits ---- */

static int append_number(sd_bus_message *message, const char *property, int64_t number)
{
	return lib.append(message, "(sv)", property, "t", (uint64_t)(number < 0 ? -1 : number));
}

/* Those that systemd knows, as resources_write() writes them to v2. */
static int append_limits(sd_bus_message *message, const struct resources *resources)
{
	static const char *const known[][2] = {{"memory.reservation", "MemoryLow"},
		{"cpu.shares", "CPUWeight"}, {"pids.limit", "TasksMax"},
		{"blockIO.weight", "IOWeight"}};
	int64_t memory = resources->memory, both = resources->memory_swap;
	int64_t quota = resources->cpu_quota, period = resources->cpu_period ?: 100000;
	int result = 0;

	if (memory)
		result |= append_number(message, "MemoryMax", memory);
	if (both)
		result |= append_number(
			message, "MemorySwapMax", both < 0 ? -1 : both - (memory > 0 ? memory : 0));
	if (quota || resources->cpu_period) {
		result |= append_number(message, "CPUQuotaPeriodUSec", period);
		result |= append_number(message, "CPUQuotaPerSecUSec",
			quota > 0 ? ((__int128)quota * 1000000 + period - 1) / period : -1);
	}
	for (size_t i = 0; i < resources->n_settings; i++)
		for (size_t j = 0; j < sizeof(known) / sizeof(*known); j++) {
			const char *const *texts = (const char *const *)resources->settings[i].text;
			const char *text = texts[2] ?: texts[1]; /* io.weight's is not BFQ's */

			if (strcmp(resources->settings[i].name, known[j][0]) == 0)
				result |= append_number(message, known[j][1],
					*text == 'm' ? -1 : strtoll(text, NULL, 10)); /* "max" */
		}
	return result;
}

int scope_update(const struct oci *oci, const struct resources *resources)
{
	sd_bus_message *message = begin("SetUnitProperties", oci->unit);

	if (!message)
		return -1;
	if (lib.append(message, "b", true) < 0 || lib.open(message, 'a', "(sv)") < 0 ||
		append_limits(message, resources) < 0 || lib.close(message) < 0)
		return failx("systemd: limits of %s", oci->unit);
	return send_message(message, oci->unit);
}

/* ---- its life ---- */

/* "a-b.slice" is /a.slice/a-b.slice, "-.slice" the top (systemd.slice(5)). */
static char *slice_path(const char *slice)
{
	char *path = strdup("");

	for (size_t i = 1; path && *slice != '-' && slice[i]; i++)
		if (slice[i] == '-' || strcmp(slice + i, ".slice") == 0) {
			char *longer = format_text("%s/%.*s.slice", path, (int)i, slice);

			free(path);
			path = longer;
		}
	return path;
}

int scope_read(struct bundle *bundle, const struct value *member, const char *text)
{
	const char *prefix = strchr(text, ':'), *name = prefix ? strchr(prefix + 1, ':') : NULL;
	autofree char *slice = format_text("%.*s", prefix ? (int)(prefix - text) : 0, text);
	const char *end = slice ? strstr(slice, ".slice") : NULL;

	if (!slice)
		return -1;
	if (!name || !name[1] || strchr(name + 1, ':') || strchr(text, '/') ||
		(*slice && strcmp(slice, "-") != 0 && (!end || end == slice || end[6])))
		return value_bad(member, "not of systemd's form, NAME.slice:PREFIX:NAME");
	if (strlen(name) > 6 && strcmp(name + strlen(name) - 6, ".slice") == 0)
		return value_bad(member, "a slice is not supported, only a scope in one");
	bundle->slice = !*slice ? "system.slice" : !end ? "-.slice" : steal_pointer(&slice);
	bundle->unit = format_text("%.*s-%s.scope", (int)(name - prefix - 1), prefix + 1, name + 1);
	return bundle->unit ? 0 : -1;
}

int scope_name(struct oci *oci, struct bundle *bundle, const char *unique)
{
	autofree char *slice = NULL;

	if (!oci_line.systemd)
		return !bundle->unit ? 0
				     : failx("config.json: linux.cgroupsPath: systemd's form needs "
					     "--systemd-cgroup");
	if (bundle->spec.cgroup)
		return failx("config.json: linux.cgroupsPath: not of systemd's form, "
			     "NAME.slice:PREFIX:NAME, as --systemd-cgroup needs it");
	bundle->slice = bundle->slice ?: "system.slice";
	oci->unit = bundle->unit =
		bundle->unit ?: format_text("box-oci-%.100s-%.16s.scope", oci->id, unique);
	slice = slice_path(bundle->slice);
	bundle->spec.limits.there = true;
	bundle->spec.cgroup = slice && oci->unit ? format_text("%s/%s", slice, oci->unit) : NULL;
	return bundle->spec.cgroup ? 0 : -1;
}

/* With this process in it: as PID 0 systemd takes the one that has connected, whatever its PID
 * namespace. */
static int start_scope(const struct oci *oci, const struct bundle *bundle)
{
	sd_bus_message *message = begin("StartTransientUnit", oci->unit);

	if (!message)
		return -1;
	if (lib.append(message, "s", "fail") < 0 || lib.open(message, 'a', "(sv)") < 0 ||
		lib.append(message, "(sv)(sv)(sv)(sv)(sv)", "Slice", "s", bundle->slice, "PIDs",
			"au", 1, 0, "Delegate", "b", true, "DefaultDependencies", "b", false,
			"CollectMode", "s", "inactive-or-failed") < 0 ||
		lib.append(message, "(sv)(sv)(sv)(sv)", "MemoryAccounting", "b", true,
			"CPUAccounting", "b", true, "IOAccounting", "b", true, "TasksAccounting",
			"b", true) < 0 ||
		append_limits(message, &bundle->resources) < 0 || lib.close(message) < 0 ||
		lib.append(message, "a(sa(sv))", 0) < 0)
		return failx("systemd: properties of %s", oci->unit);
	return send_message(message, oci->unit);
}

/* Waits until this process is in the cgroup that the scope is to be, 30 seconds at most. */
static int wait_until_inside(const struct oci *oci)
{
	autofree char *inside = format_text("0::%s\n", oci->cgroup);

	for (int i = 0; inside && i < 30 * 500; i++) {
		autofree char *own = read_file_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16);

		if (!own || strcmp(own, inside) == 0)
			return own ? 0 : -1;
		if (strncmp(own, "0::", 3) != 0)
			return failx("--systemd-cgroup needs a machine with cgroup v2 alone");
		usleep(2000);
	}
	return failx("systemd: %s does not become the cgroup %s", oci->unit, oci->cgroup);
}

static _Noreturn void keep_scope(const struct oci *oci, const struct bundle *bundle, int socket)
{
	struct message message = {.kind = MESSAGE_READY};
	int fd;

	if (start_scope(oci, bundle) < 0 || wait_until_inside(oci) < 0) {
		message.kind = MESSAGE_ERROR;
		snprintf(message.text, sizeof(message.text), "%s", failure());
	}
	message_send(socket, &message, -1);
	message_receive(socket, &message, &fd); /* the end: box-oci was killed */
	_exit(0);
}

int scope_start(struct oci *oci, const struct bundle *bundle, pid_t *keeper)
{
	struct message message = {.text = "the child that keeps the scope has died"};
	int sockets[2], fd;

	*keeper = 0;
	if (!oci->unit)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return fail("socketpair");
	fflush(NULL);
	if ((*keeper = fork()) == 0) {
		close(sockets[0]);
		keep_scope(oci, bundle, sockets[1]);
	}
	close(sockets[1]);
	if (*keeper > 0 && message_receive(sockets[0], &message, &fd) &&
		message.kind == MESSAGE_READY)
		return 0; /* the socket ends with box-oci */
	close(sockets[0]);
	scope_release(*keeper);
	oci->unit = NULL; /* it may be another's */
	return *keeper < 0 ? fail("fork") : failx("%s", message.text);
}

void scope_release(pid_t keeper)
{
	if (keeper > 0 && kill(keeper, SIGKILL) == 0)
		waitpid(keeper, NULL, 0);
}

/* Whether another unit of this name is there: after create was killed before it had started its
 * own, or when that has ended. What is ours has box-oci's mark. */
static bool is_others(const struct oci *oci)
{
	autofree char *folder = format_text("/sys/fs/cgroup%s", oci->cgroup);

	return folder && access(folder, F_OK) == 0 && getxattr(folder, "trusted.box", NULL, 0) < 0;
}

int scope_stop(const struct oci *oci)
{
	if (is_others(oci))
		return 0;
	for (int i = 0; i < 30 * 500; i++) {
		sd_bus_message *message = begin("StopUnit", oci->unit);

		if (!message || lib.append(message, "s", "replace") < 0)
			return failx("systemd: stop %s", oci->unit);
		if (send_message(message, oci->unit) < 0)
			return errno == ENOENT ? 0 : -1;
		usleep(2000);
	}
	return failx("systemd: %s does not end", oci->unit);
}
