/*
 * box-oci.c: the command line of an OCI runtime, with the commands and options of runc.
 *
 *   argv -- box-oci.c --> oci-create.c -- oci-config.c --> struct spec --> container.c
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "flags.h"
#include "list.h"
#include "parse.h"
#include "text.h"
#include "users.h"
#include "version.h"
#include "protect.h"
#include "resources.h"
#include "oci-commands.h"
#include "oci-log.h"
#include "oci-show.h"
#include "oci-state.h"

/* ---- the command line ---- */

/* Values of long options that have no letter. */
enum {
	ROOT = 256,
	LOG,
	LOG_FORMAT,
	SYSTEMD,
	DEBUG,
	IGNORED,
	ROOTLESS,
	CONSOLE,
	PID_FILE,
	NO_PIVOT,
	KEYRING,
	PRESERVE,
	KEEP,
	CWD,
	CGROUP,
	NO_NEW_PRIVS,
	IGNORE_PAUSED,
	INTERVAL,
	STATS,
	LABEL,
	UPDATE
};

/* The options that create and run share. */
#define MAKING                                                                                     \
	{"bundle", required_argument, NULL, 'b'},                                                  \
		{"console-socket", required_argument, NULL, CONSOLE},                              \
		{"pid-file", required_argument, NULL, PID_FILE},                                   \
		{"no-pivot", no_argument, NULL, NO_PIVOT},                                         \
		{"no-new-keyring", no_argument, NULL, KEYRING},                                    \
	{                                                                                          \
		"preserve-fds", required_argument, NULL, PRESERVE                                  \
	}

static const struct option global_options[] = {{"root", required_argument, NULL, ROOT},
	{"log", required_argument, NULL, LOG}, {"log-format", required_argument, NULL, LOG_FORMAT},
	{"debug", no_argument, NULL, DEBUG}, {"systemd-cgroup", optional_argument, NULL, SYSTEMD},
	{"rootless", required_argument, NULL, IGNORED}, {"criu", required_argument, NULL, IGNORED},
	{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'}, {0}};
static const struct option create_options[] = {MAKING, {0}};
static const struct option run_options[] = {MAKING, {"detach", no_argument, NULL, 'd'},
	{"keep", no_argument, NULL, KEEP}, {"no-subreaper", no_argument, NULL, IGNORED}, {0}};
static const struct option exec_options[] = {{"console-socket", required_argument, NULL, CONSOLE},
	{"pid-file", required_argument, NULL, PID_FILE},
	{"preserve-fds", required_argument, NULL, PRESERVE}, {"cwd", required_argument, NULL, CWD},
	{"env", required_argument, NULL, 'e'}, {"tty", no_argument, NULL, 't'},
	{"user", required_argument, NULL, 'u'}, {"additional-gids", required_argument, NULL, 'g'},
	{"process", required_argument, NULL, 'p'}, {"detach", no_argument, NULL, 'd'},
	{"cap", required_argument, NULL, 'c'}, {"no-new-privs", no_argument, NULL, NO_NEW_PRIVS},
	{"process-label", required_argument, NULL, LABEL},
	{"apparmor", required_argument, NULL, LABEL},
	{"ignore-paused", no_argument, NULL, IGNORE_PAUSED},
	{"cgroup", required_argument, NULL, CGROUP}, {"no-subreaper", no_argument, NULL, IGNORED},
	{0}};
static const struct option kill_options[] = {{"all", no_argument, NULL, 'a'}, {0}};
static const struct option delete_options[] = {{"force", no_argument, NULL, 'f'}, {0}};
static const struct option list_options[] = {
	{"format", required_argument, NULL, 'F'}, {"quiet", no_argument, NULL, 'q'}, {0}};
static const struct option events_options[] = {
	{"interval", required_argument, NULL, INTERVAL}, {"stats", no_argument, NULL, STATS}, {0}};
static const struct option spec_options[] = {
	{"bundle", required_argument, NULL, 'b'}, {"rootless", no_argument, NULL, ROOTLESS}, {0}};
static const struct option no_options[] = {{0}};

/* The options of update; the value of each is UPDATE plus its index here. NAME is the limit's name
 * in resources.c. */
static const struct {
	const char *option, *name;
	enum { SIZE, PLAIN, TEXT } kind;
} updates[] = {{"memory", "memory.limit", SIZE}, {"memory-reservation", "memory.reservation", SIZE},
	{"memory-swap", "memory.swap", SIZE}, {"cpu-period", "cpu.period", PLAIN},
	{"cpu-quota", "cpu.quota", PLAIN}, {"cpu-burst", "cpu.burst", PLAIN},
	{"cpu-share", "cpu.shares", PLAIN}, {"cpu-idle", "cpu.idle", PLAIN},
	{"cpu-rt-period", "cpu.realtimePeriod", PLAIN},
	{"cpu-rt-runtime", "cpu.realtimeRuntime", PLAIN}, {"cpuset-cpus", "cpu.cpus", TEXT},
	{"cpuset-mems", "cpu.mems", TEXT}, {"pids-limit", "pids.limit", PLAIN},
	{"blkio-weight", "blockIO.weight", PLAIN}};
enum { N_UPDATES = sizeof(updates) / sizeof(*updates) };
static struct option update_options[N_UPDATES + 2] = {
	[N_UPDATES] = {"resources", required_argument, NULL, 'r'}};

static int set_update(size_t i, const char *value)
{
	int64_t number;

	if (updates[i].kind == TEXT)
		return resource_text(&oci_line.limits, updates[i].name, value);
	if (updates[i].kind == SIZE && strcmp(value, "-1") != 0) {
		if (parse_size(value, &number) < 0)
			return -1;
	} else if (parse_count(value, INT64_MIN, &number) < 0)
		return failx("--%s %s: not a number", updates[i].option, value);
	return resource_number(&oci_line.limits, updates[i].name, number);
}

/* Returns the place for the text of OPTION; NULL if it has no text. */
static const char **text_option(int option)
{
	switch (option) {
	case ROOT:
		return &oci_line.root;
	case LOG:
		return &oci_line.log;
	case 'b':
		return &oci_line.bundle;
	case CONSOLE:
		return &oci_line.console;
	case PID_FILE:
		return &oci_line.pid_file;
	case 'p':
		return &oci_line.process;
	case CWD:
		return &oci_line.cwd;
	case 'u':
		return &oci_line.user;
	case 'F':
		return &oci_line.format;
	case 'r':
		return &oci_line.resources;
	case INTERVAL:
		return &oci_line.interval;
	default:
		return NULL;
	}
}

/* Returns the bool that says whether OPTION was given; NULL if there is none. */
static bool *flag_option(int option)
{
	switch (option) {
	case DEBUG:
		return &oci_line.debug;
	case NO_PIVOT:
		return &oci_line.no_pivot;
	case KEYRING:
		return &oci_line.keep_keyring;
	case 'd':
		return &oci_line.detach;
	case KEEP:
		return &oci_line.keep;
	case 't':
		return &oci_line.terminal;
	case NO_NEW_PRIVS:
		return &oci_line.no_new_privs;
	case IGNORE_PAUSED:
		return &oci_line.ignore_paused;
	case 'a':
		return &oci_line.all;
	case 'f':
		return &oci_line.force;
	case 'q':
		return &oci_line.quiet;
	case ROOTLESS:
		return &oci_line.rootless;
	case STATS:
		return &oci_line.stats;
	default:
		return NULL;
	}
}

static int set_option(int option, const char *value)
{
	const char **text = text_option(option);
	bool *flag = flag_option(option);
	int64_t number;

	/* As with runc, an empty text counts as if the option was not given. */
	if (text) {
		bool own = text == &oci_line.root || text == &oci_line.format ||
			   text == &oci_line.interval;

		*text = *value || own ? value : NULL;
		return 0;
	}
	if (flag)
		return *flag = true, 0;
	if (option >= UPDATE)
		return set_update(option - UPDATE, value);
	switch (option) {
	case LOG_FORMAT:
		oci_line.log_json = strcmp(value, "json") == 0;
		return oci_line.log_json || strcmp(value, "text") == 0
			       ? 0
			       : failx("--log-format %s: neither text nor json", value);
	case SYSTEMD:
		return oci_line.systemd = !value || strcmp(value, "false") != 0, 0;
	case PRESERVE:
		if (parse_count(value, 0, &number) < 0 || number > 1000)
			return failx("--preserve-fds %s: not a number up to 1000", value);
		return oci_line.preserve_fds = (int)number, 0;
	case LABEL:
		return *value ? failx("labels are not supported") : 0;
	case 'e':
		return add_string(&oci_line.env, value);
	case 'c':
		return add_string(&oci_line.caps, value);
	case 'g':
		return add_string(&oci_line.gids, value);
	case CGROUP:
		return add_string(&oci_line.cgroups, value);
	default: /* IGNORED */
		return 0;
	}
}

static const struct command {
	const char *name, *usage;
	int (*run)(void);
	const char *letters; /* with '+', options may only come before the words */
	const struct option *options;
	int least, most; /* number of words */
	bool starts; /* it starts a process that could reach box-oci's own file, see protect.h */
} commands[] = {
	{"create",
		"[-b BUNDLE] [--console-socket SOCKET] [--pid-file FILE] [--preserve-fds N] "
		"[--no-pivot] [--no-new-keyring] ID",
		oci_command_create, "b:", create_options, 1, 1, true},
	{"start", "ID", oci_command_start, "", no_options, 1, 1, false},
	{"state", "ID", oci_command_state, "", no_options, 1, 1, false},
	{"kill", "[-a] ID [SIGNAL]", oci_command_kill, "a", kill_options, 1, 2, false},
	{"delete", "[-f] ID", oci_command_delete, "f", delete_options, 1, 1, false},
	{"run", "[-d] [--keep] and as create: ID", oci_command_run, "b:d", run_options, 1, 1, true},
	{"exec",
		"[-d] [-t] [-p PROCESS.json] [--console-socket SOCKET] [--pid-file FILE] "
		"[-e NAME=VALUE] [--cwd DIR] [-u UID[:GID]] [-g GID] [-c CAP] [--no-new-privs] "
		"[--cgroup [CONTROLLER:]PATH] ID [COMMAND...]",
		oci_command_exec, "+de:tu:g:p:c:", exec_options, 1, INT_MAX, true},
	{"list", "[-f table|json] [-q]", oci_command_list, "f:q", list_options, 0, 0, false},
	{"ps", "[-f table|json] ID [PS-OPTION...]", oci_command_ps, "+f:", list_options, 1, INT_MAX,
		false},
	{"pause", "ID", oci_command_pause, "", no_options, 1, 1, false},
	{"resume", "ID", oci_command_resume, "", no_options, 1, 1, false},
	{"update", "[-r FILE] [--memory SIZE] [--cpu-quota US] [--pids-limit N] [...] ID",
		oci_command_update, "r:", update_options, 1, 1, false},
	{"events", "[--stats] [--interval SECONDS] ID", oci_command_events, "", events_options, 1,
		1, false},
	{"spec", "[-b BUNDLE] [--rootless]", oci_command_spec, "b:", spec_options, 0, 0, false},
	{"features", "", oci_print_features, "", no_options, 0, 0, false},
	{0},
};

/* Reads the options into oci_line, and the words after them. Returns 0; 'h' or 'v' if --help or
 * --version is given; or -1 after fail(). */
static int read_options(int argc, char *argv[], const char *letters, const struct option *longs)
{
	int option;

	optind = 0;
	while ((option = next_flag(argc, argv, "box-oci", letters, longs)) != -1) {
		if (option == 'h' || option == 'v')
			return option;
		if (option == '?')
			return -1;
		/* -f is --format for list and ps, and --force for delete. */
		if (set_option(option == 'f' && longs == list_options ? 'F' : option, optarg) < 0)
			return -1;
	}
	oci_line.words = argv + optind;
	oci_line.n_words = argc - optind;
	return 0;
}

/* Returns the folder for the state of containers if --root is not given. As with runc, users other
 * than root have one of their own; but root of a user namespace whose environment says USER=root is
 * root of a container, and has the usual one. */
static const char *usual_root(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *user = getenv("USER");
	bool root =
		user_is_machines_root() || (geteuid() == 0 && user && strcmp(user, "root") == 0);

	return !root && runtime && *runtime == '/'
		       ? format_text("%s/box-oci", runtime) ?: oci_system_root
		       : oci_system_root;
}

/* It is an error if the file of --log cannot be written: errors would be lost. */
static int check_log(void)
{
	autoclose int fd = -1;

	if (!oci_line.log)
		return 0;
	fd = open(oci_line.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	return fd < 0 ? fail("--log %s", oci_line.log) : 0;
}

static int print_help(void)
{
	puts("Usage: box-oci [OPTION...] COMMAND [ARGUMENT...]\n\nCommands:");
	for (const struct command *command = commands; command->name; command++)
		printf("  %-9s %s\n", command->name, command->usage);
	puts("\nOptions:\n"
	     "  --root DIR               where the state of containers lies (/run/box-oci;\n"
	     "                           for other users than root $XDG_RUNTIME_DIR/box-oci)\n"
	     "  --log FILE               where errors are written, besides stderr\n"
	     "  --log-format text|json\n"
	     "  --systemd-cgroup         containers' cgroups are units of systemd\n"
	     "  --debug                  write there, or to stderr, what is made, too\n"
	     "  --help, --version");
	return 0;
}

static int print_version(void)
{
	puts("box-oci version " BOX_VERSION "\nspec: " SPEC_VERSION);
	return 0;
}

/* Passes the sockets of sd_listen_fds(3) to the container, if they were meant for box-oci, as runc
 * does. They come before the descriptors of --preserve-fds. */
static int take_listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	autofree char *variable = NULL;
	int64_t process, n;

	if (!pid || !fds || parse_count(pid, 1, &process) < 0 || process != getpid() ||
		parse_count(fds, 1, &n) < 0 || n > 1000)
		return 0;
	oci_line.preserve_fds += (int)n;
	return (variable = format_text("LISTEN_FDS=%" PRId64, n)) &&
			       add_string(&oci_line.env, variable) == 0
		       ? add_string(&oci_line.env, "LISTEN_PID=1")
		       : -1;
}

static int do_command(const struct command *command, int argc, char *argv[])
{
	int option;

	for (size_t i = 0; i < N_UPDATES; i++)
		update_options[i] = (struct option){
			updates[i].option, required_argument, NULL, UPDATE + (int)i};
	if ((option = read_options(argc, argv, command->letters, command->options)) < 0)
		return -1;
	if (oci_line.n_words < command->least || oci_line.n_words > command->most)
		return failx("usage: box-oci %s %s", command->name, command->usage);
	if (command->starts && command->run != oci_command_exec && take_listen_fds() < 0)
		return -1;
	/* The container gets no other descriptors of box-oci's caller: see close_descriptors() in
	 * inside.c. They stay open until exec, as the name of a file may be /dev/fd/N. */
	if (command->starts && close_range(3 + oci_line.preserve_fds, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return fail("close_range");
	return command->run();
}

int main(int argc, char *argv[])
{
	const struct command *command = commands;
	int option, status;

	speaker = "box-oci";
	if (open_standard_files() < 0)
		return EXIT_FAILURE;
	signal(SIGCHLD, SIG_DFL);
	umask(022);
	option = read_options(argc, argv, "+hv", global_options);
	if (option != 0)
		return option == 'h'   ? print_help()
		       : option == 'v' ? print_version()
				       : report_oci(EXIT_FAILURE);
	if (oci_line.n_words == 0)
		return print_help();
	oci_line.root = oci_line.root ?: usual_root();
	if (check_log() < 0)
		return report_oci(EXIT_FAILURE);
	while (command->name && strcmp(command->name, oci_line.words[0]) != 0)
		command++;
	if (!command->name) {
		failx("%s: no such command: see box-oci --help", oci_line.words[0]);
		return report_oci(EXIT_FAILURE);
	}
	/* This comes before everything that takes time, because it executes box-oci again, and
	 * main() runs a second time up to this line. */
	if (command->starts && protect_own_file(argv, false) < 0)
		return report_oci(EXIT_FAILURE);
	debug_oci_begin();
	status = do_command(command, oci_line.n_words, oci_line.words);
	if (status >= 0 && fflush(stdout) != 0)
		status = fail("standard output");
	return status < 0
		       ? report_oci(command->run == oci_command_exec ? EXEC_FAILED : EXIT_FAILURE)
		       : status;
}
