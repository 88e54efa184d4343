/* oci-commands.c: the commands of box-oci. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

enum { MAX_CONFIG = 16 << 20 };

/* ---- what create, run and exec share ---- */

/* A newline of the process goes out as it is: what it means is the business of who gets it. */
static int keep_newlines(int master)
{
	struct termios terminal;

	if (tcgetattr(master, &terminal) < 0)
		return fail("the terminal");
	terminal.c_oflag &= ~(tcflag_t)ONLCR;
	return tcsetattr(master, TCSANOW, &terminal) < 0 ? fail("the terminal") : 0;
}

/* Hands the terminal to the engine, whose socket waits for it. */
static int send_console(int master)
{
	if (keep_newlines(master) < 0)
		return -1;
	if (send_to_socket(oci_line.console, "/dev/ptmx", 9, master) < 0)
		return fail("--console-socket %s", oci_line.console);
	return 0;
}

static int check_console(const struct spec *spec)
{
	if (oci_line.console && !spec->process.terminal)
		return failx("--console-socket without a terminal: process.terminal is false");
	if (spec->process.terminal && spec->detached && !oci_line.console)
		return failx("a terminal needs --console-socket when nobody stays to serve it");
	return 0;
}

/* The terminal gets its size, and who asked for it. */
static int give_terminal(struct container *container)
{
	const struct process *process = &container->spec->process;
	struct winsize size = {.ws_row = process->rows, .ws_col = process->columns};

	if (container->master < 0)
		return 0;
	if (size.ws_row || size.ws_col)
		ioctl(container->master, TIOCSWINSZ, &size);
	else if (!oci_line.console)
		terminal_resize(container->master);
	if (!oci_line.console)
		return isatty(STDOUT_FILENO) ? 0 : keep_newlines(container->master);
	if (send_console(container->master) < 0)
		return -1;
	close_fd(&container->master);
	return 0;
}

/* Writes TEXT to the file PATH, whole at once: an engine waits for it. */
static int write_whole(const char *path, const char *text)
{
	autospot struct spot spot = {.folder = -1};
	int found = spot_find(-1, path, &spot);
	autoclose int fd = -1;

	if (found > 0)
		return failx("%s: a folder", path);
	if (found < 0 || (fd = spot_create(&spot, path, 0644)) < 0)
		return -1;
	if (write_all(fd, text, strlen(text)) == 0 && spot_replace(&spot, path) == 0)
		return 0;
	spot_give_up(&spot);
	return -1;
}

static int write_pid_file(pid_t pid)
{
	autofree char *text = format_text("%d", pid);

	if (!oci_line.pid_file)
		return 0;
	return text && write_whole(oci_line.pid_file, text) == 0
		       ? 0
		       : failx("--pid-file %s", strdupa(failure()));
}

/* FILE, or stdin for "-"; a pipe, too, as <(...) of a shell is. */
static char *read_input(const char *file)
{
	autoclose int from = strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
						    : open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	autoclose int copy = memfd_create("input", MFD_CLOEXEC);
	char data[4096];
	ssize_t size = 0;

	if (from < 0 || copy < 0) {
		fail("%s", file);
		return NULL;
	}
	for (size_t all = 0; all <= MAX_CONFIG && (size = read(from, data, sizeof(data))) > 0;
		all += size)
		if (write_all(copy, data, size) < 0)
			return NULL;
	if (size < 0 || lseek(copy, 0, SEEK_SET) < 0) {
		fail("%s", file);
		return NULL;
	}
	return read_file(copy, file, MAX_CONFIG);
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

/* The command line's variables. */
static int add_environment(struct process *to)
{
	static struct strings env;

	for (char **variable = to->env; *variable; variable++)
		if (add_env(&env, *variable) < 0)
			return -1;
	for (size_t i = 0; i < oci_line.env.n; i++)
		if (add_env(&env, oci_line.env.list[i]) < 0)
			return -1;
	to->env = env.n ? env.list : to->env;
	return 0;
}

/* The filter, compiled. What its listener is told is no part of what is kept. */
static int complete_seccomp(struct bundle *bundle, const struct oci *oci)
{
	struct listener *listener = &bundle->listener;
	json_auto_t *json = json_copy(bundle->seccomp);
	autofree char *folder = format_text("%s/.seccomp", oci->root), *profile = NULL;
	autofree char *metadata = quote(listener->metadata);

	json_object_del(json, "listenerPath");
	json_object_del(json, "listenerMetadata");
	profile = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	if (!profile || !folder || !metadata ||
		!(bundle->spec.seccomp = seccomp_profile(profile, folder)))
		return -1;
	listener->first = oci->pid;
	listener->text = format_text("{\"ociVersion\":\"%s\",\"fds\":[\"seccompFd\"],"
				     "\"metadata\":%s,\"state\":{%s,\"status\":\"%s\"",
		SPEC_VERSION, metadata, bundle->spec.hook_state, oci->pid ? "running" : "creating");
	return listener->text ? 0 : -1;
}

/* The spec's parts that are not of config.json. */
static int complete_spec(struct bundle *bundle, const struct oci *oci)
{
	struct spec *spec = &bundle->spec;

	snprintf(spec->id, sizeof(spec->id), "%.*s", ID_LENGTH, oci->id);
	spec->cgroup = oci->cgroup;
	spec->preserve_fds = oci_line.preserve_fds;
	spec->no_pivot = oci_line.no_pivot;
	spec->keep_keyring = oci_line.keep_keyring;
	if (!spec->hook_state && !(spec->hook_state = hook_state(oci, bundle->annotations)))
		return -1;
	if (bundle->seccomp && complete_seccomp(bundle, oci) < 0)
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
static const char *now_text(void)
{
	static char text[32];
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + strlen(text), 12, ".%09ldZ", now.tv_nsec);
	return text;
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
	if (scope_name(oci, bundle, unique) < 0)
		return -1;
	oci->cgroup = bundle->spec.cgroup ?: format_text("%.40s-%.16s", oci->id, unique);
	oci->version = SPEC_VERSION;
	oci->annotations = json_object_get(bundle->json, "annotations");
	oci->own_pids = bundle->spec.namespaces & CLONE_NEWPID;
	if (!oci->cgroup || oci_write_file(oci, "config.json", config) < 0)
		return -1;
	return oci_write(oci);
}

static int note_pid(struct oci *oci, pid_t pid)
{
	oci->pid = pid;
	oci->start = start_time(pid);
	return oci_write(oci);
}

static void tell_spec(const struct spec *spec)
{
	for (size_t i = 0; oci_namespace_names[i]; i++)
		if (spec->namespaces & oci_namespace_types[i])
			debug_oci("new namespace: %s", oci_namespace_names[i]);
	for (size_t i = 0; i < spec->n_joins; i++)
		debug_oci("namespace of %s", spec->joins[i].path);
	for (size_t i = 0; i < spec->n_mounts; i++)
		debug_oci("mount on %s: %s of %s", spec->mounts[i].target,
			spec->mounts[i].type ?: "bind", spec->mounts[i].source);
}

static int create_container(struct container *container, struct oci *oci, struct bundle *bundle)
{
	struct spec *spec = &bundle->spec;
	int status, result;
	pid_t keeper;

	if (complete_spec(bundle, oci) < 0 ||
		(spec->detached && oci_make_gate(oci, spec->gate) < 0) ||
		scope_start(oci, bundle, &keeper) < 0)
		return -1;
	tell_spec(spec);
	result = container_create(container, spec);
	scope_release(keeper);
	if (result < 0)
		return -1;
	for (size_t i = 0; i < container->cgroup.n; i++)
		debug_oci("cgroup %s", container->cgroup.hierarchies[i].path);
	debug_oci("process %d waits to execute %s", container->pid, spec->process.argv[0]);
	if (note_pid(oci, container->pid) < 0 || give_terminal(container) < 0 ||
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
	autofree char *folder = real_path(oci_line.bundle ?: ".");
	autofree char *config = folder ? read_config(folder) : NULL;

	*container = no_container;
	if (!folder)
		return failx("the bundle %s", strdupa(failure()));
	if (!config || oci_read(bundle, config, steal_pointer(&folder)) < 0)
		return -1;
	bundle->spec.detached = detached;
	if (check_console(&bundle->spec) < 0 || oci_make(oci, oci_line.root, oci_line.words[0]) < 0)
		return -1;
	if (notify_prepare(oci, &bundle->spec) < 0 ||
		(oci_line.env.n > 0 && add_environment(&bundle->spec.process) < 0) ||
		note_oci(oci, bundle, config) < 0 || create_container(container, oci, bundle) < 0) {
		undo(oci, bundle);
		return -1;
	}
	return 0;
}

int oci_command_create(void)
{
	static struct bundle bundle;
	struct container container;
	autooci struct oci oci = {.dir = -1};

	if (make(&container, &oci, &bundle, true) < 0)
		return -1;
	container_release(&container);
	return 0;
}

/* Lets the created container's process go, with its hooks. SPEC has these alone. */
static int start_oci(struct oci *oci, const struct spec *spec)
{
	autonotify struct notify notify = no_notify;

	if (oci->status == OCI_STOPPED)
		return failx("cannot start a container that has stopped");
	if (oci->status != OCI_CREATED)
		return failx("cannot start an already running container");
	debug_oci("process %d may execute", oci->pid);
	if (notify_listen(oci, &notify) < 0 || oci_open_gate(oci) < 0)
		return -1;
	/* The process runs: what these do wrong is told, and no more (config.md, "Poststart"). */
	if (hooks_run(spec, HOOK_POSTSTART, "running", oci->pid) < 0)
		report_oci(0);
	flock(oci->dir, LOCK_UN); /* other commands may now */
	if (notify_wait(&notify) < 0)
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

int oci_command_start(void)
{
	static struct bundle bundle;
	autooci struct oci oci = {.dir = -1};
	int result = oci_open(&oci, oci_line.root, oci_line.words[0], true);

	if (result == 0)
		result = load_bundle(&bundle, &oci);
	if (result == 0)
		result = start_oci(&oci, &bundle.spec);
	return result;
}

/* Waits for what runs in the foreground. Returns its exit status, or -1. */
static int wait_for(struct container *container, struct relay *relay)
{
	sigset_t signals;

	block_signals(&signals);
	if (container->master >= 0 && isatty(STDIN_FILENO) && terminal_raw() < 0)
		return -1;
	return container_wait(container, &signals, true, relay);
}

static int run_in_foreground(struct container *container, struct oci *oci,
	const struct bundle *bundle, struct relay *relay)
{
	const struct spec *spec = &bundle->spec;
	autonotify struct notify notify = no_notify;
	int status, result = notify_listen(oci, &notify);

	if (result == 0)
		result = container_start(container, &status);
	if (result == 0 && notify_serve(&notify) < 0)
		report_oci(0);
	if (result == 0 && hooks_run(spec, HOOK_POSTSTART, "running", oci->pid) < 0)
		report_oci(0);
	flock(oci->dir, LOCK_UN); /* other commands may now */
	if (result == 0)
		result = wait_for(container, relay);
	terminal_restore(relay->flows[1].open);
	if (result < 0) {
		container_destroy(container);
		undo(oci, bundle);
		return -1;
	}
	if (oci_line.keep) {
		container_release(container);
		return result;
	}
	if (container_destroy(container) < 0 || oci_remove(oci) < 0)
		return -1;
	if (hooks_run(spec, HOOK_POSTSTOP, "stopped", 0) < 0)
		report_oci(0);
	return result;
}

int oci_command_run(void)
{
	static struct bundle bundle;
	struct container container;
	struct relay relay = {.signals = 0};
	autooci struct oci oci = {.dir = -1};
	int result = make(&container, &oci, &bundle, oci_line.detach);

	if (result < 0)
		return -1;
	if (!oci_line.detach) {
		result = run_in_foreground(&container, &oci, &bundle, &relay);
		relay_finish(&relay);
		return result;
	}
	oci_look(&oci);
	if ((result = start_oci(&oci, &bundle.spec)) < 0) {
		container_destroy(&container);
		undo(&oci, &bundle);
	} else
		container_release(&container);
	return result;
}

/* ---- exec ---- */

/* The groups of --additional-gids come besides those that the process has, as with runc. */
static int add_groups(struct process *to)
{
	gid_t *groups = calloc(to->n_groups + oci_line.gids.n, sizeof(*groups));

	if (!groups)
		return fail("memory");
	for (size_t i = 0; i < to->n_groups; i++)
		groups[i] = to->groups[i];
	to->groups = groups;
	for (size_t i = 0; i < oci_line.gids.n; i++) {
		const char *text = oci_line.gids.list[i];

		if (!parse_id(text, &groups[to->n_groups]))
			return failx("--additional-gids %s: not the number of a group", text);
		to->n_groups++;
	}
	return 0;
}

/* The container's process, but for what the command line says of another one. */
static int exec_by_words(struct bundle *bundle)
{
	struct process *to = &bundle->spec.process;
	uint64_t more = 0;

	if (oci_line.n_words < 2)
		return failx("exec: no process is named: ID COMMAND..., or --process FILE");
	to->argv = oci_line.words + 1;
	to->terminal = oci_line.terminal;
	to->rows = to->columns = 0; /* of the container's own terminal */
	to->cwd = oci_line.cwd ?: to->cwd;
	to->no_new_privileges |= oci_line.no_new_privs;
	if (oci_line.user) {
		const char *group = strchr(oci_line.user, ':');

		to->user = group ? oci_line.user : format_text("%s:0", oci_line.user);
	}
	if (oci_line.gids.n > 0 && add_groups(to) < 0)
		return -1;
	for (size_t i = 0; i < oci_line.caps.n; i++)
		if (capabilities_change(&more, oci_line.caps.list[i], true) < 0)
			return -1;
	to->capabilities.bounding |= more;
	to->capabilities.effective |= more;
	to->capabilities.permitted |= more;
	if (to->capabilities.inheritable) {
		to->capabilities.inheritable |= more;
		to->capabilities.ambient |= more;
	}
	return to->user ? add_environment(to) : -1;
}

static int exec_spec(struct bundle *bundle, const struct oci *oci)
{
	autofree char *text = NULL;

	if (oci->status == OCI_STOPPED)
		return failx("cannot exec in a stopped container");
	if (oci->status == OCI_PAUSED && !oci_line.ignore_paused)
		return failx("cannot exec in a paused container");
	if (load_bundle(bundle, oci) < 0)
		return -1;
	if (oci_line.process && (!(text = read_input(oci_line.process)) ||
					oci_read_process(bundle, text, oci_line.process) < 0))
		return -1;
	if (!oci_line.process && exec_by_words(bundle) < 0)
		return -1;
	bundle->spec.detached = oci_line.detach;
	return complete_spec(bundle, oci);
}

/* The container's, or with --cgroup those below it. */
static int open_cgroup(struct cgroup *cgroup, const struct oci *oci)
{
	if (cgroup_open(cgroup, oci->cgroup) < 0)
		return -1;
	for (size_t i = 0; i < oci_line.cgroups.n; i++)
		if (cgroup_go_below(cgroup, oci_line.cgroups.list[i]) < 0)
			return failx(
				"--cgroup %s: %s", oci_line.cgroups.list[i], strdupa(failure()));
	return 0;
}

static int exec_in(struct container *container, struct bundle *bundle, const struct oci *oci)
{
	autoclose int pidfd = oci_pidfd(oci);
	struct cgroup cgroup = {.n = 0};
	struct relay relay = {.signals = 0};
	int status, result = -1;

	if (pidfd < 0 || open_cgroup(&cgroup, oci) < 0 ||
		(!oci_line.ignore_paused && cgroup_check_runs(&cgroup) < 0) ||
		container_join(container, &bundle->spec, pidfd, &cgroup) < 0) {
		cgroup_close(&cgroup);
		return -1;
	}
	cgroup_close(&cgroup);
	if (give_terminal(container) == 0 && container_start(container, &status) == 0) {
		debug_oci("process %d has joined process %d, and executes %s", container->pid,
			oci->pid, bundle->spec.process.argv[0]);
		if (write_pid_file(container->pid) == 0)
			result = oci_line.detach ? 0 : wait_for(container, &relay);
	}
	terminal_restore(relay.flows[1].open);
	if (result < 0)
		container_destroy(container);
	else
		container_release(container);
	relay_finish(&relay);
	return result;
}

int oci_command_exec(void)
{
	static struct bundle bundle;
	struct container container = no_container;
	autooci struct oci oci = {.dir = -1};
	int result = oci_open(&oci, oci_line.root, oci_line.words[0], false);

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

int oci_command_state(void)
{
	autooci struct oci oci = {.dir = -1};

	return oci_open(&oci, oci_line.root, oci_line.words[0], false) < 0
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

	if (cgroup_open(&cgroup, oci->cgroup) <
		0) /* systemd has removed it with the last process */
		return oci->unit && oci->status == OCI_STOPPED ? 0 : -1;
	if (signal == SIGKILL)
		result = cgroup_kill(&cgroup);
	else if ((n = cgroup_pids(&cgroup, &pids)) < 0)
		result = -1;
	else
		for (ssize_t i = 0; i < n; i++)
			kill(pids[i], signal);
	cgroup_close(&cgroup);
	return result;
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
		cgroup_thaw(oci->cgroup);
	return 0;
}

/* Without a PID namespace of its own, others may outlive the first process: SIGKILL is for all. */
static bool is_over(const struct oci *oci, int signal)
{
	autofree pid_t *pids = NULL;

	if (oci->status != OCI_STOPPED || oci_line.all)
		return false;
	return oci->own_pids || signal != SIGKILL || oci_pids(oci, &pids) <= 0;
}

int oci_command_kill(void)
{
	const char *name = oci_line.n_words > 1 ? oci_line.words[1] : "TERM";
	int signal = parse_signal(name, 0); /* as kill(2): 0 asks whether the process is there */
	autooci struct oci oci = {.dir = -1};

	if (signal < 0 || oci_open(&oci, oci_line.root, oci_line.words[0], false) < 0)
		return -1;
	if (is_over(&oci, signal))
		return failx("container not running");
	return kill_oci(&oci, signal, oci_line.all);
}

static int wait_until_stopped(struct oci *oci)
{
	double deadline = clock_now() + 10;

	for (; oci->status != OCI_STOPPED; oci_look(oci))
		if (!nap(0.01, deadline))
			return failx("container %s does not end", oci->id);
	return 0;
}

static int delete_oci(struct oci *oci)
{
	static struct bundle bundle;
	bool loaded = load_bundle(&bundle, oci) == 0;
	int result;

	if (oci->status != OCI_STOPPED && (oci->status == OCI_CREATED || oci_line.force)) {
		result = kill_oci(oci, SIGKILL, false);
		oci_look(oci); /* it may have ended by itself meanwhile */
		if ((result < 0 && oci->status != OCI_STOPPED) || wait_until_stopped(oci) < 0)
			return -1;
	}
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

int oci_command_delete(void)
{
	autooci struct oci oci = {.dir = -1};

	if (oci_line.force && !oci_exists(oci_line.root, oci_line.words[0]))
		return 0;
	if (oci_open(&oci, oci_line.root, oci_line.words[0], true) < 0)
		return oci_line.force && oci.dir >= 0 ? delete_broken(&oci) : -1;
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

	table->rows = grown ?: table->rows;
	if (!state || !grown)
		return fail("memory");
	for (size_t i = 0; i < 6; i++)
		grown[table->n].cells[i] =
			*keys[i] ? strdup(json_string_value(json_object_get(state, keys[i])))
				 : format_text("%" JSON_INTEGER_FORMAT,
					   json_integer_value(json_object_get(state, "pid")));
	table->n++;
	return json_array_append_new(table->json, state);
}

/* As Go's tabwriter does for runc: cells of 12 and more, 3 blanks between; not after the last. */
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

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->n * 6; i++)
		free(table->rows[i / 6].cells[i % 6]);
	free(table->rows);
	json_decref(table->json);
}

int oci_command_list(void)
{
	struct table table __attribute__((cleanup(free_table))) = {.json = json_array()};

	if (oci_each(oci_line.root, add_row, &table) < 0)
		return -1;
	if (oci_line.quiet)
		for (size_t i = 0; i < table.n; i++)
			puts(table.rows[i].cells[0]);
	else if (oci_line.format && strcmp(oci_line.format, "json") == 0)
		return table.n == 0 ? puts("null") < 0
				    : print_json(json_incref(table.json), JSON_COMPACT);
	else if (oci_line.format && strcmp(oci_line.format, "table") != 0)
		return failx("--format %s: neither table nor json", oci_line.format);
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

	if (oci_line.n_words > 1) {
		oci_line.words[0] = "ps";
		argv = oci_line.words;
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

int oci_command_ps(void)
{
	autooci struct oci oci = {.dir = -1};
	autofree pid_t *pids = NULL;
	ssize_t n;

	if (oci_open(&oci, oci_line.root, oci_line.words[0], false) < 0 ||
		(n = oci_pids(&oci, &pids)) < 0)
		return -1;
	if (oci_line.format && strcmp(oci_line.format, "json") == 0) {
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
	autooci struct oci oci = {.dir = -1};
	int result;

	if (oci_open(&oci, oci_line.root, oci_line.words[0], true) < 0)
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

int oci_command_pause(void)
{
	return set_frozen(true);
}

int oci_command_resume(void)
{
	return set_frozen(false);
}

/* ---- update, events, spec, features ---- */

int oci_command_update(void)
{
	autofree char *text = NULL;
	struct cgroup cgroup;
	autooci struct oci oci = {.dir = -1};
	int result;

	if (oci_open(&oci, oci_line.root, oci_line.words[0], true) < 0)
		return -1;
	if (oci.status == OCI_STOPPED)
		return failx("container not running");
	if (oci_line.resources &&
		(!(text = read_input(oci_line.resources)) ||
			oci_read_resources(&oci_line.limits, text, oci_line.resources) < 0))
		return -1;
	oci_line.limits.n_devices = 0; /* runc leaves these as they are, too */
	if (cgroup_open(&cgroup, oci.cgroup) < 0)
		return -1;
	/* systemd and box write the same numbers, whichever of them is later. */
	result = resources_settle(&cgroup, &oci_line.limits);
	if (result == 0 && oci.unit)
		result = scope_update(&oci, &oci_line.limits);
	if (result == 0)
		result = resources_write(&cgroup, &oci_line.limits);
	cgroup_close(&cgroup);
	return result;
}

int oci_command_events(void)
{
	int64_t seconds = 5;

	if (oci_line.interval && parse_count(oci_line.interval, 1, &seconds) < 0)
		return -1;
	do {
		autooci struct oci oci = {.dir = -1};

		if (oci_open(&oci, oci_line.root, oci_line.words[0], false) < 0)
			return -1;
		if (oci.status == OCI_STOPPED)
			return oci_line.stats ? failx("container not running") : 0;
		if (oci_print_events(&oci) < 0 || fflush(stdout) < 0)
			return -1;
	} while (!oci_line.stats && sleep(seconds) == 0);
	return 0;
}

int oci_command_spec(void)
{
	return oci_print_spec(oci_line.bundle ?: ".");
}
