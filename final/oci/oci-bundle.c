/* oci-bundle.c: reads a bundle, and completes its spec, for create, run, start, exec and delete. */
#define _GNU_SOURCE
#include "oci-bundle.h"

#include <fcntl.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "environment.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "json.h"
#include "list.h"
#include "text.h"
#include "seccomp.h"
#include "spec.h"
#include "oci-commands.h"
#include "oci-config.h"
#include "oci-log.h"
#include "oci-output.h"
#include "oci-state.h"

enum { MAX_CONFIG = 16 << 20 };

char *oci_read_input(const char *file)
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

/* Returns TEXT (NULL: "") as a string of JSON, in quotes, which the caller frees. */
static char *quote(const char *text)
{
	json_auto_t *json = json_any(text);

	return json_dumps(json, JSON_ENCODE_ANY);
}

/* Returns the state that hooks read, without its end, which hooks_run() adds. The caller frees it.
 * NULL after fail(). */
static char *hook_state(const struct oci *oci, const char *annotations)
{
	autofree char *bundle = quote(oci->bundle), *rootfs = quote(oci->rootfs);

	return !bundle || !rootfs
		       ? NULL
		       : format_text("\"ociVersion\":\"%s\",\"id\":\"%s\",\"bundle\":%s,"
				     "\"rootfs\":%s,\"annotations\":%s",
				 oci->version, oci->id, bundle, rootfs, annotations ?: "{}");
}

int oci_add_environment(struct bundle *bundle)
{
	struct process *to = &bundle->spec.process;
	struct strings *env = &bundle->env;

	for (char **variable = to->env; *variable; variable++)
		if (add_env(env, *variable) < 0)
			return -1;
	for (size_t i = 0; i < oci_line.env.n; i++)
		if (add_env(env, oci_line.env.list[i]) < 0)
			return -1;
	to->env = env->n ? env->list : to->env;
	return 0;
}

/* Compiles the filter of system calls. Compiled filters are kept in the folder ROOT/.seccomp, under
 * names made of their profiles. The listener's members do not change the filter, and are left out
 * of the profile. */
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
		!(bundle->spec.process.seccomp = seccomp_profile(profile, folder)))
		return -1;
	listener->first = oci->pid;
	listener->text = format_text("{\"ociVersion\":\"%s\",\"fds\":[\"seccompFd\"],"
				     "\"metadata\":%s,\"state\":{%s,\"status\":\"%s\"",
		SPEC_VERSION, metadata, bundle->extras.hooks.state,
		oci->pid ? "running" : "creating");
	return listener->text ? 0 : -1;
}

int oci_complete_spec(struct bundle *bundle, const struct oci *oci)
{
	struct spec *spec = &bundle->spec;
	const char **state = &bundle->extras.hooks.state;

	snprintf(spec->id, sizeof(spec->id), "%.*s", ID_LENGTH, oci->id);
	spec->cgroup = oci->cgroup;
	spec->process.preserve_fds = oci_line.preserve_fds;
	spec->root.no_pivot = oci_line.no_pivot;
	spec->process.keep_keyring = oci_line.keep_keyring;
	if (!*state && !(*state = hook_state(oci, bundle->annotations)))
		return -1;
	if (bundle->seccomp && complete_seccomp(bundle, oci) < 0)
		return -1;
	return oci_check_console(spec);
}

char *oci_read_config(const char *folder)
{
	autofree char *path = format_text("%s/config.json", folder);

	return path ? read_file_at(AT_FDCWD, path, MAX_CONFIG) : NULL;
}

int oci_load_bundle(struct bundle *bundle, const struct oci *oci)
{
	autofree char *config = read_file_at(oci->dir, "config.json", MAX_CONFIG);

	if (!config || oci_read(bundle, config, oci->bundle) < 0)
		return -1;
	bundle->extras.hooks.state = hook_state(oci, bundle->annotations);
	return bundle->extras.hooks.state ? 0 : -1;
}
