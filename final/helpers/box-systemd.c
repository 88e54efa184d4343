/*
 * box-systemd.c: asks systemd to start, change and stop units. Of box's programs, only this one
 * needs libsystemd.
 *
 *   box-systemd start UNIT SLICE CGROUP [PROPERTY NUMBER]...
 *   box-systemd update UNIT [PROPERTY NUMBER]...
 *   box-systemd stop UNIT
 *   box-systemd top -
 *
 * oci-systemd.c starts it with a socket (SEQPACKET) as stdout, and gets one message: "d", done, or
 * "e" and what went wrong. `top` asks for the cgroup below which systemd makes its units, which
 * follows the "d": "" for the machine's systemd, the cgroup of its service for a user's. `start`
 * makes a scope with this process in it, and stays there until the other end of the socket is
 * closed. See org.freedesktop.systemd1(5).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "text.h"
#include "users.h"

enum { SOCKET = STDOUT_FILENO };

static sd_bus *bus;

/* ---- sd-bus(3), whose functions return a negative errno after an error ---- */

/* Connects to systemd's own socket, so that no D-Bus daemon need run: that of the machine's systemd
 * is for root, that of a user's for this user. */
static int connect_systemd(void)
{
	const char *runtime = user_is_machines_root() ? "/run" : getenv("XDG_RUNTIME_DIR");
	autofree char *address = NULL;
	int error;

	if (bus)
		return 0;
	if (!runtime)
		return failx("--systemd-cgroup: XDG_RUNTIME_DIR is not set, where the user's "
			     "systemd has its socket");
	if (!(address = format_text("unix:path=%s/systemd/private", runtime)))
		return -1;
	if ((error = sd_bus_new(&bus)) < 0 || (error = sd_bus_set_address(bus, address)) < 0 ||
		(error = sd_bus_start(bus)) < 0) {
		errno = -error;
		return fail("--systemd-cgroup: %s/systemd/private", runtime);
	}
	return 0;
}

/* Begins a call of systemd's method MEMBER, whose first argument is UNIT. NULL after fail(). */
static sd_bus_message *begin(const char *member, const char *unit)
{
	sd_bus_message *message = NULL;

	if (connect_systemd() < 0)
		return NULL;
	if (sd_bus_message_new_method_call(bus, &message, "org.freedesktop.systemd1",
		    "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", member) < 0 ||
		sd_bus_message_append(message, "s", unit) < 0) {
		failx("systemd: %s %s", member, unit);
		return NULL;
	}
	return message;
}

/* Sends MESSAGE, and waits for the answer. -1 after fail(), with an errno of ENOENT if there is no
 * such unit. */
static int send_message(sd_bus_message *message, const char *unit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int result = sd_bus_call(bus, message, 0, &error, NULL);

	if (result >= 0)
		return 0;
	failx("systemd: %s: %s", unit, error.message ?: strerror(-result));
	errno = error.name && strstr(error.name, ".NoSuchUnit") ? ENOENT : -result;
	return -1;
}

/* ---- the commands ---- */

/* Adds LIMITS, pairs of a property and a number. */
static int append_limits(sd_bus_message *message, char **limits)
{
	int result = 0;

	for (; limits[0] && limits[1]; limits += 2)
		result |= sd_bus_message_append(
			message, "(sv)", limits[0], "t", (uint64_t)strtoull(limits[1], NULL, 10));
	return result;
}

enum { PATIENCE = 30 }; /* seconds for systemd to do what it was told */

/* Waits until this process is in CGROUP. */
static int wait_until_inside(const char *unit, const char *cgroup)
{
	autofree char *inside = format_text("0::%s\n", cgroup);
	double deadline = clock_now() + PATIENCE;

	if (!inside)
		return -1;
	do {
		autofree char *own = read_file_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16);

		if (!own || strcmp(own, inside) == 0)
			return own ? 0 : -1;
		if (strncmp(own, "0::", 3) != 0)
			return failx("--systemd-cgroup needs a machine with cgroup v2 alone");
	} while (nap(0.002, deadline));
	return failx("systemd: %s does not become the cgroup %s", unit, cgroup);
}

/* Starts the scope UNIT with this process in it. For systemd, PID 0 is the process at the other end
 * of the socket, whatever PID namespace that is in. */
static int start(const char *unit, const char *slice, const char *cgroup, char **limits)
{
	sd_bus_message *message = begin("StartTransientUnit", unit);

	if (!message)
		return -1;
	if (sd_bus_message_append(message, "s", "fail") < 0 ||
		sd_bus_message_open_container(message, 'a', "(sv)") < 0 ||
		sd_bus_message_append(message, "(sv)(sv)(sv)(sv)(sv)", "Slice", "s", slice, "PIDs",
			"au", 1, 0, "Delegate", "b", true, "DefaultDependencies", "b", false,
			"CollectMode", "s", "inactive-or-failed") < 0 ||
		sd_bus_message_append(message, "(sv)(sv)(sv)(sv)", "MemoryAccounting", "b", true,
			"CPUAccounting", "b", true, "IOAccounting", "b", true, "TasksAccounting",
			"b", true) < 0 ||
		append_limits(message, limits) < 0 || sd_bus_message_close_container(message) < 0 ||
		sd_bus_message_append(message, "a(sa(sv))", 0) < 0)
		return failx("systemd: properties of %s", unit);
	return send_message(message, unit) < 0 ? -1 : wait_until_inside(unit, cgroup);
}

static int update(const char *unit, char **limits)
{
	sd_bus_message *message = begin("SetUnitProperties", unit);

	if (!message)
		return -1;
	if (sd_bus_message_append(message, "b", true) < 0 ||
		sd_bus_message_open_container(message, 'a', "(sv)") < 0 ||
		append_limits(message, limits) < 0 || sd_bus_message_close_container(message) < 0)
		return failx("systemd: limits of %s", unit);
	return send_message(message, unit);
}

/* Stops UNIT again and again, until systemd does not know it any more. */
static int stop(const char *unit)
{
	double deadline = clock_now() + PATIENCE;

	do {
		sd_bus_message *message = begin("StopUnit", unit);

		if (!message)
			return -1;
		if (sd_bus_message_append(message, "s", "replace") < 0)
			return failx("systemd: stop %s", unit);
		if (send_message(message, unit) < 0)
			return errno == ENOENT ? 0 : -1;
	} while (nap(0.002, deadline));
	return failx("systemd: %s does not end", unit);
}

/* Copies to TEXT the path of the cgroup below which systemd makes its units. */
static int top(char text[1024])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *path = NULL;

	if (connect_systemd() < 0)
		return -1;
	if (sd_bus_get_property_string(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
		    "org.freedesktop.systemd1.Manager", "ControlGroup", &error, &path) < 0)
		return failx("systemd: ControlGroup: %s", error.message ?: "no answer");
	snprintf(text, 1024, "%s", strcmp(path, "/") == 0 ? "" : path);
	free(path);
	return 0;
}

int main(int argc, char *argv[])
{
	bool starts = argc >= 5 && strcmp(argv[1], "start") == 0;
	char text[2048], path[1024] = "";
	int result;

	if (starts)
		result = start(argv[2], argv[3], argv[4], argv + 5);
	else if (argc >= 3 && strcmp(argv[1], "update") == 0)
		result = update(argv[2], argv + 3);
	else if (argc == 3 && strcmp(argv[1], "stop") == 0)
		result = stop(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "top") == 0)
		result = top(path);
	else {
		fputs("box-systemd is started by box-oci\n", stderr);
		return EXIT_BOX;
	}
	snprintf(text, sizeof(text), "%s%s", result < 0 ? "e" : "d", result < 0 ? failure() : path);
	if (send(SOCKET, text, strlen(text), MSG_NOSIGNAL) < 0)
		return EXIT_BOX;
	/* Waits until box-oci needs this process no more, or was killed. */
	if (starts && result == 0)
		recv(SOCKET, text, sizeof(text), 0);
	return result < 0 ? EXIT_BOX : 0;
}
