/* options.c: reads the options of box run into struct options. One table describes them for
 * next_flag() and for --help. */
#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "cleanup.h"
#include "environment.h"
#include "error.h"
#include "file.h"
#include "flags.h"
#include "list.h"
#include "parse.h"
#include "text.h"
#include "attributes.h"
#include "privileges.h"
#include "spec.h"
#include "ranges.h"
#include "volumes.h"

/* ---- the values ---- */

static int set_memory(struct options *options, const char *text)
{
	return parse_size_or_none(text, &options->limits.memory);
}

/* 0 means the same as no option: the container gets no swap in addition to its memory. */
static int set_memory_swap(struct options *options, const char *text)
{
	if (strcmp(text, "-1") != 0)
		return parse_size_or_none(text, &options->limits.memory_swap);
	options->limits.memory_swap = -1;
	return 0;
}

static int set_shm_size(struct options *options, const char *text)
{
	return parse_size(text, &options->shm_size);
}

static int set_log_size(struct options *options, const char *text)
{
	if (strncmp(text, "max-size=", 9) != 0)
		return failx("%s: max-size=SIZE is known", text);
	return parse_size(text + 9, &options->log_size);
}

static int set_stop_signal(struct options *options, const char *text)
{
	return parse_signal(text, 1) < 0 ? -1 : !(options->stop_signal = text);
}

static int parse_number(const char *text, int64_t least, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	if (errno || end == text || *end || text[0] == ' ' || *number < least)
		return failx("%s: not a whole number of at least %" PRId64, text, least);
	return 0;
}

static int set_pids_limit(struct options *options, const char *text)
{
	if (strcmp(text, "-1") == 0) /* with Docker, -1 and 0 both mean no limit */
		return options->limits.pids = 0;
	return parse_number(text, 0, &options->limits.pids);
}

static int set_cpus(struct options *options, const char *text)
{
	struct limits *limits = &options->limits;
	char *end;
	double cpus = strtod(text, &end);

	if (end == text || end != text + strspn(text, "0123456789.") || *end)
		return failx("%s: not a number of CPUs such as 1.5", text);
	/* With Docker, 0 means no limit. */
	if (cpus != 0 && !(cpus >= 0.01 && cpus <= get_nprocs()))
		return failx(
			"%s: not from 0.01 to %d, the CPUs of this machine", text, get_nprocs());
	limits->cpu_period = 100000;
	limits->cpu_quota = cpus * 100000;
	return 0;
}

static int add_e(struct options *options, const char *text)
{
	return add_env(&options->env, text);
}

/* Adds the variable on LINE of a file. Empty lines, and those that begin with '#', are ignored. A
 * name with a blank is an error: the line may be from a shell's script, such as "export
 * NAME=VALUE". */
static int add_env_line(struct options *options, char *line)
{
	char *start = line + strspn(line, " \t");

	line[strcspn(line, "\r\n")] = '\0';
	if (!*start || *start == '#')
		return 0;
	if (strcspn(start, " \t") < strcspn(start, "="))
		return failx("%.*s: a variable's name cannot contain a blank",
			(int)strcspn(start, "="), start);
	return add_env(&options->file_env, start);
}

/* Adds the variables of a file. As with Docker, variables of -e replace variables of a file,
 * whichever option comes first. Some editors write a byte order mark at the beginning of a file; it
 * is not part of the first name. */
static int add_env_file(struct options *options, const char *path)
{
	static const char mark[] = "\xef\xbb\xbf";
	autofclose FILE *file = fopen(path, "re");
	autofree char *line = NULL;
	size_t size = 0, number = 0;

	if (!file)
		return fail("%s", path);
	while (getline(&line, &size, file) >= 0) {
		bool marked = number++ == 0 && strncmp(line, mark, strlen(mark)) == 0;

		if (add_env_line(options, line + (marked ? strlen(mark) : 0)) < 0)
			return fail_prefix("%s: line %zu: ", path, number);
	}
	return ferror(file) ? fail("%s", path) : 0;
}

/* As with Docker, an empty TEXT means no entrypoint. */
static int set_entrypoint(struct options *options, const char *text)
{
	options->entrypoint = text;
	return 0;
}

static int set_network(struct options *options, const char *text)
{
	if (strcmp(text, "none") != 0 && strcmp(text, "host") != 0)
		return failx("%s: none and host are known", text);
	options->host_network = strcmp(text, "host") == 0;
	return 0;
}

static int add_capability(struct options *options, const char *name)
{
	uint64_t probe = 0;

	return capabilities_change(&probe, name, true) < 0 ? -1
							   : add_string(&options->cap_add, name);
}

static int drop_capability(struct options *options, const char *name)
{
	uint64_t probe = 0;

	return capabilities_change(&probe, name, true) < 0 ? -1
							   : add_string(&options->cap_drop, name);
}

static int set_security(struct options *options, const char *text)
{
	if (strcmp(text, "seccomp=unconfined") == 0)
		options->unconfined = true;
	else if (strcmp(text, "no-new-privileges") == 0 ||
		 strcmp(text, "no-new-privileges=true") == 0)
		options->no_new_privileges = true;
	else if (strcmp(text, "no-new-privileges=false") == 0)
		options->no_new_privileges = false;
	else
		return failx("%s: seccomp=unconfined and no-new-privileges[=true|false] are known",
			text);
	return 0;
}

/* Adds the limit NAME=SOFT[:HARD], where -1 and "unlimited" mean no limit. */
static int add_ulimit(struct options *options, const char *text)
{
	autofree char *copy = strdup(text);
	char *rest = copy, *name = strsep(&rest, "="), *word;
	struct rlimit_entry *entry =
		list_grow(&options->rlimits, &options->n_rlimits, sizeof(*entry));
	rlim_t *limits[] = {&entry->limit.rlim_cur, &entry->limit.rlim_max};
	int64_t number;
	size_t i;

	if (!copy || !entry)
		return fail("memory");
	if (!rlimit_find(name, entry) || !rest)
		return failx(
			"%s: not NAME=SOFT[:HARD] with a known name, such as nofile=1024", text);
	for (i = 0; i < 2 && (word = strsep(&rest, ":")); i++) {
		if (strcmp(word, "unlimited") == 0 || strcmp(word, "-1") == 0)
			*limits[i] = RLIM_INFINITY;
		else if (parse_number(word, 0, &number) < 0)
			return fail_prefix("%s: ", text);
		else
			*limits[i] = number;
	}
	if (i < 2)
		entry->limit.rlim_max = entry->limit.rlim_cur;
	if (rest || entry->limit.rlim_cur > entry->limit.rlim_max)
		return failx("%s: not SOFT[:HARD] with SOFT at most HARD", text);
	/* Of several limits of one resource, the last one counts. */
	for (i = 0; &options->rlimits[i] < entry; i++)
		if (options->rlimits[i].resource == entry->resource) {
			options->rlimits[i] = *entry;
			options->n_rlimits--;
			break;
		}
	return 0;
}

/* ---- the table ---- */

#define FLAG(field) .flag = offsetof(struct options, field)
#define TEXT(field) .text = offsetof(struct options, field)

/* An option of box run. It sets the bool at the offset flag, or the string at the offset text of
 * struct options, or calls the function set with its value. */
static const struct run_option {
	const char *name;
	int letter; /* 0: none */
	const char *value, *help;
	size_t flag, text;
	int (*set)(struct options *options, const char *value);
	bool limit; /* box update can change it */
} table[] = {
	{"cap-add", 0, "CAP", "add a capability, such as NET_ADMIN, or ALL", .set = add_capability},
	{"cap-drop", 0, "CAP", "take one away, or ALL", .set = drop_capability},
	{"cpus", 0, "N", "CPUs' worth of time, such as 0.5", .set = set_cpus, .limit = true},
	{"cpuset-cpus", 0, "LIST", "the CPUs to run on, such as 0-2,7", TEXT(limits.cpuset_cpus),
		.limit = true},
	{"detach", 'd', NULL, "leave it in the background, and print its ID", FLAG(detach)},
	{"entrypoint", 0, "CMD", "run this in place of the image's entrypoint; \"\": none",
		.set = set_entrypoint},
	{"env", 'e', "NAME[=VALUE]", "set a variable, or pass the caller's on", .set = add_e},
	{"env-file", 0, "FILE", "set the variables of a file, a line each", .set = add_env_file},
	{"help", 0, NULL, "show this list", FLAG(help)},
	{"hostname", 'h', "NAME", "the container's host name (its ID)", TEXT(hostname)},
	{"init", 0, NULL, "let a small init be PID 1: it reaps, and passes signals on", FLAG(init)},
	{"interactive", 'i', NULL, "give it this stdin, in place of an empty one",
		FLAG(interactive)},
	{"log-opt", 0, "max-size=SIZE", "of the log of -d, which has two files of it (10m)",
		.set = set_log_size},
	{"memory", 'm', "SIZE", "bytes of memory; k, m, g after it: KiB, MiB, GiB; 0: no limit",
		.set = set_memory, .limit = true},
	{"memory-swap", 0, "SIZE", "memory and swap together; -1: all the swap there is",
		.set = set_memory_swap, .limit = true},
	{"name", 0, "NAME", "the container's name", TEXT(name)},
	{"network", 0, "none|host", "a network of its own, loopback alone, or the host's",
		.set = set_network},
	{"pids-limit", 0, "N", "processes and threads; 0 or -1: no limit", .set = set_pids_limit,
		.limit = true},
	{"privileged", 0, NULL, "all capabilities and system calls, nothing masked",
		FLAG(privileged)},
	{"read-only", 0, NULL, "a root that cannot be written", FLAG(read_only)},
	{"rm", 0, NULL, "remove the container when it ends", FLAG(remove)},
	{"security-opt", 0, "OPTION", "seccomp=unconfined, or no-new-privileges=true|false",
		.set = set_security},
	{"shm-size", 0, "SIZE", "size of /dev/shm (64m)", .set = set_shm_size},
	{"stop-signal", 0, "SIGNAL", "what box stop sends (SIGTERM)", .set = set_stop_signal},
	{"tmpfs", 0, "DST[:OPTIONS]", "an empty folder in memory", .set = add_tmpfs},
	{"tty", 't', NULL, "a terminal", FLAG(terminal)},
	{"ulimit", 0, "NAME=SOFT[:HARD]", "a limit of each process, such as nofile=1024",
		.set = add_ulimit},
	{"user", 'u', "USER[:GROUP]", "names of the image, or numbers", TEXT(user)},
	{"userns", 0, "auto|host|UID:COUNT", "the host's IDs that the container's users are",
		.set = set_userns},
	{"volume", 'v', "SRC:DST[:ro]", "show the host's folder or file SRC at DST",
		.set = add_volume},
	{"workdir", 'w', "DIR", "the working folder", TEXT(workdir)},
};

enum { N_OPTIONS = sizeof(table) / sizeof(*table) };

int options_help(void)
{
	puts("Usage: box run [OPTION...] IMAGE [COMMAND [ARGUMENT...]]\n\n"
	     "Runs a command in a container made from IMAGE: a folder, an archive, or the name of\n"
	     "an image that was unpacked before (box images).\n");
	for (const struct run_option *option = table; option < table + N_OPTIONS; option++) {
		char left[64];

		snprintf(left, sizeof(left), "%c%c%c --%s%s%s", option->letter ? '-' : ' ',
			option->letter ? option->letter : ' ', option->letter ? ',' : ' ',
			option->name, option->value ? " " : "", option->value ? option->value : "");
		printf("  %-32s %s\n", left, option->help);
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : fail("stdout");
}

/* Whether LINE, which keep_line() has made, belongs to OPTION. */
static bool is_of(const char *line, const struct run_option *option)
{
	size_t length = strlen(option->name);

	return strncmp(line + 2, option->name, length) == 0 && strchr("=", line[2 + length]);
}

/* Removes the lines of OPTION, a limit, so that only its last value is kept, however often box
 * update changes it. */
static void forget(struct strings *lines, const struct run_option *option)
{
	size_t kept = 0;

	for (size_t i = 0; i < lines->n; i++)
		if (is_of(lines->list[i], option))
			free(lines->list[i]);
		else
			lines->list[kept++] = lines->list[i];
	lines->n = kept;
}

/* Adds OPTION with VALUE to the lines that box start and box exec will read; a volume gets the path
 * at which it was found. Variables are not added here: options_save() takes them from env and
 * file_env, which have the values of files and of the environment. */
static int keep_line(struct options *options, const struct run_option *option, const char *value)
{
	autofree char *line = NULL;

	if (strncmp(option->name, "env", 3) == 0)
		return 0;
	if (option->set == add_volume)
		line = volume_line(&options->volumes[options->n_volumes - 1]);
	else
		line = format_text("--%s%s%s", option->name, option->value ? "=" : "",
			option->value ? value : "");
	return line ? add_string(&options->lines, line) : -1;
}

/* Sets OPTION to VALUE in OPTIONS, and adds it to the lines that are kept. */
static int apply(struct options *options, const struct run_option *option, const char *value)
{
	if (option->limit)
		forget(&options->lines, option);
	if (option->set) {
		if (option->set(options, value) == 0)
			return keep_line(options, option, value);
		return fail_prefix("--%s: ", option->name);
	}
	if (option->value && !*value)
		return failx("--%s: empty", option->name);
	if (option->value)
		*(const char **)((char *)options + option->text) = value;
	else
		*(bool *)((char *)options + option->flag) = true;
	return keep_line(options, option, value);
}

int options_parse(struct options *options, int argc, char *argv[])
{
	struct option longs[N_OPTIONS + 1] = {0};
	char letters[2 * N_OPTIONS + 2] = "+", who[32];
	int c;

	snprintf(who, sizeof(who), "box %s", argv[0]);
	for (int i = 0; i < N_OPTIONS; i++) {
		int value = table[i].letter ? table[i].letter : 256 + i;
		char letter[] = {table[i].letter, table[i].value ? ':' : '\0', '\0'};

		longs[i] = (struct option){table[i].name,
			table[i].value ? required_argument : no_argument, NULL, value};
		strcat(letters, letter);
	}
	optind = 0;
	while ((c = next_flag(argc, argv, who, letters, longs)) != -1) {
		int i = 0;

		if (c == '?')
			return -1;
		while (longs[i].val != c)
			i++;
		if (apply(options, &table[i], optarg) < 0)
			return -1;
	}
	options->image = argv[optind];
	options->command = argv[optind] ? argv + optind + 1 : NULL;
	return 0;
}

int options_update(struct options *options, int argc, char *argv[])
{
	const char *image = options->image;
	char **command = options->command;
	int result = options_parse(options, argc, argv);

	options->image = image;
	options->command = command;
	return result;
}

int options_stop_signal(struct options *options, const char *name)
{
	const struct run_option *option = table;

	while (option->set != set_stop_signal)
		option++;
	return apply(options, option, name);
}

int options_check_limits(const struct options *options)
{
	size_t limits = 0;

	for (size_t i = 0; i < options->lines.n; i++, limits++) {
		int j = 0;

		while (j < N_OPTIONS &&
			!(table[j].limit && is_of(options->lines.list[i], &table[j])))
			j++;
		if (j == N_OPTIONS)
			return failx(
				"%s: not a limit; see box update --help", options->lines.list[i]);
	}
	if (options->env.n + options->file_env.n > 0)
		return failx("--env: not a limit; see box update --help");
	return limits > 0 ? 0 : failx("no limit is given; see box update --help");
}

/* ---- kept, for box start and box exec ---- */

/* The file has strings with a NUL at the end of each: the working folder, and then the command
 * line. A reader sees all of it, or all of the old file. */
int options_save(const struct options *options, const char *image, int dir)
{
	autofree char *folder = options->folder ? strdup(options->folder) : getcwd(NULL, 0);
	autofree char *text = NULL;
	size_t size;
	FILE *file;

	if (!(file = open_memstream(&text, &size)))
		return fail("memory");
	fprintf(file, "%s%crun%c", folder ? folder : "/", 0, 0);
	for (size_t i = 0; i < options->lines.n; i++)
		fprintf(file, "%s%c", options->lines.list[i], 0);
	for (size_t i = 0; i < options->file_env.n; i++)
		fprintf(file, "--env=%s%c", options->file_env.list[i], 0);
	for (size_t i = 0; i < options->env.n; i++)
		fprintf(file, "--env=%s%c", options->env.list[i], 0);
	fprintf(file, "--%c%s%c", 0, image, 0);
	for (char **word = options->command; *word; word++)
		fprintf(file, "%s%c", *word, 0);
	if (fclose(file) != 0)
		return fail("memory");
	return replace_file_at(dir, "options", text, size, !options->remove);
}

int options_load(struct options *options, int dir)
{
	autoclose int fd = openat(dir, "options", O_RDONLY | O_CLOEXEC);
	struct strings words = {0};
	struct stat st;
	char *text; /* lives as long as the options */

	if (fd < 0 || fstat(fd, &st) < 0 || !(text = malloc(st.st_size + 1)) ||
		read(fd, text, st.st_size) != st.st_size)
		return fail("options");
	text[st.st_size] = '\0';
	for (char *word = text; word < text + st.st_size; word += strlen(word) + 1)
		if (add_string(&words, word) < 0)
			return -1;
	if (words.n < 3)
		return failx("options: damaged");
	options->folder = words.list[0];
	return options_parse(options, words.n - 1, words.list + 1);
}
