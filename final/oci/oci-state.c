/*
 * oci-state.c: the containers of box-oci. Each has a folder ROOT/ID:
 *
 *   state.json    what is known of the container
 *   config.json   as it was at create
 *   gate, status  fifos to the process that waits before exec, see struct spec
 *   notify        the folder of the container's socket, see oci-notify.c
 *
 * The status is in no file. It is found out from whether the process exists, by its PID and its
 * start time; whether it waits at the gate, which then has a reader; and whether the cgroup is
 * frozen. So it is never wrong after a crash.
 */
#define _GNU_SOURCE
#include "oci-state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "list.h"
#include "process.h"
#include "users.h"
#include "cgroup.h"
#include "channel.h"
#include "processes.h"
#include "user.h"
#include "oci-systemd.h"

const char *const oci_status_names[] = {"creating", "created", "running", "paused", "stopped"};

const char oci_system_root[] = "/run/box-oci";

static int check_id(const char *id)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-";

	if (!*id || strspn(id, letters) != strlen(id) || strlen(id) > MAX_OCI_ID || *id == '.')
		return failx("container ID \"%s\": not 1 to %d of letters, digits, _, +, - and .",
			id, MAX_OCI_ID);
	return 0;
}

static int open_root(const char *root)
{
	return open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Fails if others than the user may write into the folder DIR of ROOT, as box-oci trusts what lies
 * in a container's folder. MAY is a mode bit with which this is allowed nevertheless: S_ISVTX,
 * because in a folder such as /tmp others cannot replace a container's folder; or 0. */
static int check_owner(int dir, const char *root, mode_t may)
{
	struct stat st;

	if (fstat(dir, &st) < 0 || (st.st_uid != 0 && st.st_uid != geteuid()))
		return failx("%s: it is another user's", root);
	return (st.st_mode & 022) && !(st.st_mode & may)
		       ? failx("%s: others may write into it", root)
		       : 0;
}

/* Called after fail(): says what an ordinary user may have forgotten, if ROOT is the folder of
 * those who have said nothing. Returns -1. */
static int no_root(const char *root)
{
	return user_is_machines_root() || getenv("XDG_RUNTIME_DIR") ||
			       strcmp(root, oci_system_root) != 0
		       ? -1
		       : fail_prefix("without XDG_RUNTIME_DIR or --root: ");
}

int oci_make(struct oci *oci, const char *root, const char *id)
{
	autoclose int dir = -1;

	*oci = (struct oci){.root = root, .dir = -1};
	if (check_id(id) < 0)
		return -1;
	strcpy(oci->id, id);
	if ((dir = open_made_folder(root)) < 0 || check_owner(dir, root, S_ISVTX) < 0)
		return no_root(root);
	if (mkdirat(dir, id, 0700) < 0)
		return errno == EEXIST ? failx("container with given ID already exists: %s", id)
				       : fail("%s/%s", root, id);
	oci->dir = openat(dir, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return oci->dir < 0 || flock(oci->dir, LOCK_EX | LOCK_NB) < 0 ? fail("%s/%s", root, id) : 0;
}

/* Each fifo is opened for both reading and writing, so that open() does not wait (fifo(7)). */
int oci_make_gate(const struct oci *oci, int gate[2])
{
	static const char *const names[] = {"gate", "status"};

	for (int i = 0; i < 2; i++) {
		if (mkfifoat(oci->dir, names[i], 0600) < 0)
			return fail("%s of container %s", names[i], oci->id);
		gate[i] = openat(oci->dir, names[i], O_RDWR | O_CLOEXEC);
		if (gate[i] < 0)
			return fail("%s of container %s", names[i], oci->id);
	}
	return 0;
}

bool oci_exists(const char *root, const char *id)
{
	autoclose int dir = open_root(root);

	return dir >= 0 && faccessat(dir, id, F_OK, 0) == 0;
}

static int read_state(struct oci *oci)
{
	autofree char *text = read_file_at(oci->dir, "state.json", 4 << 20);
	const char *boot;
	json_int_t start;
	int own;

	if (!text || !(oci->json = json_loads(text, 0, NULL)) ||
		json_unpack(oci->json, "{s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s?s}",
			"ociVersion", &oci->version, "pid", &oci->pid, "pid_start", &start,
			"boot_id", &boot, "bundle", &oci->bundle, "rootfs", &oci->rootfs, "created",
			&oci->created, "cgroup", &oci->cgroup, "own_pids", &own, "unit",
			&oci->unit) < 0)
		return failx("container %s: its state.json is not there, or broken", oci->id);
	oci->annotations = json_object_get(oci->json, "annotations");
	oci->start = strcmp(boot, boot_id()) == 0 ? start : 0;
	oci->own_pids = own;
	return 0;
}

int oci_open(struct oci *oci, const char *root, const char *id, bool lock)
{
	autoclose int dir = open_root(root);

	*oci = (struct oci){.root = root, .dir = -1};
	if (check_id(id) < 0)
		return -1;
	strcpy(oci->id, id);
	oci->dir = dir < 0 ? -1 : openat(dir, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (oci->dir < 0)
		return errno == ENOENT ? failx("container does not exist: %s", id)
				       : fail("%s/%s", root, id);
	if (check_owner(dir, root, S_ISVTX) < 0 || check_owner(oci->dir, id, 0) < 0)
		return -1;
	if (lock && flock(oci->dir, LOCK_EX) < 0)
		return fail("lock container %s", id);
	oci->locked = lock;
	if (read_state(oci) < 0)
		return -1;
	oci_look(oci);
	return 0;
}

void oci_close(struct oci *oci)
{
	close_fd(&oci->dir);
	json_decref(oci->json);
	oci->json = NULL;
}

int oci_write_file(const struct oci *oci, const char *file, const char *text)
{
	return replace_file_at(oci->dir, file, text, strlen(text), false) == 0
		       ? 0
		       : fail("%s of container %s", file, oci->id);
}

int oci_write(struct oci *oci)
{
	json_auto_t *json = json_pack("{s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:s*, s:O*}",
		"ociVersion", oci->version, "pid", oci->pid, "pid_start", (json_int_t)oci->start,
		"boot_id", boot_id(), "bundle", oci->bundle, "rootfs", oci->rootfs, "created",
		oci->created, "cgroup", oci->cgroup, "own_pids", oci->own_pids, "unit", oci->unit,
		"annotations", oci->annotations);
	autofree char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	return text ? oci_write_file(oci, "state.json", text)
		    : failx("container %s: its paths are not UTF-8", oci->id);
}

/* Whether the first process lives; a zombie does not count. */
static bool is_alive(const struct oci *oci)
{
	char path[64], state = 0;
	autofree char *text = NULL;
	const char *end;

	if (oci->pid <= 0 || !oci->start || start_time(oci->pid) != oci->start)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", oci->pid);
	text = read_file_at(AT_FDCWD, path, 4096);
	if (text && (end = strrchr(text, ')')) && end[1])
		state = end[2];
	return state && state != 'Z' && state != 'X';
}

/* Opens the gate for writing. While the process waits, it is the gate's reader; without a reader,
 * O_NONBLOCK makes open() fail with ENXIO (fifo(7)). */
static int open_gate(const struct oci *oci)
{
	return openat(oci->dir, "gate", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

void oci_look(struct oci *oci)
{
	autoclose int gate = -1;

	if (oci->pid == 0) {
		autoclose int again = openat(oci->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		/* A running create holds the lock of the container that it makes. */
		oci->status = !oci->locked && flock(again, LOCK_EX | LOCK_NB) < 0 ? OCI_CREATING
										  : OCI_STOPPED;
	} else if (!is_alive(oci))
		oci->status = OCI_STOPPED;
	else if ((gate = open_gate(oci)) >= 0)
		oci->status = OCI_CREATED;
	else
		oci->status = cgroup_frozen(oci->cgroup) ? OCI_PAUSED : OCI_RUNNING;
}

json_t *oci_state(const struct oci *oci)
{
	struct stat st = {.st_uid = 0};
	char owner[64];

	fstat(oci->dir, &st);
	user_name(st.st_uid, owner);
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:O*, s:s}", "ociVersion",
		oci->version, "id", oci->id, "pid", oci->status == OCI_STOPPED ? 0 : oci->pid,
		"status", oci_status_names[oci->status], "bundle", oci->bundle, "rootfs",
		oci->rootfs, "created", oci->created, "annotations", oci->annotations, "owner",
		owner);
}

/* The pidfd is opened before is_alive() looks at the process, as in state_pidfd(). */
int oci_pidfd(const struct oci *oci)
{
	autoclose int fd = oci->pid > 0 ? syscall(SYS_pidfd_open, oci->pid, 0) : -1;

	return fd >= 0 && is_alive(oci) ? steal_fd(&fd) : failx("container not running");
}

int oci_open_gate(struct oci *oci)
{
	autoclose int status = openat(oci->dir, "status", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	autoclose int gate = open_gate(oci);
	struct message message = {.kind = MESSAGE_NONE};
	struct pollfd poller = {.fd = status, .events = POLLIN};
	ssize_t size;

	if (status < 0 || gate < 0 || write(gate, "", 1) != 1)
		return fail("start container %s", oci->id);
	/* exec closes the process's end of "status"; an error would arrive before. */
	while (poll(&poller, 1, -1) < 0 && errno == EINTR)
		;
	size = read(status, &message, sizeof(message));
	message.text[sizeof(message.text) - 1] = '\0';
	return size == sizeof(message) ? failx("%s", message.text) : 0;
}

/* ---- processes, removal, lists ---- */

ssize_t oci_pids(const struct oci *oci, pid_t **pids)
{
	struct cgroup cgroup;
	ssize_t n;

	if (cgroup_open(&cgroup, oci->cgroup) < 0)
		return -1;
	if (cgroup.n > 0 || !oci->own_pids || oci->status == OCI_STOPPED)
		n = cgroup_pids(&cgroup, pids);
	else
		n = namespace_pids(oci->pid, pids);
	cgroup_close(&cgroup);
	return n;
}

static const char *const own_files[] = {"state.json", "state.json.new", "config.json",
	"config.json.new", "gate", "status", "notify", NULL};

/* It is an error if the folder does not look like a container's. --root may name any folder, even
 * /home, whose contents must not be removed. */
static int check_own(const struct oci *oci)
{
	autolist char **names = list_folder(oci->dir);
	struct stat st;

	if (!names || fstat(oci->dir, &st) < 0)
		return fail("%s/%s", oci->root, oci->id);
	for (char **name = names; *name; name++) {
		const char *const *own = own_files;

		while (*own && strcmp(*own, *name) != 0)
			own++;
		if (!*own || (st.st_mode & 077))
			return failx("%s/%s is no container's folder: it has %s", oci->root,
				oci->id, *name);
	}
	return 0;
}

int oci_remove(struct oci *oci)
{
	autoclose int dir = open_root(oci->root);

	if (dir < 0)
		return fail("%s", oci->root);
	if (check_own(oci) < 0 || (oci->unit && scope_stop(oci) < 0))
		return -1;
	return remove_tree_at(dir, oci->id);
}

int oci_each(const char *root, int (*each)(struct oci *oci, void *data), void *data)
{
	autoclose int dir = open_root(root);
	autolist char **names = dir < 0 ? NULL : list_visible(dir);

	if (dir < 0)
		return errno == ENOENT ? 0 : fail("%s", root);
	for (char **name = names; name && *name; name++) {
		struct oci oci;

		/* Containers that are removed meanwhile, or have no state.json yet, are left
		 * out. */
		if (oci_open(&oci, root, *name, false) == 0 && each(&oci, data) < 0) {
			oci_close(&oci);
			return -1;
		}
		oci_close(&oci);
	}
	return names ? 0 : -1;
}
