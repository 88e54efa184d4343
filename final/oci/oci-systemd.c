/* oci-systemd.c: --systemd-cgroup: the container's cgroup is a scope, a unit of systemd that is
 * delegated to box-oci. systemd is told the container's limits, and box-oci writes them to the
 * cgroup's files as well. See org.freedesktop.systemd1(5), systemd.resource-control(5).
 *
 * The program box-systemd talks to systemd. A scope begins with a process, and ends with its last
 * one: until the container has a process, box-systemd stays in the scope. */
#define _GNU_SOURCE
#include "oci-systemd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "path.h"
#include "text.h"
#include "users.h"
#include "value.h"
#include "cgroup.h"
#include "spec.h"
#include "oci-config.h"
#include "oci-log.h"
#include "oci-state.h"

/* ---- limits ---- */

/* The arguments of box-systemd, which are freed by free_arguments(). */
struct arguments {
	char *list[32];
	size_t n;
};

/* Adds TEXT, which belongs to ARGUMENTS from then on, and is freed with them. A TEXT of NULL is an
 * error, for which fail() has been called before. */
static int add_argument(struct arguments *arguments, char *text)
{
	if (!text || arguments->n == sizeof(arguments->list) / sizeof(char *) - 1)
		return text ? failx("too many arguments for box-systemd") : -1;
	arguments->list[arguments->n++] = text;
	return 0;
}

/* Adds PROPERTY and its value NUMBER. A negative NUMBER means no limit, for which systemd has the
 * largest number. */
static int add_number(struct arguments *arguments, const char *property, int64_t number)
{
	uint64_t value = number < 0 ? UINT64_MAX : (uint64_t)number;

	return add_argument(arguments, format_text("%s", property)) < 0
		       ? -1
		       : add_argument(arguments, format_text("%" PRIu64, value));
}

static void free_arguments(struct arguments *arguments)
{
	while (arguments->n > 0)
		free(arguments->list[--arguments->n]);
}

/* Adds the limits that systemd knows, with the numbers that resources_write() writes for cgroup v2.
 * resources_settle() has completed RESOURCES. */
static int add_limits(struct arguments *arguments, const struct resources *resources)
{
	static const char *const known[][2] = {{"memory.reservation", "MemoryLow"},
		{"cpu.shares", "CPUWeight"}, {"pids.limit", "TasksMax"},
		{"blockIO.weight", "IOWeight"}};
	int64_t memory = resources->memory, both = resources->memory_swap;
	int64_t quota = resources->cpu_quota, period = resources->cpu_period ?: 100000;
	int result = 0;

	if (memory)
		result |= add_number(arguments, "MemoryMax", memory);
	if (both)
		result |= add_number(arguments, "MemorySwapMax",
			both < 0 ? -1 : both - (memory > 0 ? memory : 0));
	if (quota || resources->cpu_period) {
		result |= add_number(arguments, "CPUQuotaPeriodUSec", period);
		result |= add_number(arguments, "CPUQuotaPerSecUSec",
			quota > 0 ? ((__int128)quota * 1000000 + period - 1) / period : -1);
	}
	for (size_t i = 0; i < resources->n_settings; i++)
		for (size_t j = 0; j < sizeof(known) / sizeof(*known); j++) {
			const char *const *texts = (const char *const *)resources->settings[i].text;
			const char *text = texts[2] ?: texts[1]; /* io.weight's is not BFQ's */

			if (strcmp(resources->settings[i].name, known[j][0]) == 0)
				result |= add_number(arguments, known[j][1],
					*text == 'm' ? -1 : strtoll(text, NULL, 10)); /* "max" */
		}
	return result;
}

/* ---- box-systemd ---- */

/* In the child: executes box-systemd, with SOCKET as its stdin and stdout. */
static _Noreturn void exec_helper(char **argv, int socket)
{
	if (dup2(socket, STDIN_FILENO) >= 0 && dup2(socket, STDOUT_FILENO) >= 0 &&
		close_range(3, ~0U, 0) == 0)
		execv(argv[0], argv);
	fail("e%s", argv[0]);
	send(STDOUT_FILENO, failure(), strlen(failure()), MSG_NOSIGNAL);
	_exit(EXIT_BOX);
}

/* The last message of box-systemd: a letter, and what it tells. */
static char answer[2048];

/* Waits for the message of box-systemd: 0 if it is done, or -1 after fail(). */
static int read_answer(int socket)
{
	ssize_t size = recv(socket, answer, sizeof(answer) - 1, 0);

	if (size < 1)
		return failx("box-systemd has died: is libsystemd installed?");
	answer[size] = '\0';
	return answer[0] == 'd' ? 0 : failx("%s", answer + 1);
}

/* Starts `box-systemd COMMAND UNIT`, and waits until it says that it is done. If SLICE is not NULL,
 * SLICE and the cgroup follow as arguments; if RESOURCES are not NULL, so do their limits. The
 * caller waits for the child *PID, if that is positive, and closes *SOCKET, also after an error. */
static int ask(const char *command, const struct oci *oci, const char *slice,
	const struct resources *resources, pid_t *pid, int *socket)
{
	struct arguments arguments = {.n = 0};
	int sockets[2] = {-1, -1}, result;

	*pid = -1;
	result = add_argument(&arguments, helper_path("box-systemd"));
	if (result == 0)
		result = add_argument(&arguments, format_text("%s", command));
	if (result == 0)
		result = add_argument(&arguments, format_text("%s", oci->unit));
	if (result == 0 && slice)
		result = add_argument(&arguments, format_text("%s", slice));
	if (result == 0 && slice)
		result = add_argument(&arguments, format_text("%s", oci->cgroup));
	if (result == 0 && resources)
		result = add_limits(&arguments, resources);
	if (result == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		result = fail("socketpair");
	fflush(NULL);
	if (result == 0 && (*pid = fork()) == 0)
		exec_helper(arguments.list, sockets[1]);
	if (result == 0 && *pid < 0)
		result = fail("fork");
	close_fd(&sockets[1]);
	free_arguments(&arguments);
	if (result == 0)
		result = read_answer(sockets[0]);
	*socket = sockets[0];
	return result;
}

/* Does what ask() does, for a COMMAND after which box-systemd ends. */
static int ask_once(const char *command, const struct oci *oci, const struct resources *resources)
{
	autoclose int socket = -1;
	pid_t pid;
	int result = ask(command, oci, NULL, resources, &pid, &socket);

	if (pid > 0)
		waitpid(pid, NULL, 0);
	return result;
}

/* Returns the path of the cgroup below which systemd makes units: "", the top, or that of the
 * user's systemd. It is valid until box-systemd is asked again. NULL after fail(). */
static const char *top_path(void)
{
	const struct oci none = {.unit = "-"};

	if (user_is_machines_root())
		return "";
	return ask_once("top", &none, NULL) < 0 ? NULL : answer + 1;
}

int scope_update(const struct oci *oci, const struct resources *resources)
{
	return ask_once("update", oci, resources);
}

/* ---- scopes ---- */

/* Returns the path of the cgroup of SLICE, which the caller frees: "/a.slice/a-b.slice" for
 * "a-b.slice"; "" for "-.slice", the top (systemd.slice(5)). NULL if memory is short. */
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
	bundle->slice = !*slice ? NULL : !end ? "-.slice" : steal_pointer(&slice);
	bundle->unit = format_text("%.*s-%s.scope", (int)(name - prefix - 1), prefix + 1, name + 1);
	return bundle->unit ? 0 : -1;
}

int scope_name(struct oci *oci, struct bundle *bundle, const char *unique)
{
	autofree char *slice = NULL;
	const char *top;

	if (!oci_line.systemd)
		return !bundle->unit ? 0
				     : failx("config.json: linux.cgroupsPath: systemd's form needs "
					     "--systemd-cgroup");
	if (bundle->spec.cgroup)
		return failx("config.json: linux.cgroupsPath: not of systemd's form, "
			     "NAME.slice:PREFIX:NAME, as --systemd-cgroup needs it");
	bundle->slice = bundle->slice ?: user_is_machines_root() ? "system.slice" : "user.slice";
	oci->unit = bundle->unit =
		bundle->unit ?: format_text("box-oci-%.100s-%.16s.scope", oci->id, unique);
	slice = slice_path(bundle->slice);
	bundle->spec.limits.there = true;
	if (!slice || !oci->unit || !(top = top_path()))
		return -1;
	bundle->spec.cgroup = format_text("%s%s/%s", top, slice, oci->unit);
	return bundle->spec.cgroup ? 0 : -1;
}

int scope_start(struct oci *oci, const struct bundle *bundle, pid_t *keeper)
{
	int socket = -1;

	*keeper = 0;
	if (!oci->unit)
		return 0;
	if (ask("start", oci, bundle->slice, &bundle->resources, keeper, &socket) == 0)
		return 0; /* the socket stays open: when box-oci ends, so does the keeper */
	close_fd(&socket);
	scope_release(*keeper);
	oci->unit = NULL; /* the unit may belong to another container, and must not be stopped */
	return -1;
}

void scope_release(pid_t keeper)
{
	if (keeper > 0 && kill(keeper, SIGKILL) == 0)
		waitpid(keeper, NULL, 0);
}

/* Whether the unit of this name is not box-oci's: then its cgroup lacks the mark of box's. This
 * happens if create was killed before it had started its unit, or if that unit has ended. */
static bool is_others(const struct oci *oci)
{
	autofree char *folder = format_text("/sys/fs/cgroup%s", oci->cgroup);

	return folder && access(folder, F_OK) == 0 && getxattr(folder, cgroup_mark(), NULL, 0) < 0;
}

int scope_stop(const struct oci *oci)
{
	if (is_others(oci))
		return 0;
	return ask_once("stop", oci, NULL);
}
