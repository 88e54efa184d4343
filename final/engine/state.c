/* state.c: the containers that exist. Each has a folder, its place, which the box that runs the
 * container has locked, and a file with its state. As long as a box runs the container, there is
 * also a symlink in store->live: by these symlinks the next box quickly finds the containers of a
 * box that was killed, even among a thousand others. */
#define _GNU_SOURCE
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
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
#include "clock.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "json.h"
#include "list.h"
#include "process.h"
#include "text.h"
#include "cgroup.h"
#include "store.h"
#include "status.h"

/* ---- folders ---- */

/* Calls VISIT for each container's ID in the folder DIR of the store, until it returns false. */
static int each_place(struct store *store, int dir,
	bool (*visit)(struct store *, const char *, void *), void *data)
{
	autolist char **ids = list_visible(dir);

	for (char **id = ids; id && *id; id++)
		if (strlen(*id) == ID_LENGTH && is_own_name(*id) && !visit(store, *id, data))
			break;
	return ids ? 0 : -1;
}

/* Whether no process holds the lock of the place ID. This asks for a shared lock, so that two
 * processes which ask at the same time both get it. */
static bool is_dead(struct store *store, const char *id)
{
	autoclose int fd =
		openat(store->containers, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
}

static int read_status(struct store *store, const char *id)
{
	autoclose int fd = status_open(store, id);

	return status_read(fd);
}

/* Reads the symlink LINK of the place ID into TEXT. Returns whether there is one. */
static bool read_place_link(struct store *store, const char *id, const char *link, char text[256])
{
	char path[PATH_MAX];
	ssize_t size;

	snprintf(path, sizeof(path), "%s/%s", id, link);
	size = readlinkat(store->containers, path, text, 255);
	text[size < 0 ? 0 : size] = '\0';
	return size >= 0;
}

static bool has_file(struct store *store, const char *id, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", id, file);
	return faccessat(store->containers, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The targets of the symlinks in store->live. */
static const char to_keep[] = "kept", to_remove[] = "--rm";

static bool is_temporary(struct store *store, const char *id)
{
	char text[sizeof(to_remove)];

	return readlinkat(store->live, id, text, sizeof(text)) == sizeof(to_remove) - 1 &&
	       memcmp(text, to_remove, sizeof(to_remove) - 1) == 0;
}

/* Whether the container ID is to be removed: its box is dead, and has started it with --rm, or has
 * died before it had written the options. */
static bool is_garbage(struct store *store, const char *id)
{
	return is_dead(store, id) &&
	       (is_temporary(store, id) ||
		       (read_status(store, id) < 0 && !has_file(store, id, "options")));
}

/* For each_place(). Returns true if the container ID has a name other than *DATA, or is to be
 * removed. Otherwise calls failx(), sets *DATA to NULL, and returns false. */
static bool has_other_name(struct store *store, const char *id, void *data)
{
	const char **name = data;
	char other[256];
	double deadline;

	if (!read_place_link(store, id, "name", other) || strcmp(other, *name) != 0)
		return true;
	/* If its box was killed just now, the first process holds the lock until it dies. */
	deadline = clock_now() + 0.5;
	while (!is_dead(store, id) && nap(0.005, deadline))
		;
	if (is_garbage(store, id))
		return true;
	failx("the name %s is in use by container %.12s", *name, id);
	*name = NULL;
	return false;
}

static bool is_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return strchr(allowed, name[0]) < strchr(allowed, '_') && strlen(name) < 200 &&
	       !name[strspn(name, allowed)];
}

static int check_name(struct store *store, const char *name)
{
	if (!name[0] || !is_name(name))
		return failx("the name %s: not [a-zA-Z0-9][a-zA-Z0-9_.-]*", name);
	return each_place(store, store->containers, has_other_name, &name) < 0 || !name ? -1 : 0;
}

/* It is an error if the image was removed since it was found. While the caller holds the store's
 * lock, no box can remove the image. */
static int check_image(struct store *store, const char *image)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s.json", image);
	return *image && faccessat(store->images, path, F_OK, 0) < 0 ? fail("image %s", image) : 0;
}

static int name_paths(struct place *place)
{
	place->upper = format_text("../containers/%s/upper", place->id);
	place->work = format_text("../containers/%s/work", place->id);
	return place->upper && place->work ? 0 : -1;
}

/* Opens the new place, locks it, and makes its contents. */
static int fill_place(struct store *store, const char *image, const char *name, struct place *place)
{
	static const char *const folders[] = {"upper", "work"};

	place->dir = openat(store->containers, place->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* is_dead(), in another box, may hold the lock for a moment. */
	if (place->dir < 0 || flock(place->dir, LOCK_EX) < 0)
		return fail("lock container %s", place->id);
	for (size_t i = 0; i < 2; i++)
		if (mkdirat(place->dir, folders[i], 0755) < 0)
			return fail("%s/containers/%s/%s", store->path, place->id, folders[i]);
	if (*image && symlinkat(image, place->dir, "image") < 0)
		return fail("container %s", place->id);
	if (name && symlinkat(name, place->dir, "name") < 0)
		return fail("the name %s", name);
	return name_paths(place);
}

/* The store's lock is held, at least shared, until the place has its own lock; sweep() holds it
 * exclusively, and so never sees a place that is not locked yet. */
int place_make(struct store *store, const char *image, const char *name, bool temporary,
	struct place *place)
{
	/* With a name, the lock is exclusive: nobody else may take the name after check_name(). */
	autoclose int lock = store_lock(store, name ? LOCK_EX : LOCK_SH);

	*place = (struct place){.dir = -1};
	random_id(place->id);
	if (lock < 0 || (name && check_name(store, name) < 0) || check_image(store, image) < 0)
		return -1;
	if (symlinkat(temporary ? to_remove : to_keep, store->live, place->id) < 0)
		return fail("%s/live/%s", store->path, place->id);
	if (mkdirat(store->containers, place->id, 0700) < 0)
		fail("%s/containers/%s", store->path, place->id);
	else if (fill_place(store, image, name, place) == 0)
		return 0;
	place_close(place); /* the next box removes it */
	return -1;
}

/* Locks the place, unless the container runs. Other boxes may hold the lock: for a moment, in
 * is_dead(), or longer, while they start, end or remove the container. */
static int lock_place(struct store *store, const struct place *place)
{
	double deadline = clock_now() + 5;
	struct state state;

	while (flock(place->dir, LOCK_EX | LOCK_NB) < 0) {
		bool running =
			state_read(store, place->id, &state) == 0 && state.phase == PHASE_RUNNING;

		state_free(&state);
		if (running || !nap(0.005, deadline))
			return failx("container %.12s is %s", place->id,
				running ? "running" : "in use by another box");
	}
	/* The box that held the lock may have removed the container. */
	if (faccessat(store->containers, place->id, F_OK, 0) < 0)
		return failx("%.12s: no such container", place->id);
	/* A box that was killed has left the cgroup, perhaps with processes that are dying. */
	return read_status(store, place->id) < 0 ? cgroup_sweep(place->id, true) : 0;
}

int place_open(struct store *store, const char *id, bool lock, struct place *place)
{
	*place = (struct place){.dir = -1};
	snprintf(place->id, sizeof(place->id), "%s", id);
	place->dir = openat(store->containers, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place->dir < 0)
		return failx("%.12s: no such container", id);
	if (lock && lock_place(store, place) < 0) {
		close_fd(&place->dir);
		return -1;
	}
	return name_paths(place);
}

int place_begin(struct store *store, const struct place *place)
{
	autoclose int fd = openat(place->dir, "status", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || (symlinkat(to_keep, store->live, place->id) < 0 && errno != EEXIST))
		return fail("container %.12s", place->id);
	return status_write(place->dir, -1);
}

int place_end(struct store *store, const struct place *place, int status)
{
	if (status_write(place->dir, status) < 0)
		return -1;
	if (!is_temporary(store, place->id)) /* else place_remove() removes the symlink */
		unlinkat(store->live, place->id, 0);
	return 0;
}

/* Removes the files that the container has written. This is done first: if it fails, the container
 * still exists, with its name. */
static int remove_written(struct store *store, const struct place *place)
{
	static const char *const folders[] = {"work", "upper"};
	bool kept = !is_temporary(store, place->id);

	/* If box is killed meanwhile, the next box removes the rest: half a container is of
	 * no use. */
	if (kept) {
		unlinkat(store->live, place->id, 0);
		symlinkat(to_remove, store->live, place->id);
	}
	for (size_t i = 0; i < 2; i++)
		if (remove_tree_at(place->dir, folders[i]) < 0) {
			if (kept)
				unlinkat(store->live, place->id, 0);
			return -1;
		}
	return 0;
}

int place_remove(struct store *store, struct place *place)
{
	char file[ID_LENGTH + sizeof(".json.new")];

	if (cgroup_sweep(place->id, false) < 0 || remove_written(store, place) < 0)
		return -1;
	/* The folder is removed last: without it no box would find the other files. */
	snprintf(file, sizeof(file), "%s.json", place->id);
	unlinkat(store->state, file, 0);
	strcat(file, ".new");
	unlinkat(store->state, file, 0);
	if (remove_tree_at(store->containers, place->id) < 0)
		return -1;
	unlinkat(store->live, place->id, 0);
	return 0;
}

void place_close(struct place *place)
{
	close_fd(&place->dir);
	free(place->upper);
	free(place->work);
	place->upper = place->work = NULL;
}

/* ---- the files ---- */

static const char *const phases[] = {"created", "running", "exited"};

int state_write(struct store *store, const struct state *state)
{
	json_auto_t *json = json_pack(
		"{s:s, s:s, s:o, s:o, s:s, s:i, s:i, s:I, s:i, s:I, s:s, s:I, s:I, s:I}", "id",
		state->id, "name", state->name, "image", json_any(state->image), "command",
		json_any(state->command), "status", phases[state->phase], "exit_status",
		state->exit_status, "pid", state->pid, "pid_start", (json_int_t)state->pid_start,
		"box", state->box, "box_start", (json_int_t)state->box_start, "boot_id", boot_id(),
		"created", (json_int_t)state->created, "started", (json_int_t)state->started,
		"finished", (json_int_t)state->finished);
	autofree char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	char file[ID_LENGTH + sizeof(".json")];

	snprintf(file, sizeof(file), "%s.json", state->id);
	return text && replace_file_at(store->state, file, text, strlen(text), false) == 0
		       ? 0
		       : fail("state of container %.12s", state->id);
}

static int unpack_state(json_t *json, struct state *state)
{
	const char *name, *image, *command, *phase, *boot;
	json_int_t pid_start, box_start, created, started, finished;

	if (json_unpack(json, "{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:i, s:I, s:s, s:I, s:I, s:I}",
		    "name", &name, "image", &image, "command", &command, "status", &phase,
		    "exit_status", &state->exit_status, "pid", &state->pid, "pid_start", &pid_start,
		    "box", &state->box, "box_start", &box_start, "boot_id", &boot, "created",
		    &created, "started", &started, "finished", &finished) < 0)
		return -1;
	snprintf(state->name, sizeof(state->name), "%s", name);
	state->image = strdup(image);
	state->command = strdup(command);
	while (state->phase < PHASE_EXITED && strcmp(phase, phases[state->phase]) != 0)
		state->phase++;
	state->pid_start = pid_start;
	state->box_start = box_start;
	state->created = created;
	state->started = started;
	state->finished = finished;
	if (strcmp(boot, boot_id()) != 0 && state->phase == PHASE_RUNNING)
		state->pid = 0;
	return state->image && state->command ? 0 : -1;
}

static void read_file_of(struct store *store, const char *id, struct state *state)
{
	char file[ID_LENGTH + sizeof("/status")];
	json_auto_t *json = NULL;
	autofree char *text = NULL;

	*state = (struct state){.phase = PHASE_CREATED};
	snprintf(state->id, sizeof(state->id), "%s", id);
	snprintf(file, sizeof(file), "%s.json", id);
	text = read_file_at(store->state, file, 1 << 20);
	json = text ? json_loads(text, 0, NULL) : NULL;
	if (!json || unpack_state(json, state) < 0) {
		/* There is a place, but no state: the machine was restarted, and /run is empty; or
		 * a box is about to start the container, and perhaps has not even locked the place.
		 * If there is no status either, the container was never started. */
		state_free(state);
		read_place_link(store, id, "name", state->name);
		state->image = strdup("");
		state->command = strdup("");
		snprintf(file, sizeof(file), "%s/status", id);
		state->phase =
			faccessat(store->containers, file, F_OK, 0) == 0 && is_dead(store, id)
				? PHASE_EXITED
				: PHASE_CREATED;
		state->exit_status = read_status(store, id);
		if (state->exit_status < 0)
			state->exit_status = 128 + SIGKILL;
	}
}

int state_read(struct store *store, const char *id, struct state *state)
{
	double deadline = 0;

	read_file_of(store, id, state);
	/* If the container's box is dead, and another box has the lock, that other box cleans up,
	 * or starts the container again, which takes a moment. */
	while (state->phase == PHASE_RUNNING && !is_dead(store, id) &&
		start_time(state->box) != state->box_start) {
		deadline = deadline ?: clock_now() + 1;
		if (!nap(0.005, deadline))
			break;
		state_free(state);
		read_file_of(store, id, state);
	}
	if (state->phase == PHASE_RUNNING && is_dead(store, id)) {
		/* The box was killed, and the container with it: no process has noted how the
		 * container ended. */
		state->phase = PHASE_EXITED;
		state->exit_status = 128 + SIGKILL;
		state->pid = 0;
	}
	state->paused = state->phase == PHASE_RUNNING && cgroup_frozen(id);
	return state->image && state->command ? 0 : fail("memory");
}

void state_free(struct state *state)
{
	free(state->image);
	free(state->command);
	state->image = state->command = NULL;
}

int state_set_pid(struct state *state, pid_t pid)
{
	state->pid = pid;
	state->pid_start = start_time(pid);
	state->box = getpid();
	state->box_start = start_time(state->box);
	return state->pid_start ? 0 : failx("process %d has ended", pid);
}

/* The pidfd is opened before the start time is read: if the process PID then still has the noted
 * start time, the pidfd refers to that process. */
int state_pidfd(const struct state *state)
{
	autoclose int fd = -1;

	if (state->phase == PHASE_RUNNING && state->pid > 0) {
		fd = syscall(SYS_pidfd_open, state->pid, 0);
		if (fd >= 0 && start_time(state->pid) == state->pid_start)
			return steal_fd(&fd);
	}
	return failx("container %.12s is not running", state->id);
}

/* ---- all containers ---- */

struct search {
	const char *name; /* a name, or the first digits of an ID */
	char id[ID_LENGTH + 1]; /* of the last container that was found */
	int n; /* how many IDs begin with name */
	bool by_name; /* a container has this name */
};

static bool matches(struct store *store, const char *id, void *data)
{
	struct search *search = data;
	char name[256];

	if (read_place_link(store, id, "name", name) && strcmp(name, search->name) == 0) {
		search->by_name = true;
		strcpy(search->id, id);
		return false;
	}
	if (*search->name && strncmp(id, search->name, strlen(search->name)) == 0) {
		strcpy(search->id, id);
		search->n++;
	}
	return true;
}

int state_find(struct store *store, const char *name, char id[ID_LENGTH + 1])
{
	struct search search = {.name = name};

	/* A whole ID, or the name of a running container, is found without reading all names. */
	if (strlen(name) == ID_LENGTH && strspn(name, "0123456789abcdef") == ID_LENGTH &&
		has_file(store, name, ".")) {
		strcpy(id, name);
		return 0;
	}
	if (each_place(store, store->live, matches, &search) < 0)
		return -1;
	if (!search.by_name) {
		search.n = 0;
		if (each_place(store, store->containers, matches, &search) < 0)
			return -1;
	}
	if (!search.by_name && search.n != 1) {
		failx(search.n == 0 ? "%s: no such container" : "%s: several containers begin so",
			name);
		errno = search.n == 0 ? ENOENT : EINVAL;
		return -1;
	}
	strcpy(id, search.id);
	return 0;
}

struct list {
	struct state *states;
	size_t n;
};

static bool add_state(struct store *store, const char *id, void *data)
{
	struct list *list = data;
	struct state *grown;

	if (!has_file(store, id, ".")) /* only the symlink in store->live is left */
		return true;
	grown = reallocarray(list->states, list->n + 1, sizeof(*grown));
	if (!grown)
		return false;
	list->states = grown;
	if (state_read(store, id, &grown[list->n]) == 0)
		list->n++;
	return true;
}

static int newer_first(const void *a, const void *b)
{
	const struct state *x = a, *y = b;

	return x->created != y->created ? (x->created < y->created) - (x->created > y->created)
					: strcmp(x->id, y->id);
}

int state_each(struct store *store, bool ended, int (*each)(struct store *, struct state *, void *),
	void *data)
{
	struct list list = {0};
	int result = each_place(store, ended ? store->containers : store->live, add_state, &list);

	if (list.n > 0)
		qsort(list.states, list.n, sizeof(*list.states), newer_first);
	for (size_t i = 0; i < list.n; i++) {
		if (result == 0)
			result = each(store, &list.states[i], data);
		state_free(&list.states[i]);
	}
	free(list.states);
	return result;
}

/* ---- what killed boxes have left ---- */

/* Cleans up after the dead box of the container ID. */
static int end_place(struct store *store, const char *id)
{
	bool garbage = is_garbage(store, id);
	struct place place;
	int result = 0, status;

	if (place_open(store, id, true, &place) < 0)
		return 0; /* another box was faster */
	status = read_status(store, id);
	if (garbage)
		result = place_remove(store, &place);
	else if (status < 0)
		result = place_begin(store, &place);
	if (!garbage && result == 0)
		result = place_end(store, &place, status < 0 ? 128 + SIGKILL : status);
	place_close(&place);
	return result;
}

/* For each_place(). The first error stays noted, and *DATA becomes true. */
static bool end_dead(struct store *store, const char *id, void *data)
{
	bool *failed = data;

	if (faccessat(store->containers, id, F_OK, 0) < 0)
		unlinkat(store->live, id, 0);
	else if (is_dead(store, id)) {
		const struct kept_failure first = get_failure();
		bool fails = end_place(store, id) < 0;

		if (*failed)
			restore_failure(&first);
		*failed |= fails;
	}
	return true;
}

int sweep(struct store *store)
{
	autoclose int lock = store_lock(store, LOCK_EX | LOCK_NB);
	bool failed = false;

	if (lock < 0)
		return errno == EWOULDBLOCK ? 0 : -1;
	if (each_place(store, store->live, end_dead, &failed) < 0)
		return -1;
	return failed ? -1 : 0;
}
