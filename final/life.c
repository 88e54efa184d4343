/* life.c: the commands on containers that there are. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

/* One container of a command, opened. */
struct target {
	struct store *store;
	struct state state;
	const char *name; /* as it was given */
	void *data;
};

static int open_target(struct store *store, const char *name, struct target *target)
{
	char id[ID_LENGTH + 1];

	*target = (struct target){.store = store, .name = name};
	return state_find(store, name, id) < 0 || state_read(store, id, &target->state) < 0 ? -1
											    : 0;
}

/* Calls ACT for each of NAMES, and goes on after one fails. Returns the exit status. */
static int for_each(
	const struct places *places, char *names[], int (*act)(struct target *), void *data)
{
	struct store store;
	int status = 0;

	if (!*names) {
		failx("no container is named");
		return report();
	}
	if (places_open(places, &store) < 0)
		return report();
	if (sweep(&store) < 0)
		status = report(); /* box rm may be what makes room on a full disk */
	for (; *names; names++) {
		struct target target;

		if (open_target(&store, *names, &target) < 0)
			status = report();
		else {
			target.data = data;
			if (act(&target) < 0)
				status = report();
			state_free(&target.state);
		}
	}
	store_close(&store);
	return status;
}

/* Reads the options of a command; SET gets the letter and the value. Returns the operands. */
static char **parse(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data)
{
	int letter;

	optind = 0;
	opterr = 0;
	while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (letter == '?' || letter == ':') {
			failx("%s: unknown option, or no value: see box %s --help",
				argv[optind - 1], argv[0]);
			return NULL;
		}
		if (set(data, letter, optarg) < 0)
			return NULL;
	}
	return argv + optind;
}

/* A whole number of at least LEAST. */
static int parse_count(const char *text, int64_t least, int64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoll(text, &end, 10);
	return errno || !*text || *end || *count < least ? failx("%s: not a number", text) : 0;
}

/* ---- ps ---- */

struct ps {
	bool all, quiet, json, whole;
	bool any; /* of JSON: a comma is due */
};

/* "3 minutes": as exact as people say it. */
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

/* RFC 3339; Docker's word for never. */
static const char *date_text(int64_t seconds, char text[32])
{
	struct tm tm;

	if (seconds == 0)
		return "0001-01-01T00:00:00Z";
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&(time_t){seconds}, &tm));
	return text;
}

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

static int set_ps(void *data, int letter, const char *value)
{
	struct ps *ps = data;

	ps->all |= letter == 'a';
	ps->quiet |= letter == 'q';
	ps->whole |= letter == 'n';
	if (letter == 'f' && strcmp(value, "json") != 0 && strcmp(value, "table") != 0)
		return failx("--format %s: json and table are known", value);
	if (letter == 'f')
		ps->json = strcmp(value, "json") == 0;
	return 0;
}

int command_ps(const struct places *places, int argc, char *argv[])
{
	static const struct option longs[] = {{"all", no_argument, NULL, 'a'},
		{"quiet", no_argument, NULL, 'q'}, {"no-trunc", no_argument, NULL, 'n'},
		{"format", required_argument, NULL, 'f'}, {0}};
	struct ps ps = {0};
	struct store store;
	int result;

	if (!parse(argc, argv, "+aqf:", longs, set_ps, &ps) || places_open(places, &store) < 0)
		return report();
	if (!ps.quiet && !ps.json)
		printf("%-*s  %-16s  %-20s  %-11s  %-25s  %-7s  NAME\n",
			ps.whole ? ID_LENGTH : SHORT_ID_LENGTH, "CONTAINER ID", "IMAGE", "COMMAND",
			"CREATED", "STATUS", "PID");
	result = sweep(&store) < 0 || state_each(&store, print_row, &ps) < 0 ? -1 : 0;
	if (ps.json)
		puts(ps.any ? "]" : "[]");
	store_close(&store);
	return result < 0 ? report() : 0;
}

/* ---- stop, kill, wait, rm ---- */

enum { PATIENCE = 60 }; /* seconds for a process to end that SIGKILL was sent to */

/* Waits until the box that runs the container has cleaned up, at most SECONDS (-1: however long).
 * Returns 1 if it has not. The lock of the place is its sign: the kernel drops it with that box. */
static int wait_for_end(struct target *target, double seconds)
{
	autoclose int fd = openat(
		target->store->containers, target->state.id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return 0; /* removed, as with --rm */
	if (seconds < 0)
		return flock(fd, LOCK_SH) < 0 ? fail("wait") : 0;
	for (double waited = 0; flock(fd, LOCK_SH | LOCK_NB) < 0; waited += 0.005) {
		if (waited >= seconds)
			return 1;
		usleep(5000);
	}
	return 0;
}

static int send(struct target *target, int signal, bool surely)
{
	autoclose int pidfd = state_pidfd(&target->state);

	if (pidfd < 0)
		return -1;
	if (surely)
		return container_kill(target->state.pid, pidfd, signal);
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0
		       ? fail("signal container %.12s", target->state.id)
		       : 0;
}

static int freeze(const char *id, bool frozen)
{
	struct cgroup cgroup;
	int result;

	if (cgroup_open(&cgroup, id) < 0)
		return -1;
	result = cgroup_freeze(&cgroup, frozen);
	cgroup_close(&cgroup);
	return result;
}

/* Sends SIGNAL, and thaws what is frozen, which would not act on it. What has no process any more
 * is about to end by itself. Returns as wait_for_end(). */
static int end(struct target *target, int signal, bool surely, double seconds)
{
	if (send(target, signal, surely) == 0)
		freeze(target->state.id, false);
	return wait_for_end(target, seconds);
}

static int stop_signal(struct target *target)
{
	struct options options = {0};
	struct image image = {0};
	struct place place;
	int signal = SIGTERM;

	if (place_open(target->store, target->state.id, false, &place) < 0)
		return SIGTERM;
	if (options_load(&options, place.dir) == 0) {
		if (options.stop_signal)
			signal = parse_signal(options.stop_signal);
		else if (image_get(target->store, options.image, &image) == 0 &&
			 image.stop_signal && (signal = parse_signal(image.stop_signal)) < 0)
			signal = SIGTERM;
	}
	image_free(&image);
	place_close(&place);
	return signal;
}

static int stop(struct target *target)
{
	const int64_t *seconds = target->data;

	if (target->state.phase == PHASE_RUNNING &&
		end(target, stop_signal(target), true, *seconds) == 1 &&
		end(target, SIGKILL, false, PATIENCE) == 1)
		return failx("container %s does not end", target->name);
	puts(target->name);
	return 0;
}

static int set_count(void *data, int letter, const char *value)
{
	(void)letter;
	return parse_count(value, 0, data);
}

int command_stop(const struct places *places, int argc, char *argv[])
{
	static const struct option longs[] = {{"time", required_argument, NULL, 't'}, {0}};
	int64_t seconds = 10;
	char **names = parse(argc, argv, "+t:", longs, set_count, &seconds);

	return names ? for_each(places, names, stop, &seconds) : report();
}

static int kill_one(struct target *target)
{
	const int *signal = target->data;

	if (send(target, *signal, false) < 0)
		return -1;
	if (*signal == SIGKILL && end(target, SIGKILL, false, PATIENCE) == 1)
		return failx("container %s does not end", target->name);
	puts(target->name);
	return 0;
}

static int set_signal(void *data, int letter, const char *value)
{
	(void)letter;
	return (*(int *)data = parse_signal(value)) < 0 ? -1 : 0;
}

int command_kill(const struct places *places, int argc, char *argv[])
{
	static const struct option longs[] = {{"signal", required_argument, NULL, 's'}, {0}};
	int signal = SIGKILL;
	char **names = parse(argc, argv, "+s:", longs, set_signal, &signal);

	return names ? for_each(places, names, kill_one, &signal) : report();
}

static int wait_one(struct target *target)
{
	char path[ID_LENGTH + 16], text[16] = "";
	autoclose int fd = -1;
	int status;

	/* Opened before the end: with --rm nothing has a name afterwards. See place_end(). */
	snprintf(path, sizeof(path), "%s/status", target->state.id);
	fd = openat(target->store->containers, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failx("%s: no such container", target->name);
	if (wait_for_end(target, -1) < 0)
		return -1;
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		return fail("%s", path);
	/* -1: box was killed, and it with that */
	status = *text ? atoi(text) : -1;
	printf("%d\n", status < 0 ? 128 + SIGKILL : status);
	return fflush(stdout) == 0 ? 0 : fail("stdout");
}

static int set_nothing(void *data, int letter, const char *value)
{
	(void)data;
	(void)letter;
	(void)value;
	return 0;
}

int command_wait(const struct places *places, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	char **names = parse(argc, argv, "+", none, set_nothing, NULL);

	return names ? for_each(places, names, wait_one, NULL) : report();
}

static int rm(struct target *target)
{
	const bool *force = target->data;
	struct place place;
	int result;

	if (target->state.phase == PHASE_RUNNING && !*force)
		return failx("container %s is running: stop it first, or box rm -f", target->name);
	if (target->state.phase == PHASE_RUNNING && end(target, SIGKILL, false, PATIENCE) == 1)
		return failx("container %s does not end", target->name);
	result = place_open(target->store, target->state.id, true, &place);
	if (result < 0 && *force) {
		if (faccessat(target->store->containers, target->state.id, F_OK, 0) < 0)
			result = 0; /* it removed itself, by --rm */
	} else if (result == 0) {
		result = place_remove(target->store, &place);
		place_close(&place);
	}
	if (result == 0)
		puts(target->name);
	return result;
}

static int set_true(void *data, int letter, const char *value)
{
	(void)letter;
	(void)value;
	return *(bool *)data = true, 0;
}

int command_rm(const struct places *places, int argc, char *argv[])
{
	static const struct option longs[] = {{"force", no_argument, NULL, 'f'}, {0}};
	bool force = false;
	char **names = parse(argc, argv, "+f", longs, set_true, &force);

	return names ? for_each(places, names, rm, &force) : report();
}

/* ---- pause, unpause ---- */

static int pause_one(struct target *target)
{
	const bool *frozen = target->data;
	const struct state *state = &target->state;

	if (state->phase != PHASE_RUNNING)
		return failx("container %s is not running", target->name);
	if (state->paused == *frozen)
		return failx("container %s is %s", target->name, *frozen ? "paused" : "not paused");
	if (freeze(state->id, *frozen) < 0)
		return -1;
	puts(target->name);
	return 0;
}

int command_pause(const struct places *places, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	bool frozen = strcmp(argv[0], "pause") == 0;
	char **names = parse(argc, argv, "+", none, set_nothing, NULL);

	return names ? for_each(places, names, pause_one, &frozen) : report();
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

int command_logs(const struct places *places, int argc, char *argv[])
{
	static const struct option longs[] = {{"follow", no_argument, NULL, 'f'},
		{"timestamps", no_argument, NULL, 't'}, {"tail", required_argument, NULL, 'n'},
		{0}};
	struct logs logs = {.tail = -1};
	char **names = parse(argc, argv, "+ftn:", longs, set_logs, &logs);

	if (names && names[0] && names[1]) {
		failx("the logs of one container at a time");
		return report();
	}
	return names ? for_each(places, names, print_logs, &logs) : report();
}

static json_t *list_json(char **list)
{
	json_t *json = json_array();

	for (; list && *list; list++)
		json_array_append_new(json, json_any(*list));
	return json;
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

/* What options and the image make of it, by Docker's names. */
static json_t *config_json(const struct options *options, const struct image *image)
{
	const struct spec *spec = &options->spec;
	const struct limits *limits = &spec->limits;

	return json_pack("{s:{s:o, s:o, s:o, s:o, s:o, s:o, s:b},"
			 " s:{s:I, s:I, s:I, s:I, s:s, s:s, s:b, s:b, s:b, s:b}, s:o}",
		"Config", "Hostname", json_any(spec->hostname), "User", json_any(spec->user), "Env",
		list_json(spec->env), "Cmd", list_json(spec->argv), "WorkingDir",
		json_any(spec->cwd), "StopSignal",
		json_any(options->stop_signal ?: image->stop_signal ?: "SIGTERM"), "Tty",
		spec->terminal, "HostConfig", "Memory", (json_int_t)limits->memory, "PidsLimit",
		(json_int_t)limits->pids, "CpuQuota", (json_int_t)limits->cpu_quota, "CpuPeriod",
		(json_int_t)limits->cpu_period, "CpusetCpus", limits->cpuset_cpus ?: "",
		"NetworkMode", options->host_network ? "host" : "none", "Privileged",
		options->privileged, "ReadonlyRootfs", options->read_only, "AutoRemove",
		options->remove, "Init", spec->init, "Mounts", mounts_json(options));
}

static int inspect(struct target *target)
{
	json_auto_t *json = state_json(&target->state), *config = NULL;
	struct options options = {0};
	struct image image = {0};
	struct place place = {.dir = -1};
	bool *any = target->data;

	/* Of a container whose image, a folder, is gone, the state is all that is known. */
	if (place_open(target->store, target->state.id, false, &place) == 0 &&
		options_load(&options, place.dir) == 0 &&
		load_container(target->store, &place, &options, &image) == 0)
		config = config_json(&options, &image);
	if (json && config)
		json_object_update(json, config);
	image_free(&image);
	place_close(&place);
	fputs(*any ? ",\n" : "[\n", stdout);
	*any = true;
	return json && json_dumpf(json, stdout, JSON_INDENT(4) | JSON_ENSURE_ASCII) == 0
		       ? 0
		       : fail("json");
}

int command_inspect(const struct places *places, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	bool any = false;
	char **names = parse(argc, argv, "+", none, set_nothing, NULL);
	int status = names ? for_each(places, names, inspect, &any) : report();

	if (any)
		puts("\n]");
	return status;
}

/* A process that ends meanwhile is left out. */
static void print_process(pid_t pid)
{
	char path[64], user[64];
	autofree char *command = NULL;
	struct passwd *entry;
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (stat(path, &st) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	command = read_file_at(AT_FDCWD, path, 1 << 20);
	entry = getpwuid(st.st_uid);
	snprintf(user, sizeof(user), "%u", st.st_uid);
	printf("%-8d  %-10s  ", pid, entry ? entry->pw_name : user);
	for (char *word = command; word && *word; word += strlen(word) + 1) {
		make_printable(word);
		printf("%s ", word);
	}
	putchar('\n');
}

static int top(struct target *target)
{
	struct cgroup cgroup;
	autofree char *list = NULL;

	if (target->state.phase != PHASE_RUNNING)
		return failx("container %s is not running", target->name);
	if (cgroup_open(&cgroup, target->state.id) < 0)
		return -1;
	list = cgroup.n > 0 ? read_file_at(cgroup.hierarchies[0].dir, "cgroup.procs", 1 << 20)
			    : NULL;
	cgroup_close(&cgroup);
	if (!list)
		return -1;
	printf("%-8s  %-10s  COMMAND\n", "PID", "USER");
	for (char *line = list, *pid; (pid = strsep(&line, "\n")) && *pid;)
		print_process(atoi(pid));
	return 0;
}

int command_top(const struct places *places, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	char **names = parse(argc, argv, "+", none, set_nothing, NULL);

	return names ? for_each(places, names, top, NULL) : report();
}

/* ---- exec ---- */

struct exec {
	bool detach, interactive, terminal, privileged;
	struct strings env;
	const char *cwd, *user;
};

static int set_exec(void *data, int letter, const char *value)
{
	struct exec *exec = data;

	exec->detach |= letter == 'd';
	exec->interactive |= letter == 'i';
	exec->terminal |= letter == 't';
	exec->privileged |= letter == 'p';
	if (letter == 'w')
		exec->cwd = value;
	if (letter == 'u')
		exec->user = value;
	return letter == 'e' ? add_env(&exec->env, value) : 0;
}

/* The same privileges and environment as box run gave, but for what exec was told. */
static int exec_spec(struct target *target, const struct exec *exec, char **command,
	struct options *options, struct image *image, struct place *place)
{
	if (target->state.phase != PHASE_RUNNING)
		return failx("container %s is not running", target->name);
	if (place_open(target->store, target->state.id, false, place) < 0 ||
		options_load(options, place->dir) < 0)
		return -1;
	options->spec.terminal = exec->terminal;
	options->interactive = exec->interactive;
	options->privileged |= exec->privileged;
	options->user = exec->user ?: options->user;
	options->workdir = exec->cwd ?: options->workdir;
	options->entrypoint = ""; /* none */
	options->command = command;
	for (size_t i = 0; i < exec->env.n; i++)
		if (add_env(&options->env, exec->env.list[i]) < 0)
			return -1;
	return load_container(target->store, place, options, image);
}

/* One box exec. */
struct job {
	const struct exec *exec;
	const struct spec *spec;
	struct target target;
};

/* Returns the exit status. BOX, unless it is -1, is told whether the process has started. */
static int exec_in(const struct job *job, int box)
{
	autoclose int pidfd = state_pidfd(&job->target.state);
	struct container container = no_container;
	struct cgroup cgroup = {.n = 0};
	sigset_t signals;
	int status = EXIT_BOX;
	bool ok;

	block_signals(&signals);
	ok = pidfd >= 0 && cgroup_open(&cgroup, job->target.state.id) == 0 &&
	     container_join(&container, job->spec, pidfd, &cgroup) == 0;
	cgroup_close(&cgroup);
	if (ok && container.master >= 0)
		terminal_resize(container.master);
	ok = ok && (container.master < 0 || !job->exec->interactive || terminal_raw() == 0) &&
	     container_start(&container, &status) == 0;
	if (box >= 0)
		background_tell(box, ok ? 0 : status);
	if (ok && (status = container_wait(&container, &signals, job->exec->interactive)) < 0) {
		status = EXIT_BOX;
		ok = false;
	}
	terminal_restore();
	if (!ok)
		report();
	container_destroy(&container);
	return status;
}

/* As the monitor of box run -d does: the process is a child of ours, and dies with us. */
static void exec_detached(void *data, int box)
{
	exec_in(data, box);
}

static int run_exec(struct store *store, const struct exec *exec, char **words)
{
	struct options options = {0};
	struct image image = {0};
	struct place place = {.dir = -1};
	struct job job = {.exec = exec, .spec = &options.spec};
	int status = EXIT_BOX;

	if (open_target(store, words[0], &job.target) < 0 ||
		exec_spec(&job.target, exec, words + 1, &options, &image, &place) < 0)
		report();
	else if (job.target.state.paused)
		failx("container %s is paused", words[0]), report();
	else if (exec->detach)
		status = background(exec_detached, &job);
	else
		status = set_stdin(&options) < 0 ? report() : exec_in(&job, -1);
	image_free(&image);
	place_close(&place);
	state_free(&job.target.state);
	return status;
}

int command_exec(const struct places *places, int argc, char *argv[])
{
	static const struct option longs[] = {{"detach", no_argument, NULL, 'd'},
		{"interactive", no_argument, NULL, 'i'}, {"tty", no_argument, NULL, 't'},
		{"env", required_argument, NULL, 'e'}, {"workdir", required_argument, NULL, 'w'},
		{"user", required_argument, NULL, 'u'}, {"privileged", no_argument, NULL, 'p'},
		{0}};
	struct exec exec = {0};
	struct store store;
	char **words = parse(argc, argv, "+dite:w:u:", longs, set_exec, &exec);
	int status;

	if (!words)
		return report();
	if (!words[0] || !words[1]) {
		failx("no %s; see box exec --help", words[0] ? "command" : "container");
		return report();
	}
	if (places_open(places, &store) < 0)
		return report();
	status = run_exec(&store, &exec, words);
	store_close(&store);
	return status;
}
