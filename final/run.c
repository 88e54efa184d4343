/* run.c: box run. The options and the image's configuration become a struct spec. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

/* Docker's. */
static const char default_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const struct device devices[] = {
	{"null", S_IFCHR | 0666, 1, 3},
	{"zero", S_IFCHR | 0666, 1, 5},
	{"full", S_IFCHR | 0666, 1, 7},
	{"random", S_IFCHR | 0666, 1, 8},
	{"urandom", S_IFCHR | 0666, 1, 9},
	{"tty", S_IFCHR | 0666, 5, 0},
};

/* What shows the host's hardware, keys and timers; Docker's list. */
static const char *const masked[] = {"/proc/acpi", "/proc/asound", "/proc/interrupts",
	"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap", NULL};

/* What would change the host. */
static const char *const constant[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL};

enum {
	SAFE = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	SAFE_DEV = SAFE | MOUNT_ATTR_STRICTATIME,
};

/* The host's file for a container in its network, OWN for others. Lives as long as the spec. A host
 * without such a file is none of the container's business. */
static char *etc_file(const struct options *options, const char *path, const char *own)
{
	char *text = options->host_network ? read_file_at(AT_FDCWD, path, 1 << 20) : NULL;

	return text ?: strdup(own);
}

/* The file systems of every container, and after them the volumes. /sys/fs/cgroup shows all of the
 * container's cgroups where it has limits, by which programs choose their size; else that of v2,
 * which takes less time. */
static int set_mounts(struct options *options)
{
	struct spec *spec = &options->spec;
	char *hosts = etc_file(options, "/etc/hosts",
		"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	char *resolv = etc_file(options, "/etc/resolv.conf", "");
	char *hostname = format_text("%s\n", spec->hostname);
	char *shm = format_text("mode=1777,size=%" PRId64, options->shm_size ?: 64 << 20);
	const char *cgroup = cgroup_has_limits(&spec->limits) ? "cgroup" : "cgroup2";
	uint64_t constant_too = options->privileged ? 0 : MOUNT_ATTR_RDONLY;
	const struct mount own[] = {
		{"proc", "proc", "/proc", .attributes = SAFE},
		{"tmpfs", "tmpfs", "/dev", "mode=755,size=64k", .attributes = SAFE_DEV},
		{"devpts", "devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5",
			.attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC},
		{"tmpfs", "shm", "/dev/shm", shm, .attributes = SAFE},
		{"mqueue", "mqueue", "/dev/mqueue", .attributes = SAFE, .optional = true},
		{"sysfs", "sysfs", "/sys", .attributes = SAFE | constant_too},
		{cgroup, "cgroup", "/sys/fs/cgroup", .attributes = SAFE | constant_too,
			.optional = true},
		{.text = hosts, .target = "/etc/hosts", .attributes = SAFE, .optional = true},
		{.text = hostname, .target = "/etc/hostname", .attributes = SAFE, .optional = true},
		{.text = resolv,
			.target = "/etc/resolv.conf",
			.attributes = SAFE,
			.optional = true},
	};
	enum { N = sizeof(own) / sizeof(*own) };

	spec->mounts = calloc(N + options->n_volumes, sizeof(*own));
	if (!hosts || !resolv || !hostname || !shm || !spec->mounts)
		return fail("memory");
	memcpy(spec->mounts, own, sizeof(own));
	for (size_t i = 0; i < options->n_volumes; i++) {
		spec->mounts[N + i] = options->volumes[i];
		if (!options->privileged)
			spec->mounts[N + i].attributes |= MOUNT_ATTR_NODEV;
	}
	spec->n_mounts = N + options->n_volumes;
	return 0;
}

static int set_environment(struct options *options, const struct image *image)
{
	autofree char *hostname = format_text("HOSTNAME=%s", options->spec.hostname);
	struct strings env = {0};

	if (!hostname || add_env(&env, default_path) < 0 || add_env(&env, hostname) < 0 ||
		(options->spec.process.terminal && add_env(&env, "TERM=xterm") < 0))
		return -1;
	/* add_env() looks through all, and execve(2) would not take many more. */
	for (char **line = image->env; line && *line; line++)
		if (line - image->env == 4096)
			return failx("%s: more than 4096 variables", options->image);
		else if (strchr(*line, '=') && add_env(&env, *line) < 0)
			return -1;
	for (size_t i = 0; i < options->file_env.n; i++)
		if (add_env(&env, options->file_env.list[i]) < 0)
			return -1;
	for (size_t i = 0; i < options->env.n; i++)
		if (add_env(&env, options->env.list[i]) < 0)
			return -1;
	options->spec.process.env = env.list;
	return 0;
}

/* Docker's rules: an entrypoint of the command line forgets the image's command; a command of the
 * command line replaces the image's. */
static int set_command(struct options *options, const struct image *image)
{
	char **cmd = *options->command ? options->command : options->entrypoint ? NULL : image->cmd;
	struct strings argv = {0};

	if (options->entrypoint && *options->entrypoint &&
		add_string(&argv, options->entrypoint) < 0)
		return -1;
	for (char **word = options->entrypoint ? NULL : image->entrypoint; word && *word; word++)
		if (add_string(&argv, *word) < 0)
			return -1;
	for (; cmd && *cmd; cmd++)
		if (add_string(&argv, *cmd) < 0)
			return -1;
	if (argv.n == 0)
		return failx(
			"%s: the image names no command, so one must follow it", options->image);
	if (!argv.list[0][0])
		return failx("the command is empty");
	options->spec.process.argv = argv.list;
	return 0;
}

static int set_privileges(struct options *options, const char *data)
{
	struct spec *spec = &options->spec;
	uint64_t set = options->privileged ? capabilities_all() : DEFAULT_CAPABILITIES;

	/* ALL first: --cap-drop ALL --cap-add CHOWN leaves CHOWN, in either order. */
	for (int all = 1; all >= 0; all--) {
		for (size_t i = 0; i < options->cap_add.n; i++)
			if ((strcasecmp(options->cap_add.list[i], "ALL") == 0) == all &&
				capabilities_change(&set, options->cap_add.list[i], true) < 0)
				return -1;
		for (size_t i = 0; i < options->cap_drop.n; i++)
			if ((strcasecmp(options->cap_drop.list[i], "ALL") == 0) == all &&
				capabilities_change(&set, options->cap_drop.list[i], false) < 0)
				return -1;
	}
	spec->process.capabilities.bounding = set;
	spec->process.capabilities.effective = spec->process.capabilities.permitted =
		set; /* of root alone */
	spec->root_attributes = options->read_only ? MOUNT_ATTR_RDONLY : 0;
	if (!options->privileged) {
		spec->root_attributes |= MOUNT_ATTR_NODEV;
		spec->masked = masked;
		spec->constant = constant;
	}
	if (options->privileged || options->unconfined)
		return 0;
	return (spec->seccomp = seccomp_filter(set, data)) ? 0 : -1;
}

/* The folders below what the container writes: the image's, and what box mounts on. */
static int set_layers(struct spec *spec, const struct image *image)
{
	struct strings lower = {0};

	if (image->folder && add_string(&lower, image->folder) < 0)
		return -1;
	for (char **layer = image->layers; layer && *layer; layer++)
		if (add_string(&lower, *layer) < 0)
			return -1;
	if (add_string(&lower, "../base") < 0)
		return -1;
	spec->lower = lower.list;
	return 0;
}

int make_spec(struct options *options, const struct image *image, struct store *store,
	const struct place *place)
{
	struct spec *spec = &options->spec;

	memcpy(spec->id, place->id, sizeof(spec->id));
	spec->rootfs = format_text("%s/layers", store->path);
	spec->upper = place->upper;
	spec->work = place->work;
	spec->temporary = options->remove;
	spec->hostname = options->hostname ?: format_text("%.*s", SHORT_ID_LENGTH, place->id);
	spec->process.user = options->user ?: image->user;
	spec->process.cwd = options->workdir
				    ?: image->workdir && *image->workdir ? image->workdir
									 : "/";
	if (spec->process.cwd[0] != '/')
		return failx("the working folder %s: not an absolute path", spec->process.cwd);
	spec->process.rlimits = options->rlimits;
	spec->forget_caller = true;
	spec->devices = devices;
	spec->n_devices = sizeof(devices) / sizeof(*devices);
	spec->namespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
			   CLONE_NEWCGROUP | (options->host_network ? 0 : CLONE_NEWNET);
	if (!spec->rootfs || !spec->hostname || set_layers(spec, image) < 0 ||
		set_mounts(options) < 0 || set_environment(options, image) < 0)
		return -1;
	return set_privileges(options, store->path);
}

/* ---- a run ---- */

/* What one run of a container needs. */
struct run {
	struct options *options;
	struct store *store;
	struct place *place;
	struct state *state;
	sigset_t signals;
	struct relay relay;
};

/* The words of the command, for box ps. */
static char *command_text(char **argv)
{
	char *text = strdup("");

	for (; text && *argv && strlen(text) < 4096; argv++) {
		char *longer = format_text("%s%s%s", text, *text ? " " : "", *argv);

		free(text);
		text = longer;
	}
	if (text && strlen(text) > 4096)
		text[4096] = '\0';
	return text;
}

int note_start(struct store *store, struct state *state, const struct container *container)
{
	state->phase = PHASE_RUNNING;
	state->started = time(NULL);
	state->finished = 0;
	state->paused = false;
	if (state_set_pid(state, container->pid) < 0)
		state->pid_start = 0; /* it has ended already */
	return state_write(store, state);
}

/* Removes what the container has besides its place, and notes how it ended. Returns the status. */
int note_end(struct store *store, const struct place *place, struct state *state,
	struct container *container, int status, bool keep)
{
	int written;

	if (container_destroy(container) < 0) {
		report(); /* the next command tries again, as nothing says that this run ended */
		return EXIT_BOX;
	}
	state->phase = PHASE_EXITED;
	state->exit_status = status;
	state->finished = time(NULL);
	state->pid = 0;
	written = keep ? state_write(store, state) : 0;
	if (place_end(store, place, status) < 0 ||
		written < 0) /* the one does not wait for the other */
		report();
	return status;
}

/* Says what has failed, if not the command itself. Returns the exit status. */
static int run_here(struct run *run)
{
	struct container this, *container = &this;
	bool input = run->options->interactive;
	int status = EXIT_BOX;
	bool ok;

	ok = container_create(container, &run->options->spec) == 0;
	if (ok && container->master >= 0)
		terminal_resize(container->master);
	ok = ok && (container->master < 0 || !input || terminal_raw() == 0) &&
	     container_start(container, &status) == 0 &&
	     note_start(run->store, run->state, container) == 0;
	if (ok && (status = container_wait(container, &run->signals, input, &run->relay)) < 0) {
		status = EXIT_BOX;
		ok = false;
	}
	terminal_restore(run->relay.flows[1].open);
	if (!ok)
		report();
	return note_end(
		run->store, run->place, run->state, container, status, !run->options->remove);
}

/* Docker's -i: without it the command finds stdin empty, and never waits for a terminal's keys. */
int set_stdin(const struct options *options)
{
	autoclose int null = -1;

	if (options->interactive && options->spec.process.terminal && !isatty(STDIN_FILENO))
		return failx("-t with -i: stdin is not a terminal");
	if (options->interactive && options->spec.process.terminal)
		return terminal_claim();
	if (options->interactive || options->spec.process.terminal)
		return 0;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return null < 0 || dup2(null, STDIN_FILENO) < 0 ? fail("/dev/null") : 0;
}

/* Only SIGKILL ends box before it has cleaned up. Ctrl-Z still stops it. What the caller ignores,
 * as nohup does SIGHUP, stays ignored: blocked, it would be queued all the same. */
void block_signals(sigset_t *signals)
{
	struct sigaction action;

	sigfillset(signals);
	sigdelset(signals, SIGTSTP);
	for (int i = 1; i < NSIG; i++)
		if (i != SIGCHLD && sigaction(i, NULL, &action) == 0 &&
			action.sa_handler == SIG_IGN)
			sigdelset(signals, i);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

/* Runs the container of a place that is locked. Returns the exit status. */
static int run_place(struct run *run)
{
	struct options *options = run->options;
	int status;

	if (place_begin(run->store, run->place) < 0)
		return report();
	if (options->detach)
		return monitor_start(run->store, run->place, run->state, options);
	status = run_here(run);
	if (options->remove && place_remove(run->store, run->place) < 0)
		return report();
	return status;
}

/* Writes down what the container is. */
static int note_container(struct run *run, const struct image *image)
{
	struct options *options = run->options;
	struct state *state = run->state;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(state->id, sizeof(state->id), "%s", run->place->id);
	snprintf(state->name, sizeof(state->name), "%s", options->name ?: "");
	state->image = strdup(options->image);
	state->command = command_text(options->spec.process.argv);
	state->created = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
	if (!state->image || !state->command)
		return fail("memory");
	if (options_save(options, image->folder ?: image->id, run->place->dir) < 0)
		return -1;
	/* It takes a while on a disk, and one that is not kept runs in a moment. */
	return options->remove ? 0 : state_write(run->store, state);
}

/* What box stop is to send is settled, and kept: then it does not need the image. */
static int set_stop_signal(struct options *options, const struct image *image)
{
	if (options->stop_signal || !image->stop_signal || !*image->stop_signal)
		return 0;
	if (parse_signal(image->stop_signal, 1) < 0)
		return failx("%s: the image's StopSignal: %s", options->image, strdupa(failure()));
	return options_stop_signal(options, image->stop_signal);
}

static int run_image(struct options *options, struct store *store, struct image *image)
{
	struct state state = {.phase = PHASE_CREATED};
	struct place place;
	struct run run = {.options = options, .store = store, .place = &place, .state = &state};
	int status;

	block_signals(&run.signals);
	/* Before anything is made: it may stop us. */
	if ((!options->detach && set_stdin(options) < 0) || set_command(options, image) < 0 ||
		set_stop_signal(options, image) < 0 ||
		place_make(store, image->id, options->name, options->remove, &place) < 0)
		return report();
	if (make_spec(options, image, store, &place) < 0 || note_container(&run, image) < 0) {
		status = report();
		place_remove(store, &place);
	} else {
		status = run_place(&run);
		if (status == 0 && options->detach)
			puts(place.id);
	}
	place_close(&place);
	relay_finish(&run.relay);
	state_free(&state);
	return status;
}

int places_open(const struct places *places, struct store *store)
{
	if (geteuid() != 0)
		return failx("only root may use it: try sudo");
	return store_open(store, places->data, places->root);
}

int command_run(const struct places *places, int argc, char *argv[])
{
	/* Its parts live as long as box, and are not freed: static, leak checkers find them. */
	static struct options options = {.log_size = 10 << 20};
	struct image image = {0};
	struct store store;
	int status;

	if (options_parse(&options, argc, argv) < 0)
		return report();
	if (options.help)
		return options_help() < 0 ? report() : 0;
	if (!options.image) {
		failx("no image; see box run --help");
		return report();
	}
	if (places_open(places, &store) < 0)
		return report();
	if (image_get(&store, options.image, &image) < 0)
		status = report();
	else
		status = run_image(&options, &store, &image);
	if (sweep(&store) < 0)
		report(); /* what another one has left is not this one's status */
	image_free(&image);
	store_close(&store);
	return status;
}

int load_container(struct store *store, const struct place *place, struct options *options,
	struct image *image)
{
	if (image_get_saved(store, options->image, image) < 0 || set_command(options, image) < 0)
		return -1;
	return make_spec(options, image, store, place);
}

int kept_open(struct store *store, const char *id, bool lock, struct kept *kept)
{
	*kept = (struct kept){.place.dir = -1};
	return place_open(store, id, lock, &kept->place) < 0 ||
			       options_load(&kept->options, kept->place.dir) < 0
		       ? -1
		       : load_container(store, &kept->place, &kept->options, &kept->image);
}

void kept_close(struct kept *kept)
{
	image_free(&kept->image);
	place_close(&kept->place);
}

/* What box update does meanwhile was for the run before, and comes to its end. */
static int open_ended(struct store *store, const char *id, struct place *place)
{
	autoclose int lock = store_lock(store, LOCK_SH);

	return lock < 0 ? -1 : place_open(store, id, true, place);
}

/* What was asked for is so already: no error, as with Docker, however it came to run. */
static bool runs_already(struct store *store, const char *id, const char *name)
{
	autofree char *why = strdup(failure());
	struct state state;
	bool runs = state_read(store, id, &state) == 0 && state.phase == PHASE_RUNNING;

	if (runs && state.paused)
		failx("container %s is paused: see box unpause", name);
	else
		failx("%s", why ?: "memory");
	runs = runs && !state.paused;
	state_free(&state);
	return runs;
}

static int start_one(struct store *store, const char *name, bool attach)
{
	struct options options = {.log_size = 10 << 20};
	struct image image = {0};
	struct state state;
	struct place place;
	struct run run = {.options = &options, .store = store, .place = &place, .state = &state};
	char id[ID_LENGTH + 1];
	int status = EXIT_BOX;

	block_signals(&run.signals);
	if (state_find(store, name, id) < 0)
		return report();
	if (open_ended(store, id, &place) < 0)
		return runs_already(store, id, name) && !attach ? puts(name) < 0 : report();
	if (state_read(store, id, &state) < 0 || options_load(&options, place.dir) < 0 ||
		(attach && set_stdin(&options) < 0) ||
		load_container(store, &place, &options, &image) < 0)
		report();
	else {
		options.detach = !attach;
		status = run_place(&run);
		if (status == 0 && !attach)
			puts(name);
	}
	state_free(&state);
	image_free(&image);
	place_close(&place);
	relay_finish(&run.relay);
	return status;
}

int command_start(const struct places *places, int argc, char *argv[])
{
	static const struct option longs[] = {{"attach", no_argument, NULL, 'a'}, {0}};
	bool attach = false;
	char **names = parse_flags(argc, argv, "+a", longs, set_true, &attach);
	struct store store;
	int status = 0, one;

	if (names && !*names)
		failx("no container is named");
	if (!names || !*names || places_open(places, &store) < 0)
		return report();
	for (; *names; names++)
		if ((one = start_one(&store, *names, attach)) != 0)
			status = one;
	store_close(&store);
	return status;
}
