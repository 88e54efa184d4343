/*
 * box-oci.c: the command line of an OCI runtime, which is runc's, and its commands on containers.
 *
 *   argv -- box-oci.c --> oci.c (config.json) --> struct spec --> container.c --> init.c --> exec
 */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#define SPEC_VERSION "1.2.0"
enum { MAX_CONFIG = 16 << 20, EXEC_FAILED = 255, MAX_VALUES = 64 };

/* The command line. */
struct line {
	const char *root, *log; /* of all commands */
	bool log_json, debug;
	const char *bundle, *console, *pid_file, *process, *cwd, *user, *format, *resources;
	const char *interval;
	int preserve_fds;
	bool no_pivot, keep_keyring, detach, keep, terminal, no_new_privs, all, force, quiet, stats;
	bool ignore_paused;
	struct strings env, caps, gids;
	struct resources limits;
	char **words; /* what is left: ID... */
	int n_words;
};
static struct line line = {.root = "/run/box-oci"};

/* ---- errors: on stderr, and in the log ---- */

/* As logrus, runc's library, writes it: conmon and containerd read that. */
static void log_error(const char *text)
{
	autofclose FILE *log = line.log ? fopen(line.log, "ae") : NULL;
	time_t now = time(NULL);
	struct tm tm;
	char when[40];
	json_auto_t *json = json_any(text);
	autofree char *quoted = json_dumps(json, JSON_ENCODE_ANY);

	if (!log || !quoted || !gmtime_r(&now, &tm))
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (line.log_json)
		fprintf(log, "{\"level\":\"error\",\"msg\":%s,\"time\":\"%s\"}\n", quoted, when);
	else
		fprintf(log, "time=\"%s\" level=error msg=%s\n", when, quoted);
}

static int report_oci(int status)
{
	report();
	log_error(failure());
	return status;
}

/* ---- what create, run and exec share ---- */

/* Hands the terminal to the engine, whose socket waits for it. A newline is then its business. */
static int send_console(int master)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct termios terminal;

	if (tcgetattr(master, &terminal) < 0)
		return fail("the terminal");
	terminal.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(master, TCSANOW, &terminal) < 0)
		return fail("the terminal");
	if (strlen(line.console) >= sizeof(address.sun_path))
		return failx("--console-socket %s: the path is too long", line.console);
	strcpy(address.sun_path, line.console);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		send_descriptor(fd, "/dev/ptmx", 9, master) < 0)
		return fail("--console-socket %s", line.console);
	return 0;
}

static int check_console(const struct spec *spec)
{
	if (line.console && !spec->terminal)
		return failx("--console-socket without a terminal: process.terminal is false");
	if (spec->terminal && spec->detached && !line.console)
		return failx("a terminal needs --console-socket when nobody stays to serve it");
	return 0;
}

/* The terminal gets its size, and who asked for it. */
static int give_terminal(struct container *container, const struct bundle *bundle)
{
	struct winsize size = {.ws_row = bundle->rows, .ws_col = bundle->columns};

	if (container->master < 0)
		return 0;
	if (size.ws_row || size.ws_col)
		ioctl(container->master, TIOCSWINSZ, &size);
	else if (!line.console)
		terminal_resize(container->master);
	if (!line.console)
		return 0;
	if (send_console(container->master) < 0)
		return -1;
	close_fd(&container->master);
	return 0;
}

/* Whole at once: an engine waits for it. */
static int write_pid_file(pid_t pid)
{
	autofree char *new = line.pid_file ? format_text("%s.new", line.pid_file) : NULL;
	autofree char *text = format_text("%d", pid);
	autoclose int fd = -1;

	if (!line.pid_file)
		return 0;
	if (!new || !text)
		return -1;
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || write_all(fd, text, strlen(text)) < 0 || rename(new, line.pid_file) < 0)
		return fail("--pid-file %s", line.pid_file);
	return 0;
}

/* A text as JSON has it. */
static char *quote(const char *text)
{
	json_auto_t *json = json_any(text);

	return json_dumps(json, JSON_ENCODE_ANY);
}

/* What hooks read, see hooks_run(). */
static char *hook_state(const struct oci *oci, const char *annotations)
{
	autofree char *bundle = quote(oci->bundle), *rootfs = quote(oci->rootfs);

	return !bundle || !rootfs
		       ? NULL
		       : format_text("\"ociVersion\":\"%s\",\"id\":\"%s\",\"bundle\":%s,"
				     "\"rootfs\":%s,\"annotations\":%s",
				 oci->version, oci->id, bundle, rootfs, annotations ?: "{}");
}

/* The spec's parts that are not of config.json. */
static int complete_spec(struct bundle *bundle, const struct oci *oci)
{
	struct spec *spec = &bundle->spec;
	autofree char *folder = format_text("%s/.seccomp", oci->root);
	autofree char *profile =
		bundle->seccomp ? json_dumps(bundle->seccomp, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	snprintf(spec->id, sizeof(spec->id), "%.*s", ID_LENGTH, oci->id);
	spec->cgroup = oci->cgroup;
	spec->preserve_fds = line.preserve_fds;
	spec->no_pivot = line.no_pivot;
	spec->keep_keyring = line.keep_keyring;
	if (!(spec->hook_state = hook_state(oci, bundle->annotations)))
		return -1;
	if (profile && !(spec->seccomp = seccomp_profile(profile, folder)))
		return -1;
	return check_console(spec);
}

/* ---- create, run ---- */

static char *read_config(const char *folder)
{
	autofree char *path = format_text("%s/config.json", folder);

	return path ? read_file_at(AT_FDCWD, path, MAX_CONFIG) : NULL;
}

/* The time with nanoseconds, RFC 3339. */
static char *now_text(void)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return format_text("%s.%09ldZ", text, now.tv_nsec);
}

/* Writes down what the container is, before anything of it is there. */
static int note_oci(struct oci *oci, struct bundle *bundle, const char *config)
{
	char unique[ID_LENGTH + 1];

	oci->bundle = bundle->folder;
	oci->rootfs = bundle->spec.rootfs;
	oci->created = now_text();
	/* Another ROOT may have a container of this ID. */
	random_id(unique);
	oci->cgroup = bundle->spec.cgroup ?: format_text("%.40s-%.16s", oci->id, unique);
	oci->version = SPEC_VERSION;
	oci->annotations = json_object_get(bundle->json, "annotations");
	oci->own_pids = bundle->spec.namespaces & CLONE_NEWPID;
	if (!oci->created || !oci->cgroup || oci_write_file(oci, "config.json", config) < 0)
		return -1;
	return oci_write(oci);
}

static int note_pid(struct oci *oci, pid_t pid)
{
	oci->pid = pid;
	oci->start = start_time(pid);
	return oci_write(oci);
}

static int create_container(struct container *container, struct oci *oci, struct bundle *bundle)
{
	struct spec *spec = &bundle->spec;
	int status;

	if (complete_spec(bundle, oci) < 0 ||
		(spec->detached && oci_make_gate(oci, spec->gate) < 0) ||
		container_create(container, spec) < 0)
		return -1;
	if (note_pid(oci, container->pid) < 0 || give_terminal(container, bundle) < 0 ||
		(spec->detached && container_start(container, &status) < 0) ||
		write_pid_file(container->pid) < 0) {
		char why[1024];

		snprintf(why, sizeof(why), "%s", failure()); /* not what the end of it says */
		container_destroy(container);
		return failx("%s", why);
	}
	/* The end of the status is the process's to make. */
	for (int i = 0; i < 2 && spec->detached; i++)
		close_fd(&spec->gate[i]);
	return 0;
}

/* What is left of one that could not be made. */
static void undo(struct oci *oci, const struct bundle *bundle)
{
	char why[1024];

	snprintf(why, sizeof(why), "%s", failure());
	if (bundle->spec.hook_state)
		hooks_run(&bundle->spec, HOOK_POSTSTOP, "stopped", 0);
	oci_remove(oci);
	failx("%s", why);
}

/* Makes the container that the words name; on an error nothing of it is left. */
static int make(struct container *container, struct oci *oci, struct bundle *bundle, bool detached)
{
	autofree char *folder = realpath(line.bundle ?: ".", NULL);
	autofree char *config = folder ? read_config(folder) : NULL;

	*container = no_container;
	if (!folder)
		return fail("the bundle %s", line.bundle ?: ".");
	if (!config || oci_read(bundle, config, steal_pointer(&folder)) < 0)
		return -1;
	bundle->spec.detached = detached;
	if (check_console(&bundle->spec) < 0 || oci_make(oci, line.root, line.words[0]) < 0)
		return -1;
	if (note_oci(oci, bundle, config) < 0 || create_container(container, oci, bundle) < 0) {
		undo(oci, bundle);
		return -1;
	}
	return 0;
}

static int command_create(void)
{
	static struct bundle bundle;
	struct container container;
	struct oci oci;

	if (make(&container, &oci, &bundle, true) < 0)
		return -1;
	container_release(&container);
	return 0;
}

/* Lets the created container's process go, with its hooks. SPEC has these alone. */
static int start_oci(struct oci *oci, const struct spec *spec)
{
	if (oci->status == OCI_STOPPED)
		return failx("cannot start a container that has stopped");
	if (oci->status != OCI_CREATED)
		return failx("cannot start an already running container");
	if (oci_open_gate(oci) < 0)
		return -1;
	/* The process runs: what these do wrong is told, and no more (config.md, "Poststart"). */
	if (hooks_run(spec, HOOK_POSTSTART, "running", oci->pid) < 0)
		report_oci(0);
	return 0;
}

/* The spec of a container that there is, from its copy of config.json. */
static int load_bundle(struct bundle *bundle, const struct oci *oci)
{
	autofree char *config = read_file_at(oci->dir, "config.json", MAX_CONFIG);

	if (!config || oci_read(bundle, config, oci->bundle) < 0)
		return -1;
	bundle->spec.hook_state = hook_state(oci, bundle->annotations);
	return bundle->spec.hook_state ? 0 : -1;
}

static int command_start_oci(void)
{
	static struct bundle bundle;
	struct oci oci;
	int result = oci_open(&oci, line.root, line.words[0], true);

	if (result == 0)
		result = load_bundle(&bundle, &oci);
	if (result == 0)
		result = start_oci(&oci, &bundle.spec);
	oci_close(&oci);
	return result;
}

/* Waits for what runs in the foreground. Returns its exit status, or -1. */
static int wait_for(struct container *container)
{
	sigset_t signals;

	block_signals(&signals);
	if (container->master >= 0 && isatty(STDIN_FILENO) && terminal_raw() < 0)
		return -1;
	return container_wait(container, &signals, true);
}

static int run_in_foreground(
	struct container *container, struct oci *oci, const struct bundle *bundle)
{
	const struct spec *spec = &bundle->spec;
	int status, result = container_start(container, &status);

	if (result == 0 && hooks_run(spec, HOOK_POSTSTART, "running", oci->pid) < 0)
		report_oci(0);
	flock(oci->dir, LOCK_UN); /* other commands may now */
	if (result == 0)
		result = wait_for(container);
	terminal_restore();
	if (result < 0) {
		container_destroy(container);
		undo(oci, bundle);
		return -1;
	}
	if (line.keep) {
		container_release(container);
		return result;
	}
	if (container_destroy(container) < 0 || oci_remove(oci) < 0)
		return -1;
	if (hooks_run(spec, HOOK_POSTSTOP, "stopped", 0) < 0)
		report_oci(0);
	return result;
}

static int command_run_oci(void)
{
	static struct bundle bundle;
	struct container container;
	struct oci oci;
	int result = make(&container, &oci, &bundle, line.detach);

	if (result < 0)
		return -1;
	if (!line.detach)
		return run_in_foreground(&container, &oci, &bundle);
	oci_look(&oci);
	if ((result = start_oci(&oci, &bundle.spec)) < 0) {
		container_destroy(&container);
		undo(&oci, &bundle);
	} else
		container_release(&container);
	return result;
}

/* ---- exec ---- */

static int add_environment(struct spec *spec)
{
	struct strings env = {0};

	for (char **variable = spec->env; *variable; variable++)
		if (add_env(&env, *variable) < 0)
			return -1;
	for (size_t i = 0; i < line.env.n; i++)
		if (add_env(&env, line.env.list[i]) < 0)
			return -1;
	spec->env = env.n ? env.list : spec->env;
	return 0;
}

/* The container's process, but for what the command line says of another one. */
static int exec_by_words(struct bundle *bundle)
{
	struct spec *spec = &bundle->spec;
	uint64_t more = 0;

	if (line.n_words < 2)
		return failx("exec: no process is named: ID COMMAND..., or --process FILE");
	spec->argv = line.words + 1;
	spec->terminal = line.terminal;
	spec->cwd = line.cwd ?: spec->cwd;
	spec->no_new_privileges |= line.no_new_privs;
	if (line.user) {
		const char *group = strchr(line.user, ':');

		spec->user = group ? line.user : format_text("%s:0", line.user);
	}
	if (line.gids.n > 0) {
		gid_t *groups = calloc(line.gids.n, sizeof(*groups));

		spec->groups = groups;
		for (spec->n_groups = 0; groups && spec->n_groups < line.gids.n; spec->n_groups++)
			groups[spec->n_groups] = strtoul(line.gids.list[spec->n_groups], NULL, 10);
	}
	for (size_t i = 0; i < line.caps.n; i++)
		if (capabilities_change(&more, line.caps.list[i], true) < 0)
			return -1;
	spec->capabilities.bounding |= more;
	spec->capabilities.effective |= more;
	spec->capabilities.permitted |= more;
	if (spec->capabilities.inheritable) {
		spec->capabilities.inheritable |= more;
		spec->capabilities.ambient |= more;
	}
	return spec->user && spec->groups ? add_environment(spec) : -1;
}

static int exec_spec(struct bundle *bundle, const struct oci *oci)
{
	autofree char *text = NULL;

	if (oci->status == OCI_STOPPED)
		return failx("cannot exec in a stopped container");
	if (oci->status == OCI_PAUSED && !line.ignore_paused)
		return failx("cannot exec in a paused container");
	if (load_bundle(bundle, oci) < 0)
		return -1;
	bundle->rows = bundle->columns = 0; /* the terminal of the container's process */
	if (line.process && (!(text = read_file_at(AT_FDCWD, line.process, MAX_CONFIG)) ||
				    oci_read_process(bundle, text, line.process) < 0))
		return -1;
	if (!line.process && exec_by_words(bundle) < 0)
		return -1;
	bundle->spec.detached = line.detach;
	return complete_spec(bundle, oci);
}

static int exec_in(struct container *container, struct bundle *bundle, const struct oci *oci)
{
	autoclose int pidfd = oci_pidfd(oci);
	struct cgroup cgroup = {.n = 0};
	int status, result = -1;

	if (pidfd < 0 || cgroup_open(&cgroup, oci->cgroup) < 0 ||
		container_join(container, &bundle->spec, pidfd, &cgroup) < 0) {
		cgroup_close(&cgroup);
		return -1;
	}
	cgroup_close(&cgroup);
	if (give_terminal(container, bundle) == 0 && container_start(container, &status) == 0 &&
		write_pid_file(container->pid) == 0)
		result = line.detach ? 0 : wait_for(container);
	terminal_restore();
	if (result < 0)
		container_destroy(container);
	else
		container_release(container);
	return result;
}

static int command_exec_oci(void)
{
	static struct bundle bundle;
	struct container container = no_container;
	struct oci oci;
	int result = oci_open(&oci, line.root, line.words[0], false);

	if (result == 0)
		result = exec_spec(&bundle, &oci);
	if (result == 0)
		result = exec_in(&container, &bundle, &oci);
	return result < 0 ? report_oci(EXEC_FAILED) : result;
}

/* ---- state, kill, delete ---- */

static int print_json(json_t *json, size_t flags)
{
	if (!json || json_dumpf(json, stdout, flags) < 0)
		return failx("print it");
	putchar('\n');
	json_decref(json);
	return 0;
}

static int command_state(void)
{
	struct oci oci;

	return oci_open(&oci, line.root, line.words[0], false) < 0
		       ? -1
		       : print_json(oci_state(&oci), JSON_INDENT(2));
}

/* All that are in its cgroup. A frozen one cannot fork meanwhile. */
static int kill_all(const struct oci *oci, int signal)
{
	struct cgroup cgroup;
	autofree pid_t *pids = NULL;
	ssize_t n;
	int result = 0;

	if (cgroup_open(&cgroup, oci->cgroup) < 0)
		return -1;
	if (signal == SIGKILL)
		result = cgroup_kill(&cgroup);
	else if ((n = oci_pids(oci, &pids)) < 0)
		result = -1;
	else
		for (ssize_t i = 0; i < n; i++)
			kill(pids[i], signal);
	cgroup_close(&cgroup);
	return result;
}

static void thaw(const struct oci *oci)
{
	struct cgroup cgroup;

	if (cgroup_open(&cgroup, oci->cgroup) == 0)
		cgroup_freeze(&cgroup, false);
	cgroup_close(&cgroup);
}

static int kill_oci(const struct oci *oci, int signal, bool all)
{
	autoclose int pidfd = -1;

	/* Without a PID namespace of its own, the first process takes no other with it. */
	if (all || (signal == SIGKILL && !oci->own_pids))
		return kill_all(oci, signal);
	if ((pidfd = oci_pidfd(oci)) < 0)
		return -1;
	if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0)
		return fail("signal container %s", oci->id);
	/* What is frozen on v1 does not even die. */
	if (signal == SIGKILL && oci->status == OCI_PAUSED)
		thaw(oci);
	return 0;
}

static int command_kill_oci(void)
{
	const char *name = line.n_words > 1 ? line.words[1] : "TERM";
	int signal = parse_signal(name);
	struct oci oci;

	if (signal < 0 || oci_open(&oci, line.root, line.words[0], false) < 0)
		return -1;
	if (oci.status == OCI_STOPPED && !line.all)
		return failx("container not running");
	return kill_oci(&oci, signal, line.all);
}

static int wait_until_stopped(struct oci *oci)
{
	for (int i = 0; oci->status != OCI_STOPPED; i++) {
		if (i == 1000)
			return failx("container %s does not end", oci->id);
		usleep(10 * 1000);
		oci_look(oci);
	}
	return 0;
}

static int delete_oci(struct oci *oci)
{
	static struct bundle bundle;
	bool loaded = load_bundle(&bundle, oci) == 0;
	int result;

	if (oci->status != OCI_STOPPED && (oci->status == OCI_CREATED || line.force) &&
		(kill_oci(oci, SIGKILL, false) < 0 || wait_until_stopped(oci) < 0))
		return -1;
	if (oci->status != OCI_STOPPED)
		return failx("cannot delete container %s that is not stopped: %s", oci->id,
			oci_status_names[oci->status]);
	result = cgroup_sweep(oci->cgroup, false);
	if (oci_remove(oci) < 0)
		result = -1;
	if (loaded && hooks_run(&bundle.spec, HOOK_POSTSTOP, "stopped", 0) < 0)
		report_oci(0);
	return result;
}

/* One that create was killed in, before it could say what it is: before there was more of it. */
static int delete_broken(struct oci *oci)
{
	if (flock(oci->dir, LOCK_EX | LOCK_NB) < 0)
		return failx("container %s is being created", oci->id);
	return oci_remove(oci);
}

static int command_delete(void)
{
	struct oci oci;

	if (line.force && !oci_exists(line.root, line.words[0]))
		return 0;
	if (oci_open(&oci, line.root, line.words[0], true) < 0)
		return line.force && oci.dir >= 0 ? delete_broken(&oci) : -1;
	return delete_oci(&oci);
}

/* ---- list, ps, pause, resume ---- */

struct row {
	char *cells[6];
};

struct table {
	struct row *rows;
	size_t n;
	json_t *json;
};

static int add_row(struct oci *oci, void *data)
{
	struct table *table = data;
	json_t *state = oci_state(oci);
	struct row *grown = reallocarray(table->rows, table->n + 1, sizeof(*grown));
	static const char *const keys[] = {"id", "", "status", "bundle", "created", "owner"};

	if (!state || !grown)
		return fail("memory");
	table->rows = grown;
	for (size_t i = 0; i < 6; i++)
		grown[table->n].cells[i] =
			*keys[i] ? strdup(json_string_value(json_object_get(state, keys[i])))
				 : format_text("%" JSON_INTEGER_FORMAT,
					   json_integer_value(json_object_get(state, "pid")));
	table->n++;
	return json_array_append_new(table->json, state);
}

/* As Go's tabwriter does it for runc: cells of 12 and more, 3 blanks between; not after the last.
 */
static void print_table(const struct table *table)
{
	static const struct row head = {{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
	size_t widths[6];

	for (size_t column = 0; column < 6; column++) {
		widths[column] = strlen(head.cells[column]);
		for (size_t i = 0; i < table->n; i++) {
			size_t length = strlen(table->rows[i].cells[column]);

			widths[column] = length > widths[column] ? length : widths[column];
		}
		widths[column] = widths[column] + 3 < 12 ? 12 : widths[column] + 3;
	}
	for (size_t i = 0; i <= table->n; i++) {
		const struct row *row = i == 0 ? &head : &table->rows[i - 1];

		for (size_t column = 0; column < 5; column++)
			printf("%-*s", (int)widths[column], row->cells[column]);
		puts(row->cells[5]);
	}
}

static int command_list(void)
{
	struct table table = {.json = json_array()};

	if (oci_each(line.root, add_row, &table) < 0)
		return -1;
	if (line.quiet)
		for (size_t i = 0; i < table.n; i++)
			puts(table.rows[i].cells[0]);
	else if (line.format && strcmp(line.format, "json") == 0)
		return table.n == 0 ? puts("null") < 0 : print_json(table.json, JSON_COMPACT);
	else if (line.format && strcmp(line.format, "table") != 0)
		return failx("--format %s: neither table nor json", line.format);
	else
		print_table(&table);
	return 0;
}

static bool is_among(const pid_t *pids, ssize_t n, pid_t pid)
{
	for (ssize_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Prints the lines of ps(1) about PIDS. Its first line says where a PID is to be found. */
static int print_processes(FILE *ps, const pid_t *pids, ssize_t n)
{
	autofree char *text = NULL;
	size_t size = 0;
	int column = -1, i;

	while (getline(&text, &size, ps) > 0) {
		autofree char *copy = strdup(text);
		char *rest = copy, *word;
		bool head = column < 0;

		for (i = 0; (word = strsep(&rest, " \n"));) {
			if (!*word)
				continue;
			if (head && strcmp(word, "PID") == 0)
				column = i;
			if (!head && i == column && is_among(pids, n, atoi(word)))
				fputs(text, stdout);
			i++;
		}
		if (head && column < 0)
			return failx("ps: no column PID");
		if (head)
			fputs(text, stdout);
	}
	return 0;
}

static int run_ps(const pid_t *pids, ssize_t n)
{
	char *usual[] = {"ps", "-ef", NULL};
	char **argv = usual;
	autofclose FILE *out = NULL;
	int ends[2], result, status;
	pid_t pid;

	if (line.n_words > 1) {
		line.words[0] = "ps";
		argv = line.words;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("pipe");
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execvp("ps", argv);
		_exit(EXIT_NOT_FOUND);
	}
	close(ends[1]);
	if (!(out = fdopen(ends[0], "r")))
		return fail("ps");
	result = print_processes(out, pids, n);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return failx("ps failed, or is not installed");
	return result;
}

static int command_ps_oci(void)
{
	struct oci oci;
	autofree pid_t *pids = NULL;
	ssize_t n;

	if (oci_open(&oci, line.root, line.words[0], false) < 0 || (n = oci_pids(&oci, &pids)) < 0)
		return -1;
	if (line.format && strcmp(line.format, "json") == 0) {
		json_t *array = json_array();

		for (ssize_t i = 0; i < n; i++)
			json_array_append_new(array, json_integer(pids[i]));
		return print_json(array, JSON_COMPACT);
	}
	return run_ps(pids, n);
}

static int set_frozen(bool frozen)
{
	struct cgroup cgroup;
	struct oci oci;
	int result;

	if (oci_open(&oci, line.root, line.words[0], true) < 0)
		return -1;
	if (frozen ? oci.status != OCI_RUNNING && oci.status != OCI_CREATED
		   : oci.status != OCI_PAUSED)
		return failx("container not %s", frozen ? "running" : "paused");
	if (cgroup_open(&cgroup, oci.cgroup) < 0)
		return -1;
	result = cgroup_freeze(&cgroup, frozen);
	cgroup_close(&cgroup);
	return result;
}

static int command_pause_oci(void)
{
	return set_frozen(true);
}

static int command_resume(void)
{
	return set_frozen(false);
}

/* ---- update, events, spec, features ---- */

/* FILE, or stdin, which may be a pipe, for "-". */
static char *read_input(const char *file)
{
	autoclose int copy = memfd_create("input", MFD_CLOEXEC);
	char data[4096];
	ssize_t size;

	if (strcmp(file, "-") != 0)
		return read_file_at(AT_FDCWD, file, MAX_CONFIG);
	while ((size = read(STDIN_FILENO, data, sizeof(data))) > 0)
		if (write_all(copy, data, size) < 0)
			return NULL;
	lseek(copy, 0, SEEK_SET);
	return read_file(copy, "stdin", MAX_CONFIG);
}

static int command_update_oci(void)
{
	autofree char *text = NULL;
	struct cgroup cgroup;
	struct oci oci;
	int result;

	if (oci_open(&oci, line.root, line.words[0], true) < 0)
		return -1;
	if (oci.status == OCI_STOPPED)
		return failx("container not running");
	if (line.resources && (!(text = read_input(line.resources)) ||
				      oci_read_resources(&line.limits, text, line.resources) < 0))
		return -1;
	line.limits.n_devices = 0; /* runc leaves these as they are, too */
	if (cgroup_open(&cgroup, oci.cgroup) < 0)
		return -1;
	result = resources_write(&cgroup, &line.limits);
	cgroup_close(&cgroup);
	return result;
}

static int command_events(void)
{
	int64_t seconds = 5;
	struct oci oci;

	if (line.interval && parse_count(line.interval, 1, &seconds) < 0)
		return -1;
	do {
		if (oci_open(&oci, line.root, line.words[0], false) < 0)
			return -1;
		if (oci.status == OCI_STOPPED)
			return line.stats ? failx("container not running") : 0;
		if (oci_print_events(&oci) < 0 || fflush(stdout) < 0)
			return -1;
		oci_close(&oci);
	} while (!line.stats && sleep(seconds) == 0);
	return 0;
}

static int command_spec(void)
{
	return oci_print_spec(line.bundle ?: ".");
}

/* ---- the command line ---- */

enum {
	ROOT = 256,
	LOG,
	LOG_FORMAT,
	SYSTEMD,
	DEBUG,
	IGNORED,
	CONSOLE,
	PID_FILE,
	NO_PIVOT,
	KEYRING,
	PRESERVE,
	KEEP,
	CWD,
	GIDS,
	NO_NEW_PRIVS,
	IGNORE_PAUSED,
	INTERVAL,
	STATS,
	LABEL,
	UPDATE
};

#define MAKING                                                                                     \
	{"bundle", required_argument, NULL, 'b'},                                                  \
		{"console-socket", required_argument, NULL, CONSOLE},                              \
		{"pid-file", required_argument, NULL, PID_FILE},                                   \
		{"no-pivot", no_argument, NULL, NO_PIVOT},                                         \
		{"no-new-keyring", no_argument, NULL, KEYRING},                                    \
	{                                                                                          \
		"preserve-fds", required_argument, NULL, PRESERVE                                  \
	}

static const struct option global_options[] = {{"root", required_argument, NULL, ROOT},
	{"log", required_argument, NULL, LOG}, {"log-format", required_argument, NULL, LOG_FORMAT},
	{"debug", no_argument, NULL, DEBUG}, {"systemd-cgroup", optional_argument, NULL, SYSTEMD},
	{"rootless", required_argument, NULL, IGNORED}, {"criu", required_argument, NULL, IGNORED},
	{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'}, {0}};
static const struct option create_options[] = {MAKING, {0}};
static const struct option run_options[] = {MAKING, {"detach", no_argument, NULL, 'd'},
	{"keep", no_argument, NULL, KEEP}, {"no-subreaper", no_argument, NULL, IGNORED}, {0}};
static const struct option exec_options[] = {{"console-socket", required_argument, NULL, CONSOLE},
	{"pid-file", required_argument, NULL, PID_FILE},
	{"preserve-fds", required_argument, NULL, PRESERVE}, {"cwd", required_argument, NULL, CWD},
	{"env", required_argument, NULL, 'e'}, {"tty", no_argument, NULL, 't'},
	{"user", required_argument, NULL, 'u'}, {"additional-gids", required_argument, NULL, 'g'},
	{"process", required_argument, NULL, 'p'}, {"detach", no_argument, NULL, 'd'},
	{"cap", required_argument, NULL, 'c'}, {"no-new-privs", no_argument, NULL, NO_NEW_PRIVS},
	{"process-label", required_argument, NULL, LABEL},
	{"apparmor", required_argument, NULL, LABEL},
	{"ignore-paused", no_argument, NULL, IGNORE_PAUSED},
	{"no-subreaper", no_argument, NULL, IGNORED}, {0}};
static const struct option kill_options[] = {{"all", no_argument, NULL, 'a'}, {0}};
static const struct option delete_options[] = {{"force", no_argument, NULL, 'f'}, {0}};
static const struct option list_options[] = {
	{"format", required_argument, NULL, 'F'}, {"quiet", no_argument, NULL, 'q'}, {0}};
static const struct option events_options[] = {
	{"interval", required_argument, NULL, INTERVAL}, {"stats", no_argument, NULL, STATS}, {0}};
static const struct option spec_options[] = {
	{"bundle", required_argument, NULL, 'b'}, {"rootless", no_argument, NULL, IGNORED}, {0}};
static const struct option no_options[] = {{0}};

/* Those of update: UPDATE and their place here. */
static const struct {
	const char *option, *name;
	enum { SIZE, PLAIN, TEXT } kind;
} updates[] = {{"memory", "memory.limit", SIZE}, {"memory-reservation", "memory.reservation", SIZE},
	{"memory-swap", "memory.swap", SIZE}, {"cpu-period", "cpu.period", PLAIN},
	{"cpu-quota", "cpu.quota", PLAIN}, {"cpu-share", "cpu.shares", PLAIN},
	{"cpu-rt-period", "cpu.realtimePeriod", PLAIN},
	{"cpu-rt-runtime", "cpu.realtimeRuntime", PLAIN}, {"cpuset-cpus", "cpu.cpus", TEXT},
	{"cpuset-mems", "cpu.mems", TEXT}, {"pids-limit", "pids.limit", PLAIN},
	{"blkio-weight", "blockIO.weight", PLAIN}};
enum { N_UPDATES = sizeof(updates) / sizeof(*updates) };
static struct option update_options[N_UPDATES + 2] = {
	[N_UPDATES] = {"resources", required_argument, NULL, 'r'}};

static int set_update(size_t i, const char *value)
{
	int64_t number;

	if (updates[i].kind == TEXT)
		return resource_text(&line.limits, updates[i].name, value);
	if (updates[i].kind == SIZE && strcmp(value, "-1") != 0) {
		if (parse_size(value, &number) < 0)
			return -1;
	} else if (parse_count(value, INT64_MIN, &number) < 0)
		return failx("--%s %s: not a number", updates[i].option, value);
	return resource_number(&line.limits, updates[i].name, number);
}

/* Those that have a text. */
static const char **text_option(int option)
{
	switch (option) {
	case ROOT:
		return &line.root;
	case LOG:
		return &line.log;
	case 'b':
		return &line.bundle;
	case CONSOLE:
		return &line.console;
	case PID_FILE:
		return &line.pid_file;
	case 'p':
		return &line.process;
	case CWD:
		return &line.cwd;
	case 'u':
		return &line.user;
	case 'F':
		return &line.format;
	case 'r':
		return &line.resources;
	case INTERVAL:
		return &line.interval;
	default:
		return NULL;
	}
}

/* Those that are there or not. */
static bool *flag_option(int option)
{
	switch (option) {
	case DEBUG:
		return &line.debug;
	case NO_PIVOT:
		return &line.no_pivot;
	case KEYRING:
		return &line.keep_keyring;
	case 'd':
		return &line.detach;
	case KEEP:
		return &line.keep;
	case 't':
		return &line.terminal;
	case NO_NEW_PRIVS:
		return &line.no_new_privs;
	case IGNORE_PAUSED:
		return &line.ignore_paused;
	case 'a':
		return &line.all;
	case 'f':
		return &line.force;
	case 'q':
		return &line.quiet;
	case STATS:
		return &line.stats;
	default:
		return NULL;
	}
}

static int set_option(int option, const char *value)
{
	const char **text = text_option(option);
	bool *flag = flag_option(option);
	int64_t number;

	if (text)
		return *text = value, 0;
	if (flag)
		return *flag = true, 0;
	if (option >= UPDATE)
		return set_update(option - UPDATE, value);
	switch (option) {
	case LOG_FORMAT:
		line.log_json = strcmp(value, "json") == 0;
		return line.log_json || strcmp(value, "text") == 0
			       ? 0
			       : failx("--log-format %s: neither text nor json", value);
	case SYSTEMD:
		return value && strcmp(value, "false") == 0
			       ? 0
			       : failx("--systemd-cgroup is not supported: use the cgroupfs driver");
	case PRESERVE:
		if (parse_count(value, 0, &number) < 0 || number > 1000)
			return failx("--preserve-fds %s: not a number up to 1000", value);
		return line.preserve_fds = (int)number, 0;
	case LABEL:
		return *value ? failx("labels are not supported") : 0;
	case 'e':
		return add_string(&line.env, value);
	case 'c':
		return add_string(&line.caps, value);
	case 'g':
		return add_string(&line.gids, value);
	default: /* IGNORED */
		return 0;
	}
}

static const struct command {
	const char *name, *usage;
	int (*run)(void);
	const char *letters; /* '+': options come before the words */
	const struct option *options;
	int least, most; /* words */
	bool starts; /* a process that could reach our own file */
} commands[] = {
	{"create",
		"[-b BUNDLE] [--console-socket SOCKET] [--pid-file FILE] [--preserve-fds N] "
		"[--no-pivot] [--no-new-keyring] ID",
		command_create, "b:", create_options, 1, 1, true},
	{"start", "ID", command_start_oci, "", no_options, 1, 1, false},
	{"state", "ID", command_state, "", no_options, 1, 1, false},
	{"kill", "[-a] ID [SIGNAL]", command_kill_oci, "a", kill_options, 1, 2, false},
	{"delete", "[-f] ID", command_delete, "f", delete_options, 1, 1, false},
	{"run", "[-d] [--keep] and as create: ID", command_run_oci, "b:d", run_options, 1, 1, true},
	{"exec",
		"[-d] [-t] [-p PROCESS.json] [--console-socket SOCKET] [--pid-file FILE] "
		"[-e NAME=VALUE] [--cwd DIR] [-u UID[:GID]] [-g GID] [-c CAP] [--no-new-privs] ID "
		"[COMMAND...]",
		command_exec_oci, "+de:tu:g:p:c:", exec_options, 1, INT_MAX, true},
	{"list", "[-f table|json] [-q]", command_list, "f:q", list_options, 0, 0, false},
	{"ps", "[-f table|json] ID [PS-OPTION...]", command_ps_oci, "+f:", list_options, 1, INT_MAX,
		false},
	{"pause", "ID", command_pause_oci, "", no_options, 1, 1, false},
	{"resume", "ID", command_resume, "", no_options, 1, 1, false},
	{"update", "[-r FILE] [--memory SIZE] [--cpu-quota US] [--pids-limit N] [...] ID",
		command_update_oci, "r:", update_options, 1, 1, false},
	{"events", "[--stats] [--interval SECONDS] ID", command_events, "", events_options, 1, 1,
		false},
	{"spec", "[-b BUNDLE]", command_spec, "b:", spec_options, 0, 0, false},
	{"features", "", oci_print_features, "", no_options, 0, 0, false},
	{0},
};

/* Reads the options, and notes the words. Returns 0, 'h', 'v', or -1. */
static int read_options(int argc, char *argv[], const char *letters, const struct option *longs)
{
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (option == 'h' || option == 'v')
			return option;
		if (option == '?')
			return failx("%s: unknown option, or no value", argv[optind - 1]);
		/* Both have a short one of this letter, with another meaning. */
		if (set_option(option == 'f' && longs == list_options ? 'F' : option, optarg) < 0)
			return -1;
	}
	line.words = argv + optind;
	line.n_words = argc - optind;
	return 0;
}

static int print_help(void)
{
	puts("Usage: box-oci [OPTION...] COMMAND [ARGUMENT...]\n\nCommands:");
	for (const struct command *command = commands; command->name; command++)
		printf("  %-9s %s\n", command->name, command->usage);
	puts("\nOptions:\n"
	     "  --root DIR               where the state of containers lies (/run/box-oci)\n"
	     "  --log FILE               where errors are written, besides stderr\n"
	     "  --log-format text|json\n"
	     "  --debug                  accepted, without effect\n"
	     "  --help, --version");
	return 0;
}

static int print_version(void)
{
	puts("box-oci version " BOX_VERSION "\nspec: " SPEC_VERSION);
	return 0;
}

static int run_command(const struct command *command, int argc, char *argv[])
{
	int option;

	for (size_t i = 0; i < N_UPDATES; i++)
		update_options[i] = (struct option){
			updates[i].option, required_argument, NULL, UPDATE + (int)i};
	if ((option = read_options(argc, argv, command->letters, command->options)) < 0)
		return -1;
	if (line.n_words < command->least || line.n_words > command->most)
		return failx("usage: box-oci %s %s", command->name, command->usage);
	if (geteuid() != 0 && command->least > 0)
		return failx("only root may use it");
	/* What the caller has open is not the container's, but for what is to be. */
	if (command->starts && close_range(3 + line.preserve_fds, ~0U, 0) < 0)
		return fail("close_range");
	return command->run();
}

/* With 0, 1 or 2 closed, the next file that is opened would be written to as standard output. */
static int open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? -1 : close(fd);
}

int main(int argc, char *argv[])
{
	const struct command *command = commands;
	int option, status;

	speaker = "box-oci";
	if (open_standard_files() < 0)
		return EXIT_FAILURE;
	signal(SIGCHLD, SIG_DFL);
	umask(022);
	option = read_options(argc, argv, "+hv", global_options);
	if (option != 0)
		return option == 'h'   ? print_help()
		       : option == 'v' ? print_version()
				       : report_oci(EXIT_FAILURE);
	if (line.n_words == 0)
		return print_help();
	while (command->name && strcmp(command->name, line.words[0]) != 0)
		command++;
	if (!command->name) {
		failx("%s: no such command: see box-oci --help", line.words[0]);
		return report_oci(EXIT_FAILURE);
	}
	/* Before anything that takes time; afterwards it starts anew, and comes here again. */
	if (command->starts && geteuid() == 0 && protect_own_file(argv) < 0)
		return report_oci(EXIT_FAILURE);
	status = run_command(command, line.n_words, line.words);
	if (status >= 0 && fflush(stdout) != 0)
		status = fail("standard output");
	return status < 0
		       ? report_oci(command->run == command_exec_oci ? EXEC_FAILED : EXIT_FAILURE)
		       : status;
}
