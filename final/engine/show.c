/* show.c: the commands that show containers: ps, logs, inspect and top. */
#define _GNU_SOURCE
#include "commands.h"

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "flags.h"
#include "id.h"
#include "json.h"
#include "parse.h"
#include "printable.h"
#include "cgroup.h"
#include "processes.h"
#include "spec.h"
#include "user.h"
#include "image.h"
#include "store.h"
#include "kept.h"
#include "logs.h"
#include "options.h"
#include "state.h"
#include "target.h"

/* ---- ps ---- */

struct ps {
	bool all, quiet, json, whole;
	bool any; /* with json: a container was printed, so the next one needs a comma before it */
};

/* Writes SECONDS for people to TEXT, as in "3 minutes", and returns TEXT. */
static const char *ago(int64_t seconds, char text[32])
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t i = 0;

	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	seconds = seconds > 0 ? seconds / units[i].seconds : 0;
	snprintf(text, 32, "%" PRId64 " %s%s", seconds, units[i].name, seconds == 1 ? "" : "s");
	return text;
}

static const char *status_text(const struct state *state, char text[80])
{
	char how_long[32];

	if (state->phase == PHASE_CREATED)
		return "Created";
	if (state->phase == PHASE_EXITED)
		snprintf(text, 80, "Exited (%d) %s%s", state->exit_status,
			state->finished ? ago(time(NULL) - state->finished, how_long) : "",
			state->finished ? " ago" : "");
	else
		snprintf(text, 80, "Up %s%s", ago(time(NULL) - state->started, how_long),
			state->paused ? " (Paused)" : "");
	return text;
}

/* Returns SECONDS as a date of RFC 3339; for 0, the date by which Docker means "never". */
static const char *date_text(int64_t seconds, char text[32])
{
	struct tm tm;

	if (seconds == 0)
		return "0001-01-01T00:00:00Z";
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&(time_t){seconds}, &tm));
	return text;
}

/* Returns the state as docker inspect prints it; the caller releases the JSON. */
static json_t *state_json(const struct state *state)
{
	const char *phase = state->paused                   ? "paused"
			    : state->phase == PHASE_RUNNING ? "running"
			    : state->phase == PHASE_EXITED  ? "exited"
							    : "created";
	char created[32], started[32], finished[32];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:b, s:b, s:i, s:i, s:s, s:s}}", "Id",
		state->id, "Name", state->name, "Image", state->image, "Command", state->command,
		"Created", date_text(state->created / 1000000, created), "State", "Status", phase,
		"Running", state->phase == PHASE_RUNNING, "Paused", state->paused, "Pid",
		state->pid, "ExitCode", state->exit_status, "StartedAt",
		date_text(state->started, started), "FinishedAt",
		date_text(state->finished, finished));
}

static int print_row(struct store *store, struct state *state, void *data)
{
	struct ps *ps = data;
	int width = ps->whole ? ID_LENGTH : SHORT_ID_LENGTH;
	char created[32], status[80];

	(void)store;
	if (!ps->all && state->phase != PHASE_RUNNING)
		return 0;
	if (ps->json) {
		json_auto_t *json = state_json(state);

		fputs(ps->any ? ",\n " : "[", stdout);
		ps->any = true;
		return json && json_dumpf(json, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) == 0
			       ? 0
			       : fail("json");
	}
	if (ps->quiet) {
		printf("%.*s\n", width, state->id);
		return 0;
	}
	make_printable(state->image);
	make_printable(state->command);
	printf("%.*s  %-*.*s  %-*.*s  %-11s  %-25s  %-7d  %s\n", width, state->id, 16,
		ps->whole ? 4096 : 16, state->image, 20, ps->whole ? 4096 : 20, state->command,
		ago(time(NULL) - state->created / 1000000, created), status_text(state, status),
		state->pid, state->name);
	return 0;
}

int parse_format(const char *text, bool *json)
{
	*json = strcmp(text, "json") == 0;
	return *json || strcmp(text, "table") == 0
		       ? 0
		       : failx("--format %s: json and table are known", text);
}

static int set_ps(void *data, int letter, const char *value)
{
	struct ps *ps = data;

	ps->all |= letter == 'a';
	ps->quiet |= letter == 'q';
	ps->whole |= letter == 'n';
	return letter == 'f' ? parse_format(value, &ps->json) : 0;
}

int command_ps(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"all", no_argument, NULL, 'a'},
		{"quiet", no_argument, NULL, 'q'}, {"no-trunc", no_argument, NULL, 'n'},
		{"format", required_argument, NULL, 'f'}, {0}};
	struct ps ps = {0};
	struct store store;
	char **rest = parse_flags(argc, argv, "+aq", longs, set_ps, &ps);
	int result;

	if (rest && *rest)
		failx("%s: box ps takes no names; see box inspect", *rest);
	if (!rest || *rest || folders_open(folders, &store) < 0)
		return report();
	if (!ps.quiet && !ps.json)
		printf("%-*s  %-16s  %-20s  %-11s  %-25s  %-7s  NAME\n",
			ps.whole ? ID_LENGTH : SHORT_ID_LENGTH, "CONTAINER ID", "IMAGE", "COMMAND",
			"CREATED", "STATUS", "PID");
	result = sweep(&store) < 0 || state_each(&store, ps.all, print_row, &ps) < 0 ? -1 : 0;
	if (ps.json)
		puts(ps.any ? "]" : "[]");
	store_close(&store);
	return result < 0 ? report() : 0;
}

/* ---- logs, inspect, top ---- */

struct logs {
	bool follow, times;
	int64_t tail;
};

static int set_logs(void *data, int letter, const char *value)
{
	struct logs *logs = data;

	logs->follow |= letter == 'f';
	logs->times |= letter == 't';
	if (letter == 'n' && strcmp(value, "all") != 0)
		return parse_count(value, 0, &logs->tail);
	return 0;
}

static bool is_running(void *data)
{
	struct target *target = data;

	return wait_for_end(target, 0) == 1;
}

static int print_logs(struct target *target)
{
	const struct logs *logs = target->data;
	struct place place;
	int result;

	if (place_open(target->store, target->state.id, false, &place) < 0)
		return -1;
	result = log_print(
		place.dir, logs->tail, logs->times, logs->follow ? is_running : NULL, target);
	place_close(&place);
	return result;
}

int command_logs(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"follow", no_argument, NULL, 'f'},
		{"timestamps", no_argument, NULL, 't'}, {"tail", required_argument, NULL, 'n'},
		{0}};
	struct logs logs = {.tail = -1};
	char **names = parse_one(argc, argv, "+ftn:", longs, set_logs, &logs);

	return names ? each_container(folders, names, print_logs, &logs) : report();
}

static json_t *mounts_json(const struct options *options)
{
	json_t *json = json_array();

	for (size_t i = 0; i < options->n_volumes; i++) {
		const struct mount *mount = &options->volumes[i];

		json_array_append_new(
			json, json_pack("{s:s, s:o, s:o, s:b}", "Type", mount->type ?: "bind",
				      "Source", json_any(mount->type ? "" : mount->source),
				      "Destination", json_any(mount->target), "RW",
				      !(mount->attributes & MOUNT_ATTR_RDONLY)));
	}
	return json;
}

/* Returns the container's settings from its options and its image, with the keys of docker inspect;
 * the caller releases the JSON. */
static json_t *config_json(const struct kept *kept)
{
	const struct options *options = &kept->options;
	const struct image *image = &kept->image;
	const struct spec *spec = &kept->spec;
	const struct limits *limits = &spec->limits;
	char users[32] = "host";

	if (options->users.count > 0)
		snprintf(users, sizeof(users), "%u:%u", options->users.outside,
			options->users.count);
	return json_pack("{s:{s:o, s:o, s:o, s:o, s:o, s:o, s:b},"
			 " s:{s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:b, s:b, s:b, s:b}, s:o}",
		"Config", "Hostname", json_any(spec->hostname), "User", json_any(spec->process.user), "Env",
		json_list(spec->process.env), "Cmd", json_list(spec->process.argv), "WorkingDir",
		json_any(spec->process.cwd), "StopSignal",
		json_any(options->stop_signal ?: image->stop_signal ?: "SIGTERM"), "Tty",
		spec->process.terminal, "HostConfig", "Memory", (json_int_t)limits->memory, "MemorySwap", (json_int_t)limits->memory_swap, "PidsLimit",
		(json_int_t)limits->pids, "CpuQuota", (json_int_t)limits->cpu_quota, "CpuPeriod",
		(json_int_t)limits->cpu_period, "CpusetCpus", limits->cpuset_cpus ?: "",
		"NetworkMode", options->host_network ? "host" : "none", "UsernsMode", users, "Privileged",
		options->privileged, "ReadonlyRootfs", options->read_only, "AutoRemove",
		options->remove, "Init", spec->init, "Mounts", mounts_json(options));
}

static int inspect(struct target *target)
{
	json_auto_t *json = state_json(&target->state), *config = NULL;
	struct kept kept;
	bool *any = target->data;

	/* If the image was a folder that does not exist any more, only the state can be shown. */
	if (kept_open(target->store, target->state.id, false, &kept) == 0)
		config = config_json(&kept);
	if (json && config)
		json_object_update(json, config);
	kept_close(&kept);
	fputs(*any ? ",\n" : "[\n", stdout);
	*any = true;
	return json && json_dumpf(json, stdout, JSON_INDENT(4) | JSON_ENSURE_ASCII) == 0
		       ? 0
		       : fail("json");
}

int command_inspect(const struct folders *folders, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	bool any = false;
	char **names = parse_flags(argc, argv, "+", none, set_nothing, NULL);
	int status = names ? each_container(folders, names, inspect, &any) : report();

	if (any)
		puts("\n]");
	return status;
}

/* Prints the process PID, unless it has ended meanwhile. */
static void print_process(pid_t pid)
{
	char path[64], user[64];
	autofree char *command = NULL;
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (stat(path, &st) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	command = read_file_at(AT_FDCWD, path, 1 << 20);
	user_name(st.st_uid, user);
	printf("%-8d  %-10s  ", pid, user);
	for (char *word = command; word && *word; word += strlen(word) + 1) {
		make_printable(word);
		printf("%s ", word);
	}
	putchar('\n');
}

static int top(struct target *target)
{
	struct cgroup cgroup;
	autofree pid_t *pids = NULL;
	ssize_t n;

	if (target->state.phase != PHASE_RUNNING)
		return failx("container %s is not running", target->name);
	if (cgroup_open(&cgroup, target->state.id) < 0)
		return -1;
	n = cgroup.n > 0 ? cgroup_pids(&cgroup, &pids) : namespace_pids(target->state.pid, &pids);
	cgroup_close(&cgroup);
	if (n < 0)
		return -1;
	printf("%-8s  %-10s  COMMAND\n", "PID", "USER");
	for (ssize_t i = 0; i < n; i++)
		print_process(pids[i]);
	return 0;
}

int command_top(const struct folders *folders, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	char **names = parse_one(argc, argv, "+", none, set_nothing, NULL);

	return names ? each_container(folders, names, top, NULL) : report();
}
