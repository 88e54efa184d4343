/* oci-config.c: turns config.json into a struct spec: the process, the root, and the hooks. See
 * runtime-spec, config.md. */
#define _GNU_SOURCE
#include "oci-config.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <linux/sched/types.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

#include "cleanup.h"
#include "error.h"
#include "json.h"
#include "list.h"
#include "text.h"
#include "value.h"
#include "privileges.h"
#include "attributes.h"
#include "hooks.h"
#include "spec.h"
#include "oci-log.h"

/* ---- process ---- */

static int set_umask(struct process *to, mode_t mask)
{
	mode_t *copy = malloc(sizeof(*copy));

	if (!copy)
		return fail("memory");
	*copy = mask;
	to->umask = copy;
	return 0;
}

static int read_user(struct process *to, const struct value *process)
{
	struct value user, gids;
	int64_t uid = 0, gid = 0, mask = 022, number;
	static const gid_t no_group;
	gid_t *groups;
	int found = value_object(process, "user", OPTIONAL, &user);

	if (found < 0)
		return -1;
	to->user = "0:0";
	to->groups = &no_group;
	if (found == 0)
		return 0;
	if (value_number(&user, "uid", OPTIONAL, 0, UINT32_MAX - 1, &uid) < 0 ||
		value_number(&user, "gid", OPTIONAL, 0, UINT32_MAX - 1, &gid) < 0 ||
		(found = value_number(&user, "umask", OPTIONAL, 0, 0777, &mask)) < 0)
		return -1;
	if (found && set_umask(to, mask) < 0)
		return -1;
	if ((found = value_array(&user, "additionalGids", OPTIONAL, &gids)) < 0)
		return -1;
	to->groups = groups = calloc(found ? value_length(&gids) + 1 : 1, sizeof(*groups));
	to->user = format_text("%" PRId64 ":%" PRId64, uid, gid);
	if (!to->user || !groups)
		return fail("memory");
	for (size_t i = 0; found && i < value_length(&gids); i++) {
		struct value item = {json_array_get(gids.json, i), &gids, NULL, i};
		double real = json_number_value(item.json);

		if (!json_is_number(item.json))
			return value_bad(&item, "not a number");
		if (real != floor(real) || real < 0 || real >= UINT32_MAX)
			return value_bad(&item, "not a group's number");
		number = (int64_t)real;
		groups[to->n_groups++] = number;
	}
	return 0;
}

/* Of several variables with the same name, leaves only the last one in ENV, as runc does. */
static void remove_repeated(char **env)
{
	size_t n = 0;

	for (size_t i = 0; env[i]; i++) {
		size_t length = strcspn(env[i], "=") + 1, later = i + 1;

		while (env[later] && strncmp(env[later], env[i], length) != 0)
			later++;
		if (!env[later])
			env[n++] = env[i];
	}
	env[n] = NULL;
}

static int read_words(struct process *to, const struct value *process)
{
	static char *none[] = {NULL};
	struct value args = value_at(process, "args"), cwd = value_at(process, "cwd"), env;
	int found = value_list(process, "args", false, &to->argv);

	if (found < 0)
		return -1;
	if (!found || !to->argv[0])
		return value_bad(&args, found ? "empty" : "missing");
	to->env = none;
	if (value_list(process, "env", false, &to->env) < 0)
		return -1;
	env = value_at(process, "env");
	for (size_t i = 0; to->env[i]; i++)
		if (strchr(to->env[i], '=') <= to->env[i])
			return value_bad(&(struct value){NULL, &env, NULL, i}, "not NAME=VALUE");
	remove_repeated(to->env);
	if (value_text(process, "cwd", REQUIRED, &to->cwd) < 0)
		return -1;
	return *to->cwd == '/' ? 0 : value_bad(&cwd, "not an absolute path");
}

/* Reads the list of capabilities KEY into SET. A capability that is unknown, or that box-oci does
 * not have, is left out with a warning, as the specification says. */
static int read_set(const struct value *object, const char *key, uint64_t *set)
{
	autofree char **list = NULL;
	uint64_t all = capabilities_all();

	if (value_list(object, key, false, &list) < 0)
		return -1;
	for (char **name = list; name && *name; name++) {
		uint64_t one = 0;

		if (strncmp(*name, "CAP_", 4) != 0 || capabilities_change(&one, *name, true) < 0 ||
			!(one & all))
			failx("capability %.100s: unknown or not available here", *name),
				warn_user("%s", failure());
		*set |= one & all;
	}
	return 0;
}

/* Removes the ambient capabilities that the kernel would refuse (capabilities(7)). This is reported
 * only with --debug, because the bundles of `runc spec` and of buildah name many
 * such capabilities. */
static int leave_out_ambient(struct capabilities *set)
{
	uint64_t refused = set->ambient & ~(set->permitted & set->inheritable);

	set->ambient &= ~refused;
	for (; refused; refused &= refused - 1) {
		autofree char *name = capability_name(__builtin_ctzll(refused));

		if (!name)
			return fail("memory");
		debug_oci("capability %s: ambient only where it is permitted and inheritable, too",
			name);
	}
	return 0;
}

static int read_capabilities(struct process *to, const struct value *process)
{
	struct capabilities *set = &to->capabilities;
	struct value sets;
	int found = value_object(process, "capabilities", OPTIONAL, &sets);

	if (found <= 0)
		return found;
	if (read_set(&sets, "bounding", &set->bounding) < 0 ||
		read_set(&sets, "effective", &set->effective) < 0 ||
		read_set(&sets, "permitted", &set->permitted) < 0 ||
		read_set(&sets, "inheritable", &set->inheritable) < 0 ||
		read_set(&sets, "ambient", &set->ambient) < 0)
		return -1;
	set->effective &= set->permitted; /* the kernel refuses any other: capabilities(7) */
	return leave_out_ambient(set);
}

/* Returns the limit KEY of ITEM. A number that int64_t cannot hold, such as 2^64 - 1, means
 * RLIM_INFINITY. */
static rlim_t limit_of(const struct value *item, const char *key)
{
	double real = json_number_value(json_object_get(item->json, key));

	return real >= 0x1p63 || real < 0 ? RLIM_INFINITY : (rlim_t)real;
}

static int read_limit(const struct value *item, struct rlimit_entry *entry)
{
	struct value type = value_at(item, "type");
	const char *name;
	int64_t number;

	if (value_text(item, "type", REQUIRED, &name) < 0)
		return -1;
	if (strncmp(name, "RLIMIT_", 7) != 0 || !rlimit_find(name, entry))
		return value_bad(&type, "unknown");
	if (value_number(item, "soft", REQUIRED, -1, INT64_MAX, &number) < 0 &&
		limit_of(item, "soft") != RLIM_INFINITY)
		return -1;
	if (value_number(item, "hard", REQUIRED, -1, INT64_MAX, &number) < 0 &&
		limit_of(item, "hard") != RLIM_INFINITY)
		return -1;
	entry->limit.rlim_cur = limit_of(item, "soft");
	entry->limit.rlim_max = limit_of(item, "hard");
	type = value_at(item, "soft");
	return entry->limit.rlim_cur > entry->limit.rlim_max ? value_bad(&type, "more than hard")
							     : 0;
}

static int read_limits(struct process *to, const struct value *process)
{
	struct value array, item;
	int found = value_array(process, "rlimits", OPTIONAL, &array);

	if (found <= 0)
		return found;
	if (!(to->rlimits = calloc(value_length(&array) + 1, sizeof(*to->rlimits))))
		return fail("memory");
	for (size_t i = 0; i < value_length(&array); i++) {
		struct rlimit_entry *entry = &to->rlimits[i];

		if (value_item(&array, i, &item) < 0 || read_limit(&item, entry) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (to->rlimits[j].resource == entry->resource)
				return value_bad(&item, "its type is there before");
		to->n_rlimits++;
	}
	return 0;
}

/* Reads the flags of the scheduling policy, whose bits have the order of their names here. */
static int read_scheduler_flags(const struct value *scheduler, uint64_t *flags)
{
	static const char *const names[] = {"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",
		"SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS",
		"SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX", NULL};
	autofree char **list = NULL;
	int index;

	if (value_list(scheduler, "flags", false, &list) < 0)
		return -1;
	for (char **name = list; name && *name; name++) {
		if ((index = value_choice(scheduler, "flags", *name, names)) < 0)
			return -1;
		*flags |= UINT64_C(1) << index;
	}
	return 0;
}

static int read_scheduler(struct process *to, const struct value *process)
{
	static const char *const names[] = {"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH",
		"SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE", NULL};
	struct sched_attr *attr;
	struct value scheduler;
	int found = value_object(process, "scheduler", OPTIONAL, &scheduler), policy;
	int64_t nice = 0, priority = 0, runtime = 0, deadline = 0, period = 0;
	const char *name;
	uint64_t flags = 0;

	if (found <= 0)
		return found;
	if (value_text(&scheduler, "policy", REQUIRED, &name) < 0 ||
		(policy = value_choice(&scheduler, "policy", name, names)) < 0 ||
		value_number(&scheduler, "nice", OPTIONAL, -20, 19, &nice) < 0 ||
		value_number(&scheduler, "priority", OPTIONAL, 0, 99, &priority) < 0 ||
		value_number(&scheduler, "runtime", OPTIONAL, 0, INT64_MAX, &runtime) < 0 ||
		value_number(&scheduler, "deadline", OPTIONAL, 0, INT64_MAX, &deadline) < 0 ||
		value_number(&scheduler, "period", OPTIONAL, 0, INT64_MAX, &period) < 0 ||
		read_scheduler_flags(&scheduler, &flags) < 0)
		return -1;
	if (!(to->scheduler = attr = malloc(sizeof(*attr))))
		return fail("memory");
	*attr = (struct sched_attr){.size = sizeof(*attr),
		.sched_policy = policy,
		.sched_flags = flags,
		.sched_nice = nice,
		.sched_priority = priority,
		.sched_runtime = runtime,
		.sched_deadline = deadline,
		.sched_period = period};
	return 0;
}

static int read_priorities(struct process *to, const struct value *process)
{
	static const char *const classes[] = {
		"", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE", NULL};
	int *io;
	struct value priority;
	int64_t score, level = 0;
	const char *class;
	int found = value_number(process, "oomScoreAdj", OPTIONAL, -1000, 1000, &score), index;

	if (found < 0)
		return -1;
	if (found && !(to->oom_score_adj = format_text("%" PRId64, score)))
		return -1;
	if ((found = value_object(process, "ioPriority", OPTIONAL, &priority)) <= 0)
		return found;
	if (value_text(&priority, "class", REQUIRED, &class) < 0 ||
		(index = value_choice(&priority, "class", class, classes)) < 0 ||
		value_number(&priority, "priority", OPTIONAL, 0, 7, &level) < 0)
		return -1;
	if (!(to->io_priority = io = malloc(sizeof(*io))))
		return fail("memory");
	*io = IOPRIO_PRIO_VALUE(index, level);
	return 0;
}

static int read_terminal(struct process *to, const struct value *process)
{
	struct value size;
	int64_t rows = 0, columns = 0;
	int found;

	if (value_bool(process, "terminal", &to->terminal) < 0 ||
		(found = value_object(process, "consoleSize", OPTIONAL, &size)) < 0)
		return -1;
	if (found && (value_number(&size, "height", REQUIRED, 0, UINT16_MAX, &rows) < 0 ||
			     value_number(&size, "width", REQUIRED, 0, UINT16_MAX, &columns) < 0))
		return -1;
	to->rows = rows;
	to->columns = columns;
	return 0;
}

/* Refuses labels, which box-oci does not support: to ignore them would be unsafe. */
static int refuse_labels(const struct value *process)
{
	static const char *const keys[] = {"apparmorProfile", "selinuxLabel"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct value member = value_at(process, keys[i]);
		const char *label = "";

		if (value_text(process, keys[i], OPTIONAL, &label) < 0)
			return -1;
		if (*label && strcmp(label, "unconfined") != 0)
			return value_bad(&member, "labels are not supported");
	}
	return 0;
}

int oci_process(struct process *to, const struct value *process)
{
	*to = (struct process){.argv = NULL}; /* no right and no group of another process stays */
	return read_terminal(to, process) < 0 || read_user(to, process) < 0 ||
			       read_words(to, process) < 0 || read_capabilities(to, process) < 0 ||
			       read_limits(to, process) < 0 ||
			       value_bool(process, "noNewPrivileges", &to->no_new_privileges) < 0 ||
			       read_scheduler(to, process) < 0 ||
			       read_priorities(to, process) < 0 || refuse_labels(process) < 0
		       ? -1
		       : 0;
}

/* ---- root, hooks ---- */

static int read_root(struct bundle *bundle, const struct value *config)
{
	struct value root, path;
	const char *text;
	bool readonly = false;

	if (value_object(config, "root", REQUIRED, &root) < 0 ||
		value_text(&root, "path", REQUIRED, &text) < 0 ||
		value_bool(&root, "readonly", &readonly) < 0)
		return -1;
	path = value_at(&root, "path");
	if (!*text)
		return value_bad(&path, "empty");
	bundle->spec.root.path = oci_absolute(bundle, text);
	bundle->spec.root.attributes = readonly ? MOUNT_ATTR_RDONLY : 0;
	return bundle->spec.root.path ? 0 : -1;
}

/* Sets *NAME to the text KEY. As with runc, "" counts as missing. */
static int read_name(const struct value *config, const char *key, const char **name)
{
	if (value_text(config, key, OPTIONAL, name) < 0)
		return -1;
	*name = *name && **name ? *name : NULL;
	return 0;
}

static int read_hook(const struct value *item, struct hook *hook)
{
	struct value path = value_at(item, "path");

	if (value_text(item, "path", REQUIRED, &hook->path) < 0 ||
		value_list(item, "args", false, &hook->argv) < 0 ||
		value_list(item, "env", false, &hook->env) < 0 ||
		value_number(item, "timeout", OPTIONAL, 1, 1000000, &hook->timeout) < 0)
		return -1;
	return *hook->path == '/' ? 0 : value_bad(&path, "not an absolute path");
}

static int read_hooks(struct bundle *bundle, const struct value *config)
{
	struct hooks *to = &bundle->extras.hooks;
	struct value hooks, array, item;
	int found = value_object(config, "hooks", OPTIONAL, &hooks);

	if (found <= 0)
		return found;
	for (size_t kind = 0; kind < N_HOOKS; kind++) {
		if ((found = value_array(&hooks, hook_names[kind], OPTIONAL, &array)) < 0)
			return -1;
		for (size_t i = 0; found && i < value_length(&array); i++) {
			struct hook *grown =
				reallocarray((void *)to->list, to->n + 1, sizeof(*grown));

			if (!grown)
				return fail("memory");
			to->list = grown;
			grown += to->n++;
			*grown = (struct hook){.kind = kind};
			if (value_item(&array, i, &item) < 0 || read_hook(&item, grown) < 0)
				return -1;
		}
	}
	return 0;
}

static int read_annotations(struct bundle *bundle, const struct value *config)
{
	struct pair *pairs = NULL;
	size_t n;
	int found = value_pairs(config, "annotations", &pairs, &n);

	free(pairs);
	if (found > 0 && !(bundle->annotations = json_dumps(
				   json_object_get(config->json, "annotations"), JSON_COMPACT)))
		return fail("memory");
	return found < 0 ? -1 : 0;
}

static int read_version(const struct value *config)
{
	struct value member = value_at(config, "ociVersion");
	const char *version;
	int minor;

	if (value_text(config, "ociVersion", REQUIRED, &version) < 0)
		return -1;
	return sscanf(version, "1.%d.%*d", &minor) == 1 && minor >= 0
		       ? 0
		       : value_bad(&member, "not a version 1 of the specification");
}

/* ---- documents ---- */

/* Parses TEXT into *JSON, and sets VALUE to the whole document. NAME is for messages. */
static int load(const char *text, const char *name, struct value *value, json_t **json)
{
	json_error_t error;

	if (!(*json = json_loads(text, JSON_DECODE_INT_AS_REAL, &error)))
		return failx("%s: line %d: %s", name, error.line, error.text);
	*value = (struct value){*json, NULL, name, 0};
	return json_is_object(*json) ? 0 : value_bad(value, "not an object");
}

int oci_read(struct bundle *bundle, const char *text, const char *folder)
{
	struct value config, process;

	*bundle = (struct bundle){.folder = folder};
	bundle->spec.oci = &bundle->extras;
	if (load(text, "config.json", &config, &bundle->json) < 0 || read_version(&config) < 0 ||
		value_object(&config, "process", REQUIRED, &process) < 0 ||
		oci_process(&bundle->spec.process, &process) < 0 ||
		read_root(bundle, &config) < 0 ||
		read_name(&config, "hostname", &bundle->spec.hostname) < 0 ||
		read_name(&config, "domainname", &bundle->extras.domainname) < 0 ||
		oci_linux(bundle, &config) < 0 || oci_mounts(bundle, &config) < 0 ||
		read_hooks(bundle, &config) < 0 || read_annotations(bundle, &config) < 0)
		return -1;
	bundle->first = bundle->spec.process;
	return 0;
}

int oci_read_process(struct bundle *bundle, const char *text, const char *name)
{
	struct process *to = &bundle->spec.process;
	struct value process;

	if (load(text, name, &process, &bundle->process) < 0 || oci_process(to, &process) < 0)
		return -1;
	/* these come from the member "linux" of config.json, which is for all processes */
	to->personality = bundle->first.personality;
	to->seccomp_flags = bundle->first.seccomp_flags;
	to->listener = bundle->first.listener;
	return 0;
}

int oci_read_resources(struct resources *resources, const char *text, const char *name)
{
	struct value object;
	json_auto_t *json = NULL;

	return load(text, name, &object, &json) < 0 ? -1 : oci_resources(resources, &object);
}
