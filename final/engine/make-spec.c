/* make-spec.c: turns the options of box run and the image's configuration into a struct spec. */
#define _GNU_SOURCE
#include "make-spec.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

#include "capabilities.h"
#include "cleanup.h"
#include "environment.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "list.h"
#include "text.h"
#include "users.h"
#include "cgroup.h"
#include "dev.h"
#include "privileges.h"
#include "seccomp.h"
#include "spec.h"
#include "image.h"
#include "store.h"
#include "options.h"
#include "state.h"

/* Docker's default. */
static const char default_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* Paths that show the host's hardware, keys and timers: Docker's list. */
static const char *const masked[] = {"/proc/acpi", "/proc/asound", "/proc/interrupts",
	"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap", NULL};

/* Paths by which a container could change the host. */
static const char *const constant[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL};

enum {
	SAFE = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	SAFE_DEV = SAFE | MOUNT_ATTR_STRICTATIME,
};

/* Returns the text of the host's file PATH if the container is in the host's network, and the host
 * has this file; or else a copy of OWN. The text is not freed before box ends. */
static char *etc_file(const struct options *options, const char *path, const char *own)
{
	char *text = options->host_network ? read_file_at(AT_FDCWD, path, 1 << 20) : NULL;

	return text ?: strdup(own);
}

/* Sets the file systems of every container, and after them the volumes. If the container has
 * limits, /sys/fs/cgroup shows all its cgroups, because programs read these limits to choose their
 * own size; otherwise it shows only the cgroup of v2, which takes less time. */
static int set_mounts(struct spec *spec, const struct options *options)
{
	char *hosts = etc_file(options, "/etc/hosts",
		"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	char *resolv = etc_file(options, "/etc/resolv.conf", "");
	char *hostname = format_text("%s\n", spec->hostname);
	char *shm = format_text("mode=1777,size=%" PRId64, options->shm_size ?: 64 << 20);
	const char *cgroup = cgroup_has_limits(&spec->limits) ? "cgroup" : "cgroup2";
	bool mapped = options->users.count > 0, initial = users_are_initial() && !mapped;
	/* Where the host's /sys is read-only, a user namespace can have no other one. */
	uint64_t constant_too = options->privileged && initial ? 0 : MOUNT_ATTR_RDONLY;
	/* A new sysfs shows a network namespace, and takes rights over it. */
	bool own_sys = initial || !options->host_network;
	const char *ptys = initial || (mapped ? options->users.count > 5 : users_have(true, 5))
				   ? "newinstance,ptmxmode=0666,mode=0620,gid=5"
				   : "newinstance,ptmxmode=0666,mode=0620";
	const struct mount own[] = {
		{"proc", "proc", "/proc", .attributes = SAFE},
		{"tmpfs", "tmpfs", "/dev", "mode=755,size=64k", .attributes = SAFE_DEV},
		{"devpts", "devpts", "/dev/pts", ptys,
			.attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC},
		{"tmpfs", "shm", "/dev/shm", shm, .attributes = SAFE},
		{"mqueue", "mqueue", "/dev/mqueue", .attributes = SAFE, .optional = true},
		{own_sys ? "sysfs" : NULL, own_sys ? "sysfs" : "/sys", "/sys",
			.attributes = SAFE | constant_too, .recursive = true},
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
		spec->mounts[N + i].by_box = mapped && !options->volumes[i].type;
		if (!options->privileged || mapped)
			spec->mounts[N + i].attributes |= MOUNT_ATTR_NODEV;
	}
	spec->n_mounts = N + options->n_volumes;
	return 0;
}

static int set_environment(
	struct spec *spec, const struct options *options, const struct image *image)
{
	autofree char *hostname = format_text("HOSTNAME=%s", spec->hostname);
	struct strings env = {0};

	if (!hostname || add_env(&env, default_path) < 0 || add_env(&env, hostname) < 0 ||
		(options->terminal && add_env(&env, "TERM=xterm") < 0))
		return -1;
	/* add_env() searches all variables each time, and execve(2) would not take many more. */
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
	spec->process.env = env.list;
	return 0;
}

int set_command(struct process *process, const struct options *options, const struct image *image)
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
	process->argv = argv.list;
	return 0;
}

static int set_privileges(struct spec *spec, const struct options *options, const char *data)
{
	uint64_t set = options->privileged ? capabilities_all() : DEFAULT_CAPABILITIES;

	/* ALL is handled first: --cap-drop ALL together with --cap-add CHOWN gives CHOWN, in either
	 * order. */
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
	spec->process.no_new_privileges = options->no_new_privileges;
	spec->process.capabilities.bounding = set;
	spec->process.capabilities.effective = spec->process.capabilities.permitted =
		set; /* these two count for root only */
	spec->root.attributes = options->read_only ? MOUNT_ATTR_RDONLY : 0;
	if (!options->privileged || options->users.count > 0)
		spec->root.attributes |= MOUNT_ATTR_NODEV;
	if (!options->privileged) {
		spec->masked = masked;
		spec->constant = constant;
	}
	if (options->privileged || options->unconfined)
		return 0;
	return (spec->process.seccomp = seccomp_filter(set, data)) ? 0 : -1;
}

/* Sets the lower folders of the overlay: those of the image, and below them the store's base. */
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
	spec->root.lower = lower.list;
	return 0;
}

/* Gives the container a user namespace of its own. The IDs on the disk are those inside, whatever
 * the range is: so layers are there once, for all containers. */
static int set_users(struct spec *spec, const struct options *options, const struct image *image,
	const struct store *store)
{
	autofree char *base = format_text("%s/base", store->path),
		      *own = format_text("%s/containers/%s", store->path, spec->id);
	struct strings folders = {0};

	if (options->users.count == 0)
		return 0;
	spec->namespaces.made |= CLONE_NEWUSER;
	spec->namespaces.maps = (struct id_maps){&options->users, &options->users, 1, 1};
	if (!base || !own || (image->folder && add_string(&folders, image->folder) < 0) ||
		add_string(&folders, spec->root.path) < 0 || add_string(&folders, base) < 0 ||
		add_string(&folders, own) < 0)
		return -1;
	spec->root.mapped = folders.list;
	return 0;
}

int make_spec(struct spec *spec, const struct options *options, const struct image *image,
	const struct store *store, const struct place *place)
{
	memcpy(spec->id, place->id, sizeof(spec->id));
	spec->oci = &no_oci_extras;
	spec->root.path = format_text("%s/layers", store->path);
	spec->root.upper = place->upper;
	spec->root.work = place->work;
	spec->root.temporary = options->remove;
	spec->root.outside = !users_are_initial();
	spec->hostname = options->hostname ?: format_text("%.*s", SHORT_ID_LENGTH, place->id);
	spec->limits = options->limits;
	spec->init = options->init;
	spec->process.terminal = options->terminal;
	spec->process.user = options->user ?: image->user;
	spec->process.cwd = options->workdir
				    ?: image->workdir && *image->workdir ? image->workdir
									 : "/";
	if (spec->process.cwd[0] != '/')
		return failx("the working folder %s: not an absolute path", spec->process.cwd);
	spec->process.rlimits = options->rlimits;
	spec->process.n_rlimits = options->n_rlimits;
	spec->process.forget_caller = true;
	spec->devices = default_devices;
	spec->n_devices = N_DEFAULT_DEVICES;
	spec->namespaces.made = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
				CLONE_NEWCGROUP | (options->host_network ? 0 : CLONE_NEWNET);
	if (!spec->root.path || !spec->hostname || set_layers(spec, image) < 0 ||
		set_users(spec, options, image, store) < 0 || set_mounts(spec, options) < 0 ||
		set_environment(spec, options, image) < 0)
		return -1;
	return set_privileges(spec, options, store->path);
}
