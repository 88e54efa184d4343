/* image.c: IMAGE -> layers and configuration. */
#define _GNU_SOURCE
#include "box.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/sched.h>
#include <poll.h>
#include <sha2.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

enum { JSON_LIMIT = 4 << 20, MAX_LAYERS = 500, MAX_NESTING = 4, LAYER_DIGITS = 32 };

/* By default, what is unpacked from one archive or image, in bytes and files, is at most this. */
#define MAX_BYTES (64ULL << 30)
#define MAX_FILES 10000000ULL

#if defined(__x86_64__)
#define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#elif defined(__i386__)
#define ARCHITECTURE "386"
#elif defined(__arm__)
#define ARCHITECTURE "arm"
#elif defined(__riscv)
#define ARCHITECTURE "riscv64"
#elif defined(__powerpc64__)
#define ARCHITECTURE "ppc64le"
#elif defined(__s390x__)
#define ARCHITECTURE "s390x"
#else
#define ARCHITECTURE "unknown"
#endif

/* A layer of an image that is being imported. */
struct layer {
	char digest[ID_LENGTH + 1]; /* SHA-256 of its file; "": not known yet */
	char name[LAYER_DIGITS + sizeof("-root")]; /* below store->layers */
	char *file; /* in the image's folder */
	int staged; /* the number of its folder in the staging folder, or -1: already in place */
	uint64_t bytes;
};

/* What is being imported. */
struct import {
	struct store *store;
	char *path, *tag; /* FILE and TAG of FILE:TAG; tag may be NULL */
	char key[200]; /* which file that is */
	int file; /* the archive, or the folder */
	int staging; /* a folder of store->tmp */
	char staging_name[ID_LENGTH + 1];
	uint64_t max_bytes; /* what may still be unpacked */
	char id[ID_LENGTH + 1];
	struct layer *layers; /* the lowest first */
	size_t n_layers;
	json_t *config; /* of the image, or NULL */
	bool docker;
};

/* ---- JSON, which may be hostile: what has the wrong type is as if it were not there -------------
 */

static const char *get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static char *copy_text(const json_t *object, const char *key)
{
	const char *text = get_text(object, key);

	return text && *text ? strdup(text) : NULL;
}

static void free_list(char **list)
{
	for (char **item = list; item && *item; item++)
		free(*item);
	free(list);
}

/* The strings of an array, NULL-terminated; NULL when there is none, or no memory. */
static char **copy_list(const json_t *object, const char *key)
{
	const json_t *array = json_object_get(object, key);
	char **list = array ? calloc(json_array_size(array) + 1, sizeof(*list)) : NULL;
	size_t n = 0;

	for (size_t i = 0; list && i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (text && !(list[n++] = strdup(text))) {
			free_list(list);
			return NULL;
		}
	}
	if (n == 0)
		free_list(steal_pointer(&list));
	return list;
}

/* The digits of "sha256:DIGITS", or NULL. */
static const char *digest_of(const char *text)
{
	if (!text || strncmp(text, "sha256:", 7) != 0 || strlen(text + 7) != ID_LENGTH ||
		strspn(text + 7, "0123456789abcdef") != ID_LENGTH)
		return NULL;
	return text + 7;
}

/* Reads the JSON file NAME in the root folder ROOT, with the SHA-256 EXPECTED, or any if NULL. */
static json_t *read_json(int root, const char *name, const char *expected, char digest[])
{
	autoclose int fd = open_in_root(root, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	autofree char *text = read_file(fd, name, JSON_LIMIT);
	char own[SHA256_DIGEST_STRING_LENGTH];
	json_error_t error;
	json_t *json;

	if (!text)
		return NULL;
	SHA256Data((const uint8_t *)text, strlen(text), own);
	if (expected && strcmp(own, expected) != 0) {
		failx("%s: its SHA-256 is not the one expected", name);
		return NULL;
	}
	if (digest)
		strcpy(digest, own);
	if (!(json = json_loads(text, JSON_REJECT_DUPLICATES, &error)))
		failx("%s: line %d: %s", name, error.line, error.text);
	return json;
}

/* ---- an image's record in the store -------------------------------------------------------------
 */

void image_free(struct image *image)
{
	free_list(image->layers);
	free_list(image->entrypoint);
	free_list(image->cmd);
	free_list(image->env);
	free(image->source);
	free(image->folder);
	free(image->workdir);
	free(image->user);
	free(image->stop_signal);
	free(image->created);
	*image = (struct image){0};
}

static int image_load(struct store *store, const char *id, struct image *image)
{
	char name[ID_LENGTH + sizeof(".json")];
	json_auto_t *record = NULL;
	const json_t *config;

	*image = (struct image){0};
	snprintf(name, sizeof(name), "%s.json", id);
	if (!(record = read_json(store->images, name, NULL, NULL)))
		return -1;
	config = json_object_get(record, "config");
	strcpy(image->id, id);
	image->source = copy_text(record, "source");
	image->created = copy_text(record, "created");
	image->size = json_integer_value(json_object_get(record, "size"));
	image->layers = copy_list(record, "layers");
	image->entrypoint = copy_list(config, "Entrypoint");
	image->cmd = copy_list(config, "Cmd");
	image->env = copy_list(config, "Env");
	image->workdir = copy_text(config, "WorkingDir");
	image->user = copy_text(config, "User");
	image->stop_signal = copy_text(config, "StopSignal");
	while (image->layers && image->layers[image->n_layers])
		image->n_layers++;
	if (image->n_layers > 0 && image->source)
		return 0;
	image_free(image);
	return failx(
		"%s/images/%s: damaged: remove it, and import the image again", store->path, name);
}

/* The same, of an image being imported. The topmost layer comes first; one that is there twice
 * counts where it is higher, as an overlay takes a folder only once. */
static json_t *make_record(const struct import *import)
{
	static const char *const keys[] = {
		"Entrypoint", "Cmd", "Env", "WorkingDir", "User", "StopSignal"};
	const json_t *from = json_object_get(import->config, "config");
	const char *created = get_text(import->config, "created");
	json_t *layers = json_array(), *config = json_object();
	time_t now = time(NULL);
	json_int_t bytes = 0;
	char text[32];

	for (size_t i = import->n_layers; i-- > 0;) {
		size_t j = i + 1;

		while (j < import->n_layers &&
			strcmp(import->layers[i].name, import->layers[j].name) != 0)
			j++;
		if (j < import->n_layers)
			continue;
		json_array_append_new(layers, json_string(import->layers[i].name));
		bytes += import->layers[i].bytes;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (json_object_get(from, keys[i]))
			json_object_set(config, keys[i], json_object_get(from, keys[i]));
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "source", import->path, "created",
		created ? created : text, "size", bytes, "layers", layers, "config", config);
}

/* ---- box-unpack at work ------------------------------------------------------------------------
 */

struct job {
	const char *name; /* of the archive, for messages */
	int archive, target, socket;
	pid_t pid;
	struct stat before;
	SHA2_CTX sha;
	off_t hashed;
	bool done;
	uint64_t bytes;
	struct timespec start, drawn;
};

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - then->tv_sec + (now.tv_nsec - then->tv_nsec) / 1e9;
}

/* A number of bytes, with k, m, g or t for powers of 1024. */
static int parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "kmgt";
	char *end;
	const char *unit;

	errno = 0;
	*size = strtoull(text, &end, 10);
	if (errno || !isdigit((unsigned char)*text))
		return -1;
	if (*end && (unit = strchr(units, tolower((unsigned char)*end)))) {
		int shift = 10 * (unit - units + 1);

		if (*size > UINT64_MAX >> shift)
			return -1;
		*size <<= shift;
		end++;
	}
	return *end ? -1 : 0;
}

static const char *human(uint64_t bytes, char text[16])
{
	const char *unit = "kMGTPE";
	double size = bytes;

	if (bytes < 1000) {
		snprintf(text, 16, "%d B", (int)bytes);
		return text;
	}
	for (size /= 1000; size >= 999.5 && unit[1]; unit++)
		size /= 1000;
	snprintf(text, 16, size < 9.95 ? "%.1f %cB" : "%.0f %cB", size, *unit);
	return text;
}

/* box-unpack reads through the same open file, so its place in it is known here. */
static void draw_progress(struct job *job)
{
	static const char bar[] = "##############################";
	static const char rest[] = "..............................";
	off_t at = lseek(job->archive, 0, SEEK_CUR), all = job->before.st_size;
	double seconds = seconds_since(&job->start);
	char a[16], b[16], c[16];
	int part;

	if (!isatty(STDERR_FILENO) || seconds_since(&job->drawn) < 0.1)
		return;
	clock_gettime(CLOCK_MONOTONIC, &job->drawn);
	at = at > all ? all : at;
	part = all ? at * 30 / all : 0;
	fprintf(stderr, "\r\033[K%s: [%.*s%.*s] %s of %s, %s/s", job->name, part, bar, 30 - part,
		rest, human(at, a), human(all, b), human(at / seconds, c));
}

static void clear_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

_Noreturn static void exec_unpacker(const struct job *job, int socket, char *argv[])
{
	int fds[] = {job->archive, job->target, socket};
	char text[1024];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 3; i++)
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < 3; i++)
		dup2(fds[i], 3 + i);
	syscall(SYS_close_range, 6, ~0U, 0);
	execv(argv[0], argv);
	fail("e%s", argv[0]);
	snprintf(text, sizeof(text), "%s", failure());
	send(5, text, strlen(text), MSG_NOSIGNAL);
	_exit(EXIT_BOX);
}

static int start_unpacker(struct job *job, bool layer, uint64_t max_bytes)
{
	/* A PID namespace: nothing of box-unpack can outlive it, and it sees no other process. */
	struct clone_args arguments = {.flags = CLONE_NEWPID, .exit_signal = SIGCHLD};
	autofree char *program = helper_path("box-unpack");
	autofree char *bytes = format_text("%llu", (unsigned long long)max_bytes);
	autofree char *files = format_text("%llu", MAX_FILES);
	char *argv[] = {program, layer ? "layer" : "root", bytes, files, NULL};
	int pair[2];

	if (!program || !bytes || !files)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail("socketpair");
	if ((job->pid = syscall(SYS_clone3, &arguments, sizeof(arguments))) == 0)
		exec_unpacker(job, pair[1], argv);
	close(pair[1]);
	job->socket = pair[0];
	return job->pid < 0 ? fail("clone3") : 0;
}

/* Makes the folder NAME hide what lower layers have there: box-unpack may not. It can have replaced
 * the folder since, which then is none of ours. */
static int set_opaque(const struct job *job, const char *name)
{
	autoclose int fd = open_in_root(job->target, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd >= 0 && fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return fail("%s: trusted.overlay.opaque of %s", job->name, name);
	return 0;
}

/* Handles a message of box-unpack, which reads hostile input and may say anything. Returns 1 when
 * it was the last. */
static int handle_message(struct job *job)
{
	char text[8193];
	ssize_t n = recv(job->socket, text, sizeof(text) - 1, 0);
	int status = 0;

	if (n <= 0) {
		waitpid(job->pid, &status, 0);
		job->pid = -1;
		return failx("%s: box-unpack ended with %s %d", job->name,
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	text[n] = '\0';
	switch (text[0]) {
	case 'd':
		job->bytes = strtoull(text + 1, NULL, 10);
		return 1;
	case 'o':
		return set_opaque(job, text + 1);
	case 'w':
		clear_progress();
		failx("%s: %s", job->name, text + 1); /* makes it safe to print */
		warn_user("%s", failure());
		return 0;
	default:
		return failx("%s: %s", job->name, text + 1);
	}
}

/* Hashes a part of the file. Returns 1 at its end. */
static int hash_part(struct job *job)
{
	static uint8_t buffer[1 << 19];
	ssize_t n = pread(job->archive, buffer, sizeof(buffer), job->hashed);

	if (n < 0)
		return fail("%s", job->name);
	SHA256Update(&job->sha, buffer, n);
	job->hashed += n;
	return n == 0;
}

static bool is_interrupted(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		       sigismember(&pending, SIGHUP));
}

/* Computes the digest while box-unpack works, from the same open file. */
static int watch(struct job *job)
{
	struct pollfd poller = {.fd = job->socket, .events = POLLIN};
	int hashed = 0, done = 0;

	while (!hashed || !done) {
		if (is_interrupted())
			return failx("%s: interrupted", job->name);
		if (!hashed && (hashed = hash_part(job)) < 0)
			return -1;
		if (!done && poll(&poller, 1, hashed ? 100 : 0) > 0 &&
			(done = handle_message(job)) < 0)
			return -1;
		draw_progress(job);
	}
	return 0;
}

static int check_unchanged(const struct job *job)
{
	const struct stat *a = &job->before;
	struct stat b;

	if (fstat(job->archive, &b) < 0)
		return fail("%s", job->name);
	if (a->st_size != b.st_size || a->st_mtim.tv_sec != b.st_mtim.tv_sec ||
		a->st_mtim.tv_nsec != b.st_mtim.tv_nsec || a->st_ctim.tv_sec != b.st_ctim.tv_sec ||
		a->st_ctim.tv_nsec != b.st_ctim.tv_nsec)
		return failx("%s: changed while it was read", job->name);
	return 0;
}

/* Unpacks the file ARCHIVE into the folder TARGET, and gives its SHA-256, and the size of what is
 * in it. NAME is for messages. */
static int unpack(int archive, int target, bool layer, const char *name, uint64_t max_bytes,
	char digest[ID_LENGTH + 1], uint64_t *bytes)
{
	struct job job = {.name = name, .archive = archive, .target = target, .socket = -1};
	int result;

	if (fstat(archive, &job.before) < 0)
		return fail("%s", name);
	if (!S_ISREG(job.before.st_mode))
		return failx("%s: not a file", name);
	SHA256Init(&job.sha);
	clock_gettime(CLOCK_MONOTONIC, &job.start);
	job.drawn = job.start;
	if (start_unpacker(&job, layer, max_bytes) < 0)
		return -1;
	result = watch(&job);
	clear_progress();
	close(job.socket);
	if (result < 0 && job.pid > 0)
		kill(job.pid, SIGKILL);
	if (job.pid > 0)
		waitpid(job.pid, NULL, 0);
	SHA256End(&job.sha, digest);
	*bytes = job.bytes;
	return result < 0 ? -1 : check_unchanged(&job);
}

/* ---- image layouts -----------------------------------------------------------------------------
 */

/* Whether ITEM of an index has the name TAG. Its names are added to NAMES. */
static bool has_name(const json_t *item, const char *tag, char names[512])
{
	const json_t *notes = json_object_get(item, "annotations");
	const json_t *tags = json_object_get(item, "RepoTags");
	const char *all[16] = {get_text(notes, "org.opencontainers.image.ref.name"),
		get_text(notes, "io.containerd.image.name")};
	bool found = false;

	for (size_t i = 0; i < json_array_size(tags) && i < 14; i++)
		all[2 + i] = json_string_value(json_array_get(tags, i));
	for (size_t i = 0; i < 16; i++) {
		size_t length = strlen(names);
		const char *end = all[i] && tag ? strrchr(all[i], ':') : NULL;

		if (!all[i])
			continue;
		snprintf(names + length, 512 - length, "%s%s", length ? ", " : "", all[i]);
		if (tag && (strcmp(all[i], tag) == 0 || (end && strcmp(end + 1, tag) == 0)))
			found = true;
	}
	return found;
}

/* A platform, or a configuration, that names no machine is for any. */
static bool is_for_this_machine(const json_t *platform)
{
	const char *os = get_text(platform, "os");
	const char *architecture = get_text(platform, "architecture");

	return (!os || strcmp(os, "linux") == 0) &&
	       (!architecture || strcmp(architecture, ARCHITECTURE) == 0);
}

/* The item of LIST that was asked for. At the TOP, several are several images; further down,
 * variants of one. */
static const json_t *choose(const struct import *import, const json_t *list, bool top)
{
	const char *tag = top ? import->tag : NULL;
	const json_t *chosen = NULL;
	char names[512] = "";
	bool several = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		bool named = has_name(item, tag, names);

		if (!is_for_this_machine(json_object_get(item, "platform")) || (tag && !named))
			continue;
		if (chosen && top &&
			!json_equal(
				json_object_get(chosen, "digest"), json_object_get(item, "digest")))
			several = true;
		if (!chosen)
			chosen = item;
	}
	if (several)
		failx("%s: several images: FILE:TAG chooses one (%s)", import->path, names);
	else if (!chosen && tag)
		failx("%s: no image %s for linux/%s (there are: %s)", import->path, tag,
			ARCHITECTURE, names);
	else if (!chosen)
		failx("%s: no image for linux/%s", import->path, ARCHITECTURE);
	return several ? NULL : chosen;
}

static json_t *read_blob(
	const struct import *import, int root, const json_t *descriptor, char digest[])
{
	const char *digits = digest_of(get_text(descriptor, "digest"));
	autofree char *name = digits ? format_text("blobs/sha256/%s", digits) : NULL;
	json_t *json;

	if (!name) {
		failx("%s: an image without a SHA-256 digest", import->path);
		return NULL;
	}
	if (!(json = read_json(root, name, digits, digest)))
		failx("%s: %s", import->path, failure());
	return json;
}

static int allocate_layers(struct import *import, const json_t *list)
{
	size_t n = json_array_size(list);

	if (n == 0 || n > MAX_LAYERS)
		return failx("%s: an image of %zu layers", import->path, n);
	if (!(import->layers = calloc(n, sizeof(*import->layers))))
		return fail("memory");
	import->n_layers = n;
	for (size_t i = 0; i < n; i++)
		import->layers[i].staged = -1;
	return 0;
}

static int read_oci(struct import *import, int root)
{
	json_auto_t *json = read_json(root, "index.json", NULL, NULL);
	const json_t *list;

	if (!json)
		return failx("%s: %s", import->path, failure());
	for (int i = 0; (list = json_object_get(json, "manifests")); i++) {
		const json_t *item = choose(import, list, i == 0);
		json_t *next;

		if (i == MAX_NESTING)
			return failx("%s: an index in an index, too often", import->path);
		if (!item || !(next = read_blob(import, root, item, NULL)))
			return -1;
		json_decref(json);
		json = next;
	}
	list = json_object_get(json, "layers");
	import->config = read_blob(import, root, json_object_get(json, "config"), import->id);
	if (!import->config || allocate_layers(import, list) < 0)
		return -1;
	for (size_t i = 0; i < import->n_layers; i++) {
		const char *digest = digest_of(get_text(json_array_get(list, i), "digest"));

		if (!digest)
			return failx("%s: a layer without a SHA-256 digest", import->path);
		strcpy(import->layers[i].digest, digest);
		if (!(import->layers[i].file = format_text("blobs/sha256/%s", digest)))
			return -1;
	}
	return 0;
}

/* docker save's: the configuration has the digests of the layers before compression. */
static int read_docker(struct import *import, int root, const json_t *manifest)
{
	const json_t *item = choose(import, manifest, true), *files, *digests;
	const char *name = get_text(item, "Config");

	if (!item)
		return -1;
	if (!name || !(import->config = read_json(root, name, NULL, import->id)))
		return failx("%s: %s", import->path, name ? failure() : "no Config");
	files = json_object_get(item, "Layers");
	digests = json_object_get(json_object_get(import->config, "rootfs"), "diff_ids");
	if (allocate_layers(import, files) < 0)
		return -1;
	for (size_t i = 0; i < import->n_layers; i++) {
		const char *file = json_string_value(json_array_get(files, i));
		const char *digest = digest_of(json_string_value(json_array_get(digests, i)));

		if (!file || !digest || json_array_size(digests) != import->n_layers)
			return failx(
				"%s: a layer without a file or a SHA-256 digest", import->path);
		strcpy(import->layers[i].digest, digest);
		if (!(import->layers[i].file = strdup(file)))
			return fail("memory");
	}
	return 0;
}

/* Returns 1 if the folder ROOT is an image layout, and 0 if it is a root filesystem. */
static int read_layout(struct import *import, int root)
{
	json_auto_t *manifest = NULL;
	const json_t *first;

	if (faccessat(root, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
		faccessat(root, "index.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		if (read_oci(import, root) < 0)
			return -1;
	} else {
		manifest = read_json(root, "manifest.json", NULL, NULL);
		first = json_array_get(manifest, 0);
		if (!json_object_get(first, "Config") || !json_object_get(first, "Layers"))
			return 0;
		import->docker = true;
		if (read_docker(import, root, manifest) < 0)
			return -1;
	}
	if (!is_for_this_machine(import->config))
		return failx("%s: an image for %s, and this machine is %s", import->path,
			get_text(import->config, "architecture"), ARCHITECTURE);
	return 1;
}

/* ---- import ------------------------------------------------------------------------------------
 */

static void import_end(struct import *import)
{
	for (size_t i = 0; i < import->n_layers; i++)
		free(import->layers[i].file);
	free(import->layers);
	json_decref(import->config);
	close_fd(&import->file);
	close_fd(&import->staging);
	free(import->path);
	free(import->tag);
}

/* FILE, or FILE:TAG where there is no such file. */
static int split_name(struct import *import, const char *name)
{
	struct stat st;

	if (!(import->path = strdup(name)))
		return fail("memory");
	for (char *colon = import->path; stat(name, &st) < 0 && (colon = strchr(colon, ':'));
		colon++) {
		*colon = '\0';
		if (stat(import->path, &st) == 0)
			return (import->tag = strdup(colon + 1)) ? 0 : fail("memory");
		*colon = ':';
	}
	return 0;
}

/* Opens FILE. Returns 1 if it is a folder that is a root filesystem. */
static int import_open(struct import *import, struct store *store, const char *name)
{
	char digest[SHA256_DIGEST_STRING_LENGTH] = "";
	struct stat st;

	*import = (struct import){.store = store, .file = -1, .staging = -1};
	if (split_name(import, name) < 0)
		return -1;
	import->file = open(import->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (import->file < 0 || fstat(import->file, &st) < 0)
		return fail("%s", import->path);
	if (S_ISDIR(st.st_mode) &&
		(fstatat(import->file, "index.json", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			faccessat(import->file, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) < 0))
		return 1;
	if (!S_ISREG(st.st_mode))
		return failx("%s: neither a file nor a folder", import->path);
	if (import->tag)
		SHA256Data((const uint8_t *)import->tag, strlen(import->tag), digest);
	snprintf(import->key, sizeof(import->key), "%llx-%llx-%llx-%llx.%09ld-%llx.%09ld%.32s",
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		(unsigned long long)st.st_size, (unsigned long long)st.st_mtim.tv_sec,
		st.st_mtim.tv_nsec, (unsigned long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
		digest);
	return 0;
}

/* Loads the image that this file was found to be before. Returns 1 if there is one. */
static int import_known(const struct import *import, struct image *image)
{
	struct store *store = import->store;
	char record[ID_LENGTH + sizeof(".json")];
	autofree char *id = store_read_link(store->files, import->key);

	if (!id || strlen(id) != ID_LENGTH)
		return 0;
	snprintf(record, sizeof(record), "%s.json", id);
	if (faccessat(store->images, record, F_OK, 0) < 0) {
		unlinkat(store->files, import->key, 0);
		return 0;
	}
	return image_load(store, id, image) < 0 ? -1 : 1;
}

/* A new, empty folder, as a root filesystem's own. */
static int new_folder(const struct import *import, int number)
{
	autoclose int fd = -1;
	char name[16];

	snprintf(name, sizeof(name), "%d", number);
	if (mkdirat(import->staging, name, 0755) < 0 ||
		(fd = openat(import->staging, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		fchmod(fd, 0755) < 0)
		return fail("%s/tmp", import->store->path);
	return steal_fd(&fd);
}

static int unpack_into(struct import *import, int archive, int number, bool layer, const char *name,
	char digest[ID_LENGTH + 1], uint64_t *bytes)
{
	autoclose int target = new_folder(import, number);

	if (target < 0 ||
		unpack(archive, target, layer, name, import->max_bytes, digest, bytes) < 0)
		return -1;
	import->max_bytes -= *bytes < import->max_bytes ? *bytes : import->max_bytes;
	return 0;
}

/* The size of a layer is kept beside it; a layer without one does not count. */
static bool has_layer(const struct import *import, struct layer *layer)
{
	char name[sizeof(layer->name) + sizeof(".size")], *text;

	snprintf(name, sizeof(name), "%s.size", layer->name);
	if (faccessat(import->store->layers, layer->name, F_OK, 0) < 0 ||
		!(text = store_read_link(import->store->layers, name)))
		return false;
	layer->bytes = strtoull(text, NULL, 10);
	free(text);
	return true;
}

static void name_layer(struct layer *layer, const char *suffix)
{
	snprintf(layer->name, sizeof(layer->name), "%.*s%s", LAYER_DIGITS, layer->digest, suffix);
}

/* The digests of a docker archive's configuration say nothing about files that are compressed. */
static bool is_compressed(int fd)
{
	uint8_t magic[4] = {0};

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       (memcmp(magic, "\x1f\x8b", 2) == 0 || memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0);
}

static int import_layer(struct import *import, int root, size_t i)
{
	struct layer *layer = &import->layers[i];
	autofree char *name =
		format_text("%s: layer %zu of %zu", import->path, i + 1, import->n_layers);
	autoclose int fd = open_in_root(root, layer->file, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	char digest[SHA256_DIGEST_STRING_LENGTH];

	if (fd < 0)
		return fail("%s: %s", name, layer->file);
	if (import->docker && is_compressed(fd))
		layer->digest[0] = '\0';
	name_layer(layer, "");
	for (size_t j = 0; j < i; j++)
		if (layer->digest[0] && strcmp(import->layers[j].name, layer->name) == 0) {
			layer->bytes = import->layers[j].bytes;
			return 0;
		}
	if (layer->digest[0] && has_layer(import, layer))
		return 0;
	layer->staged = i + 1;
	if (unpack_into(import, fd, layer->staged, true, name, digest, &layer->bytes) < 0)
		return -1;
	if (layer->digest[0] && strcmp(layer->digest, digest) != 0)
		return failx("%s: its SHA-256 is not the one the image gives", name);
	strcpy(layer->digest, digest);
	name_layer(layer, "");
	return 0;
}

/* Unpacks the archive, or opens the folder. Returns the folder. */
static int import_outer(struct import *import, char digest[], uint64_t *bytes)
{
	struct stat st;

	if (fstat(import->file, &st) < 0)
		return fail("%s", import->path);
	if (S_ISDIR(st.st_mode))
		return fcntl(import->file, F_DUPFD_CLOEXEC, 0);
	if (unpack_into(import, import->file, 0, false, import->path, digest, bytes) < 0)
		return -1;
	return openat(import->staging, "0", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Unpacks what is not unpacked yet. */
static int import_layers(struct import *import)
{
	char digest[SHA256_DIGEST_STRING_LENGTH] = "";
	uint64_t bytes = 0;
	autoclose int root = import_outer(import, digest, &bytes);
	int is_layout = root < 0 ? -1 : read_layout(import, root);

	if (is_layout < 0)
		return -1;
	for (size_t i = 0; is_layout && i < import->n_layers; i++)
		if (import_layer(import, root, i) < 0)
			return -1;
	if (is_layout) {
		/* Before what is left is written to the disk. */
		return remove_tree_at(import->staging, "0");
	}
	if (!(import->layers = calloc(1, sizeof(*import->layers))))
		return fail("memory");
	import->n_layers = 1;
	import->layers->bytes = bytes;
	strcpy(import->layers->digest, digest);
	strcpy(import->id, digest);
	/* Other than a layer with this digest: it has no whiteouts. */
	name_layer(import->layers, "-root");
	return 0;
}

/* Moves the layers from the staging folder to their place, where another box may have put the same
 * ones meanwhile. */
static int place_layers(const struct import *import)
{
	int layers = import->store->layers;

	/* A power cut must not leave half of a layer under its name. */
	if (syncfs(import->staging) < 0)
		return fail("%s: syncfs", import->store->path);
	for (size_t i = 0; i < import->n_layers; i++) {
		const struct layer *layer = &import->layers[i];
		char number[16], size[24], name[sizeof(layer->name) + sizeof(".size")];

		if (layer->staged < 0)
			continue;
		snprintf(number, sizeof(number), "%d", layer->staged);
		snprintf(size, sizeof(size), "%llu", (unsigned long long)layer->bytes);
		snprintf(name, sizeof(name), "%s.size", layer->name);
		if (store_set_link(layers, name, size) < 0 ||
			(renameat(import->staging, number, layers, layer->name) < 0 &&
				errno != EEXIST && errno != ENOTEMPTY))
			return fail("%s/layers/%s", import->store->path, layer->name);
	}
	return fsync(layers) < 0 ? fail("%s/layers", import->store->path) : 0;
}

static int write_record(const struct import *import)
{
	json_auto_t *record = make_record(import);
	autoclose int fd =
		openat(import->staging, "record", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char name[ID_LENGTH + sizeof(".json")];

	snprintf(name, sizeof(name), "%s.json", import->id);
	if (!record)
		return failx("%s: what it says of itself is not text", import->path);
	if (fd < 0 || json_dumpfd(record, fd, JSON_COMPACT) < 0 || fsync(fd) < 0 ||
		renameat(import->staging, "record", import->store->images, name) < 0)
		return fail("%s/images/%s", import->store->path, name);
	return 0;
}

/* box [--max-size SIZE], which sets the variable. */
static int read_max_size(struct import *import)
{
	const char *text = getenv("BOX_MAX_SIZE");

	import->max_bytes = MAX_BYTES;
	if (text && parse_size(text, &import->max_bytes) < 0)
		return failx("--max-size %s: a number, then k, m, g or t", text);
	return 0;
}

static int import_new(struct import *import)
{
	struct store *store = import->store;
	/* Until the record refers to them, nothing but this lock keeps rmi from the layers. */
	autoclose int lock = store_lock(store, LOCK_SH);
	int result;

	if (lock < 0 || read_max_size(import) < 0 ||
		(import->staging = store_staging(store, import->staging_name)) < 0)
		return -1;
	result = import_layers(import) < 0 || place_layers(import) < 0 || write_record(import) < 0
			 ? -1
			 : 0;
	remove_tree_at(store->tmp, import->staging_name);
	if (result == 0)
		result = store_set_link(store->files, import->key, import->id);
	return result;
}

/* Blocks the signals that end box by themselves, so that it can remove what is half unpacked. */
static void block_signals(sigset_t *old)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

/* Two boxes that are given the same file at once: the second waits, and finds it unpacked. */
static int import_locked(struct import *import, struct image *image)
{
	autofree char *name = format_text("%s.lock", import->key);
	autoclose int lock = name ? store_lock_name(import->store, name) : -1;
	sigset_t mask;
	int result;

	if (lock < 0)
		return -1;
	block_signals(&mask);
	if ((result = import_known(import, image)) == 0 && (result = import_new(import)) == 0)
		result = image_load(import->store, import->id, image);
	unlinkat(import->store->tmp, name, 0);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return result < 0 ? -1 : 0;
}

static int import_file(struct store *store, const char *name, bool folders, struct image *image)
{
	struct import import;
	int result = import_open(&import, store, name);

	if (result == 1 && !folders)
		result = failx("%s: a folder that is not an image layout: run it as it is", name);
	else if (result == 1)
		image->folder = steal_pointer(&import.path);
	else if (result == 0 && (result = import_known(&import, image)) == 0)
		result = import_locked(&import, image);
	import_end(&import);
	return result < 0 ? -1 : 0;
}

/* A name has no '/', or it would be a file's. */
static bool is_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_.:-");

	return length > 0 && length <= 128 && !name[length] && isalnum((unsigned char)*name);
}

int image_import(struct store *store, const char *file, const char *name, struct image *image)
{
	*image = (struct image){0};
	if (name && !is_name(name))
		return failx("%s: a name has letters, digits, and . _ : - after the first", name);
	if (import_file(store, file, false, image) < 0)
		return -1;
	if (name && store_set_link(store->names, name, image->id) < 0) {
		image_free(image);
		return -1;
	}
	return 0;
}

/* ---- images in the store -----------------------------------------------------------------------
 */

/* Calls EACH(store, NAME, DATA) for the names in a folder of the store, until it returns not 0. */
static int for_each(
	struct store *store, int dir, int (*each)(struct store *, const char *, void *), void *data)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int result = 0;

	if (!stream) {
		close_fd(&fd);
		return fail("%s", store->path);
	}
	while (result == 0 && (entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			result = each(store, entry->d_name, data);
	closedir(stream);
	return result;
}

struct search {
	const char *digits;
	char id[ID_LENGTH + 1]; /* the last that was found */
	char all[512];
	int n;
};

static int search_id(struct store *store, const char *name, void *data)
{
	struct search *search = data;
	size_t length = strlen(search->all);

	(void)store;
	if (strlen(name) != ID_LENGTH + strlen(".json") ||
		strncmp(name, search->digits, strlen(search->digits)) != 0)
		return 0;
	snprintf(search->id, sizeof(search->id), "%.*s", ID_LENGTH, name);
	snprintf(
		search->all + length, sizeof(search->all) - length, " %.*s", SHORT_ID_LENGTH, name);
	search->n++;
	return 0;
}

/* The ID of the image with a name, or with the first digits of an ID. */
static int find_id(struct store *store, const char *name, char id[ID_LENGTH + 1])
{
	struct search search = {.digits = strncmp(name, "sha256:", 7) == 0 ? name + 7 : name};
	size_t n = strlen(search.digits);
	autofree char *target = is_name(name) ? store_read_link(store->names, name) : NULL;

	if (target && strlen(target) == ID_LENGTH) {
		strcpy(id, target);
		return 0;
	}
	if (n < 4 || n > ID_LENGTH || strspn(search.digits, "0123456789abcdef") != n)
		return failx("%s: no such image, file or folder", name);
	if (for_each(store, store->images, search_id, &search) < 0)
		return -1;
	if (search.n != 1)
		return search.n ? failx("%s: several images:%s", name, search.all)
				: failx("%s: no such image, file or folder", name);
	strcpy(id, search.id);
	return 0;
}

static bool is_file(const char *name)
{
	autofree char *copy = strdup(name);

	for (char *end = copy; copy && end; end = strrchr(copy, ':')) {
		if (*end == ':')
			*end = '\0';
		if (access(copy, F_OK) == 0)
			return true;
	}
	return strchr(name, '/');
}

int image_get(struct store *store, const char *name, struct image *image)
{
	char id[ID_LENGTH + 1];

	*image = (struct image){0};
	if (is_file(name))
		return import_file(store, name, true, image);
	return find_id(store, name, id) < 0 ? -1 : image_load(store, id, image);
}

/* ---- what the user sees ------------------------------------------------------------------------
 */

/* A text that came from an archive, as a table's cell. */
static void print_cell(const char *text, int width)
{
	for (; *text; text++) {
		bool starts = ((unsigned char)*text & 0xc0) != 0x80;

		putchar(iscntrl((unsigned char)*text) ? '?' : *text);
		width -= starts;
	}
	printf("%*s", width > 0 ? width : 0, "");
}

struct listing {
	bool quiet;
	bool measuring; /* print nothing: find out how wide the columns are */
	int name_width, source_width;
	const char *id; /* the image whose names are looked for */
	const struct image *image;
	int n_names;
};

static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void list_row(struct listing *listing, const char *name)
{
	const struct image *image = listing->image;
	char size[16];

	if (listing->measuring) {
		int widths[] = {width_of(name), width_of(image->source)};

		listing->name_width =
			widths[0] > listing->name_width ? widths[0] : listing->name_width;
		listing->source_width =
			widths[1] > listing->source_width ? widths[1] : listing->source_width;
		return;
	}
	printf("%.12s   ", image->id);
	print_cell(name, listing->name_width + 3);
	print_cell(image->source, listing->source_width + 3);
	printf("%-8s   %6zu   ", human(image->size, size), image->n_layers);
	print_cell(image->created ? image->created : "-", 0);
	putchar('\n');
}

static int list_name(struct store *store, const char *name, void *data)
{
	struct listing *listing = data;
	autofree char *id = store_read_link(store->names, name);

	if (id && strcmp(id, listing->image->id) == 0) {
		listing->n_names++;
		list_row(listing, name);
	}
	return 0;
}

static int list_image(struct store *store, const char *name, void *data)
{
	struct listing *listing = data;
	struct image image;
	char id[ID_LENGTH + 1];

	snprintf(id, sizeof(id), "%.*s", ID_LENGTH, name);
	if (image_load(store, id, &image) < 0) {
		if (!listing->measuring)
			warn_user("%s", failure());
		return 0;
	}
	listing->image = &image;
	listing->n_names = 0;
	if (listing->quiet)
		printf("%.12s\n", image.id);
	else if (for_each(store, store->names, list_name, listing) == 0 && listing->n_names == 0)
		list_row(listing, "<none>");
	image_free(&image);
	return 0;
}

int image_list(struct store *store, bool quiet)
{
	struct listing listing = {
		.quiet = quiet, .measuring = true, .name_width = 4, .source_width = 6};

	if (!quiet) {
		if (for_each(store, store->images, list_image, &listing) < 0)
			return -1;
		printf("%-12s   %-*s   %-*s   %-8s   LAYERS   CREATED\n", "IMAGE ID",
			listing.name_width, "NAME", listing.source_width, "SOURCE", "SIZE");
	}
	listing.measuring = false;
	return for_each(store, store->images, list_image, &listing);
}

/* ---- removal -----------------------------------------------------------------------------------
 */

struct removal {
	const char *id; /* the image, or the name of a layer */
	int dir; /* of the links to it */
	int n;
};

static int count_link(struct store *store, const char *name, void *data)
{
	struct removal *removal = data;
	autofree char *id = store_read_link(removal->dir, name);

	(void)store;
	removal->n += id && strcmp(id, removal->id) == 0;
	return 0;
}

static int remove_link(struct store *store, const char *name, void *data)
{
	struct removal *removal = data;
	int before = removal->n;

	count_link(store, name, removal);
	return removal->n > before ? unlinkat(removal->dir, name, 0) : 0;
}

static int check_unused(struct store *store, const char *container, void *data)
{
	autofree char *link = format_text("%s/image", container);
	autofree char *id = link ? store_read_link(store->containers, link) : NULL;

	if (id && strcmp(id, data) == 0)
		return failx("%.12s: container %.12s uses this image", id, container);
	return 0;
}

/* Adds the layers of an image to the JSON object DATA. */
static int note_layers(struct store *store, const char *name, void *data)
{
	char id[ID_LENGTH + 1];
	struct image image;

	snprintf(id, sizeof(id), "%.*s", ID_LENGTH, name);
	if (image_load(store, id, &image) < 0)
		return -1;
	for (size_t i = 0; i < image.n_layers; i++)
		json_object_set_new(data, image.layers[i], json_true());
	image_free(&image);
	return 0;
}

/* Removes the layer NAME unless it is in the object DATA. From its place it vanishes at once. */
static int remove_layer(struct store *store, const char *name, void *data)
{
	char staging_name[ID_LENGTH + 1], *dot = strchr(name, '.');
	autofree char *layer = dot ? strndup(name, dot - name) : strdup(name);
	autoclose int staging = -1;

	if (!layer || json_object_get(data, layer))
		return 0;
	if (dot)
		return unlinkat(store->layers, name, 0) < 0 ? fail("%s", name) : 0;
	if ((staging = store_staging(store, staging_name)) < 0)
		return -1;
	if (renameat(store->layers, name, staging, name) < 0)
		return fail("remove layer %s", name);
	return remove_tree_at(store->tmp, staging_name);
}

static int remove_image(struct store *store, char id[])
{
	json_auto_t *used = json_object();
	struct removal names = {id, store->names, 0}, files = {id, store->files, 0};
	autofree char *record = format_text("%s.json", id);

	if (!record || for_each(store, store->containers, check_unused, id) < 0)
		return -1;
	if (unlinkat(store->images, record, 0) < 0)
		return fail("%s", record);
	if (for_each(store, store->names, remove_link, &names) < 0 ||
		for_each(store, store->files, remove_link, &files) < 0 ||
		for_each(store, store->images, note_layers, used) < 0)
		return -1;
	return for_each(store, store->layers, remove_layer, used);
}

int image_remove(struct store *store, const char *name)
{
	autoclose int lock = store_lock(store, LOCK_EX);
	autofree char *target = is_name(name) ? store_read_link(store->names, name) : NULL;
	char id[ID_LENGTH + 1];
	struct removal names = {id, store->names, 0};

	if (lock < 0 || find_id(store, name, id) < 0)
		return -1;
	if (target && for_each(store, store->names, count_link, &names) == 0 && names.n > 1)
		return unlinkat(store->names, name, 0) < 0 ? fail("%s", name) : 0;
	return remove_image(store, id);
}
