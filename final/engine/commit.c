/* commit.c: box commit. Makes an image of a container: an archive of an OCI layout, in which the
 * files that the container has written are one more layer (OCI image specification,
 * image-layout.md). */
#define _GNU_SOURCE
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <sha2.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "environment.h"
#include "error.h"
#include "file.h"
#include "flags.h"
#include "id.h"
#include "json.h"
#include "list.h"
#include "outfile.h"
#include "process.h"
#include "cgroup.h"
#include "freeze.h"
#include "image.h"
#include "layout.h"
#include "store.h"
#include "unpack.h"
#include "diff.h"
#include "kept.h"
#include "options.h"
#include "state.h"
#include "target.h"

struct commit {
	const char *file; /* the archive */
	struct spot spot; /* the archive's place */
	int staging; /* the folder in which the layout is made */
	char created[32]; /* the time, as in RFC 3339 */
	json_t *layers; /* descriptors, the lowest first */
	json_t *diff_ids; /* the digests of the layers, which are not compressed */
	json_t *history; /* who made each layer */
	json_t *manifest; /* the descriptor of the manifest */
};

#define MEDIA_TYPE "application/vnd.oci.image."

/* Turns the layout's file "new", which is open as FD, into a blob: renames it to its digest.
 * Returns the JSON descriptor of the blob; NULL after fail(). */
static json_t *add_blob(struct commit *commit, int fd, const char *type)
{
	static const char prefix[] = "blobs/sha256/";
	static uint8_t buffer[1 << 18];
	char digest[ID_LENGTH + 1], name[sizeof(prefix) + ID_LENGTH], text[ID_LENGTH + 8];
	json_int_t size = 0;
	SHA2_CTX sha;
	ssize_t n;

	SHA256Init(&sha);
	while ((n = pread(fd, buffer, sizeof(buffer), size)) > 0) {
		SHA256Update(&sha, buffer, n);
		size += n;
	}
	SHA256End(&sha, digest);
	snprintf(name, sizeof(name), "%s%s", prefix, digest);
	snprintf(text, sizeof(text), "sha256:%s", digest);
	if (n < 0 || renameat(commit->staging, "new", commit->staging, name) < 0) {
		fail("%s", name);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:I}", "mediaType", type, "digest", text, "size", size);
}

static int create(const struct commit *commit, const char *name)
{
	int fd = openat(commit->staging, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 ? fail("%s", name) : fd;
}

/* Packs FOLDER as a layer, and adds the layer to COMMIT. BY is its "created_by" in the history. */
static int add_layer(struct commit *commit, int folder, const char *by)
{
	autoclose int fd = create(commit, "new");
	json_t *layer;

	if (fd < 0 || pack(folder, true, commit->file, fd) < 0 ||
		!(layer = add_blob(commit, fd, MEDIA_TYPE "layer.v1.tar")))
		return -1;
	json_array_append(commit->diff_ids, json_object_get(layer, "digest"));
	json_array_append_new(commit->layers, layer);
	json_array_append_new(commit->history,
		json_pack("{s:s, s:o}", "created", commit->created, "created_by", json_any(by)));
	return 0;
}

/* Writes JSON, which it releases, to the file NAME of the layout. Returns a descriptor of the file,
 * or -1 after fail(). */
static int put_json(struct commit *commit, const char *name, json_t *json)
{
	autoclose int fd = create(commit, name);
	int result = fd < 0 || !json || json_dumpfd(json, fd, JSON_COMPACT) < 0;

	json_decref(json);
	return result ? fail("%s", name) : steal_fd(&fd);
}

/* Writes JSON, which it releases, as a blob. Returns the JSON descriptor of the blob; NULL after
 * fail(). */
static json_t *add_json(struct commit *commit, const char *type, json_t *json)
{
	autoclose int fd = put_json(commit, "new", json);

	return fd < 0 ? NULL : add_blob(commit, fd, type);
}

static void set_list(json_t *config, const char *key, char **list)
{
	if (list && *list)
		json_object_set_new(config, key, json_list(list));
	else
		json_object_del(config, key);
}

static void set_text(json_t *config, const char *key, const char *text)
{
	if (text)
		json_object_set_new(config, key, json_any(text));
}

/* Makes the configuration of the new image: the configuration of the container's image, changed by
 * the options of the container. */
static json_t *make_config(const struct kept *kept)
{
	const struct options *options = &kept->options;
	const struct image *image = &kept->image;
	json_t *config = json_deep_copy(json_object_get(image->record, "config")) ?: json_object();
	char *entrypoint[] = {(char *)options->entrypoint, NULL};
	struct strings env = {0};

	for (char **line = image->env; line && *line; line++)
		if (strchr(*line, '='))
			add_env(&env, *line);
	for (size_t i = 0; i < options->env.n; i++)
		add_env(&env, options->env.list[i]);
	set_list(config, "Env", env.list);
	set_list(config, "Cmd",
		*options->command     ? options->command
		: options->entrypoint ? NULL
				      : image->cmd);
	set_list(config, "Entrypoint",
		!options->entrypoint   ? image->entrypoint
		: *options->entrypoint ? entrypoint
				       : NULL);
	set_text(config, "WorkingDir", options->workdir);
	set_text(config, "User", options->user);
	set_text(config, "StopSignal", options->stop_signal);
	return config;
}

/* Adds the configuration and the manifest. All layers must have been added before. */
static int add_image(struct commit *commit, const struct kept *kept)
{
	json_t *config, *manifest;

	config = json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:O}, s:O}", "created", commit->created,
		"architecture", ARCHITECTURE, "os", "linux", "config", make_config(kept), "rootfs",
		"type", "layers", "diff_ids", commit->diff_ids, "history", commit->history);
	config = add_json(commit, MEDIA_TYPE "config.v1+json", config);
	if (!config)
		return -1;
	manifest = json_pack("{s:i, s:s, s:o, s:O}", "schemaVersion", 2, "mediaType",
		MEDIA_TYPE "manifest.v1+json", "config", config, "layers", commit->layers);
	commit->manifest = add_json(commit, MEDIA_TYPE "manifest.v1+json", manifest);
	return commit->manifest ? 0 : -1;
}

static int write_layout(struct commit *commit, const struct written *written)
{
	const struct kept *kept = &written->kept;
	autoclose int version = -1, index = -1;

	if (mkdirat(commit->staging, "blobs", 0755) < 0 ||
		mkdirat(commit->staging, "blobs/sha256", 0755) < 0)
		return fail("blobs");
	for (size_t i = written->n_layers; i-- > 0;)
		if (add_layer(commit, written->layers[i], kept->options.image) < 0)
			return -1;
	if (add_layer(commit, written->upper, "box commit") < 0 || add_image(commit, kept) < 0)
		return -1;
	version = put_json(commit, "oci-layout", json_pack("{s:s}", "imageLayoutVersion", "1.0.0"));
	index = put_json(commit, "index.json",
		json_pack("{s:i, s:[O]}", "schemaVersion", 2, "manifests", commit->manifest));
	return version < 0 || index < 0 ? -1 : 0;
}

/* Writes the archive of the layout. An old file of the same name stays until the new one is
 * complete. Only the owner can read the archive, because files of the container may be secret. */
static int write_archive(struct commit *commit)
{
	autoclose int fd = spot_create(&commit->spot, commit->file, 0600);

	if (fd < 0)
		return -1;
	if (pack(commit->staging, false, commit->file, fd) == 0) {
		if (fsync(fd) < 0)
			fail("%s", commit->file);
		else if (spot_replace(&commit->spot, commit->file) == 0)
			return 0;
	}
	spot_give_up(&commit->spot);
	return -1;
}

/* Finds the place of the archive before the work begins: it is an error if a folder has
 * its name. */
static int find_spot(struct commit *commit)
{
	int found = spot_find(-1, commit->file, &commit->spot);

	errno = EISDIR;
	return found > 0 ? fail("%s", commit->file) : found;
}

/* Makes the layout. A running container is frozen meanwhile, so that its files do not change. */
static int commit_frozen(struct target *target, struct commit *commit)
{
	bool runs = target->state.phase == PHASE_RUNNING;
	int freezes = runs ? cgroup_exists(target->state.id) : 0;
	struct freeze freeze;
	struct written written;
	int result = -1;

	if (freezes < 0)
		return -1;
	if (runs && !freezes)
		warn_user("container %s has no cgroup, and goes on while it is committed",
			target->name);
	if (freezes && freeze_begin(&freeze, target->state.id) < 0)
		return -1;
	if (written_open(target, &written) == 0)
		result = write_layout(commit, &written);
	written_close(&written);
	if (freezes && freeze_end(&freeze) < 0)
		result = -1;
	return result;
}

static int commit_one(struct target *target)
{
	struct commit commit = {.file = target->data, .staging = -1};
	sigset_t before, blocked;
	char name[ID_LENGTH + 1];
	time_t now = time(NULL);
	struct tm tm;
	int result = -1;

	if (find_spot(&commit) < 0) {
		spot_close(&commit.spot);
		return -1;
	}
	strftime(commit.created, sizeof(commit.created), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	commit.layers = json_array();
	commit.diff_ids = json_array();
	commit.history = json_array();
	random_id(name);
	/* A signal must not end box before it has removed its incomplete files. */
	sigprocmask(SIG_BLOCK, NULL, &before);
	block_signals(&blocked);
	if ((commit.staging = store_staging(target->store, name)) >= 0) {
		if (commit_frozen(target, &commit) == 0)
			result = write_archive(&commit);
		keep_failure();
		remove_tree_at(target->store->tmp, name);
		close_fd(&commit.staging);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (result == 0)
		puts(json_string_value(json_object_get(commit.manifest, "digest")) +
			strlen("sha256:"));
	spot_close(&commit.spot);
	json_decref(commit.manifest);
	json_decref(commit.layers);
	json_decref(commit.diff_ids);
	json_decref(commit.history);
	return result;
}

int command_commit(const struct folders *folders, int argc, char *argv[])
{
	static const struct option none[] = {{0}};
	char **words = parse_flags(argc, argv, "+", none, set_nothing, NULL), *file;

	if (!words)
		return report();
	if (!words[0] || !words[1] || words[2]) {
		failx("a container and a file are needed; see box commit --help");
		return report();
	}
	file = words[1];
	words[1] = NULL;
	return each_container(folders, words, commit_one, file);
}
