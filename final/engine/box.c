/* box.c: the command line of box. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debug.h"
#include "error.h"
#include "file.h"
#include "flags.h"
#include "version.h"
#include "protect.h"
#include "image.h"
#include "store.h"
#include "commands.h"
#include "kept.h"
#include "rootless.h"
#include "state.h"

/* A command. If it has options of its own, with_options() gets its command line, and returns the
 * exit status. Otherwise function() gets its arguments, and returns the exit status, or -1 after
 * fail(). */
struct command {
	const char *name;
	const char *usage, *summary;
	int (*with_options)(const struct folders *folders, int argc, char *argv[]);
	int (*function)(struct store *store, char *arguments[], bool quiet);
	const char *flags; /* of function(): the letters for next_flag() */
	int least, most; /* of function(): the number of arguments */
	bool starts; /* it starts a process that could reach box's own file, see protect.h */
};

static int images(struct store *store, char *arguments[], bool quiet)
{
	(void)arguments;
	return image_list(store, quiet);
}

static int import(struct store *store, char *arguments[], bool quiet)
{
	struct image image;

	(void)quiet;
	if (image_import(store, arguments[0], arguments[1], &image) < 0)
		return -1;
	puts(image.id);
	image_free(&image);
	return 0;
}

static int rmi(struct store *store, char *arguments[], bool quiet)
{
	int status = sweep(store);

	(void)quiet;
	for (char **name = arguments; status >= 0 && *name; name++)
		if (image_remove(store, *name) < 0)
			status = report();
	return status;
}

static const struct command commands[] = {
	{"run", "[OPTION...] IMAGE [COMMAND [ARGUMENT...]]", "Run a command in a new container",
		.with_options = command_run, .starts = true},
	{"exec",
		"[-d] [-i] [-t] [-e NAME=VALUE] [-w DIR] [-u USER] [--privileged] CONTAINER COMMAND "
		"[ARGUMENT...]",
		"Run a command in a container that runs", .with_options = command_exec,
		.starts = true},
	{"ps", "[-a] [-q] [--no-trunc] [--format json|table]",
		"List the containers that run; with -a, all", .with_options = command_ps},
	{"logs", "[-f] [-t] [--tail N] CONTAINER",
		"Print what a container of box run -d has written", .with_options = command_logs},
	{"top", "CONTAINER", "List the processes of a container", .with_options = command_top},
	{"stats", "[--no-stream] [--format json|table] [CONTAINER...]",
		"Show what containers use, once a second; with --no-stream, once",
		.with_options = command_stats},
	{"inspect", "CONTAINER...", "Print what is known of containers, as JSON",
		.with_options = command_inspect},
	{"cp", "[-a] SRC CONTAINER:DST | [-a] CONTAINER:SRC DST",
		"Copy a file or a folder into a container, or out of it; \"-\" is a tar archive",
		.with_options = command_cp},
	{"diff", "CONTAINER", "List what a container has added (A), changed (C), deleted (D)",
		.with_options = command_diff},
	{"commit", "CONTAINER FILE", "Write a container as an image, an OCI archive",
		.with_options = command_commit},
	{"start", "[-a] CONTAINER...", "Start containers again; with -a, one in the foreground",
		.with_options = command_start, .starts = true},
	{"stop", "[-t SECONDS] CONTAINER...",
		"End containers by their stop signal, and after 10 seconds by SIGKILL",
		.with_options = command_stop},
	{"kill", "[-s SIGNAL] CONTAINER...", "Send SIGKILL, or another signal, to containers",
		.with_options = command_kill},
	{"pause", "CONTAINER...", "Freeze containers", .with_options = command_pause},
	{"unpause", "CONTAINER...", "Let frozen containers go on", .with_options = command_pause},
	{"update",
		"[-m SIZE] [--memory-swap SIZE] [--pids-limit N] [--cpus N] [--cpuset-cpus LIST] "
		"CONTAINER...",
		"Change the limits of containers", .with_options = command_update},
	{"wait", "CONTAINER...", "Wait until containers have ended, and print their exit statuses",
		.with_options = command_wait},
	{"rm", "[-f] CONTAINER...", "Remove containers; with -f, also those that run",
		.with_options = command_rm},
	{"prune", "[-f] [-a]",
		"Remove all containers that do not run; with -a, also images that none uses",
		.with_options = command_prune},
	{"images", "[-q]", "List the images; with -q, their IDs alone", .function = images,
		.flags = "+q"},
	{"import", "FILE[:TAG] [NAME]",
		"Unpack an image, or the archive of a root filesystem, and print its ID",
		.function = import, .flags = "+", .least = 1, .most = 2},
	{"rmi", "IMAGE...", "Remove images, by name, or by their ID's first digits",
		.function = rmi, .flags = "+", .least = 1, .most = 1 << 30},
	{"help", "", "Show this list", .with_options = NULL},
	{0},
};

/* Flushes stdout. Reports an error if the output could not be written, for example to a full disk.
 * Returns the exit status. */
static int end_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_SUCCESS;
	fail("standard output");
	return report();
}

static int print_help(void)
{
	puts("Usage: box [OPTION...] COMMAND [ARGUMENT...]\n\nCommands:");
	for (const struct command *command = commands; command->name; command++)
		printf("  %-10s  %s\n", command->name, command->summary);
	puts("\nOptions:\n"
	     "  --data DIR       where images and layers lie ($BOX_DATA, /var/lib/box;\n"
	     "                   without root ~/.local/share/box)\n"
	     "  --root DIR       where the state of containers lies ($BOX_ROOT, /run/box;\n"
	     "                   without root $XDG_RUNTIME_DIR/box)\n"
	     "  --max-size SIZE  of what is unpacked from one image ($BOX_MAX_SIZE, 64g)\n"
	     "  --debug          say on stderr what is done, call by call ($BOX_DEBUG)\n"
	     "  --help, --version\n"
	     "\nbox COMMAND --help says more about a command.");
	return end_output();
}

static int print_usage(const struct command *command)
{
	printf("Usage: box %s %s\n\n%s.\n", command->name, command->usage, command->summary);
	return end_output();
}

/* Runs a command with a function(). Returns the exit status. */
static int do_command(
	const struct command *command, const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"quiet", no_argument, NULL, 'q'}, {0}};
	bool knows_quiet = strchr(command->flags, 'q');
	struct store store;
	bool quiet = false;
	int option, result;
	char who[32];

	snprintf(who, sizeof(who), "box %s", command->name);
	optind = 0; /* getopt_long(3) begins anew */
	while ((option = next_flag(argc, argv, who, command->flags, longs + !knows_quiet)) == 'q')
		quiet = true;
	if (option == '?')
		return report();
	if (argc - optind < command->least || argc - optind > command->most) {
		failx("usage: box %s %s", command->name, command->usage);
		return report();
	}
	if (folders_open(folders, &store) < 0)
		return report();
	result = command->function(&store, argv + optind, quiet);
	store_close(&store);
	return result < 0 ? report() : result > 0 ? result : end_output();
}

static const char *from_environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

/* Reads the options before the command. Returns false if box is to end, with the exit status
 * *STATUS. */
static bool read_options(int argc, char *argv[], struct folders *folders, int *status)
{
	static const struct option options[] = {{"data", required_argument, NULL, 'd'},
		{"root", required_argument, NULL, 'r'}, {"max-size", required_argument, NULL, 'm'},
		{"debug", no_argument, NULL, 'D'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'}, {0}};
	int option;

	while ((option = next_flag(argc, argv, "box", "+h", options)) != -1) {
		if (option == 'd')
			folders->data = optarg;
		else if (option == 'r')
			folders->root = optarg;
		else if (option == 'm')
			folders->max_size = optarg;
		else if (option == 'D')
			folders->debug = true;
		else
			break;
	}
	if (option == -1)
		return true;
	if (option == 'h') {
		*status = print_help();
	} else if (option == 'v') {
		puts("box " BOX_VERSION);
		*status = end_output();
	} else {
		*status = report();
	}
	return false;
}

/* Before a command that starts processes, or stays as a monitor. A monitor must not keep open the
 * files of box's caller: otherwise the reader of a pipe would never see its end. ARGV is the whole
 * command line. */
static int begin(const struct command *command, const struct folders *folders, char *argv[])
{
	bool ordinary = geteuid() != 0;

	if (close_range(rootless_inherited(folders->root), ~0U, 0) < 0)
		return fail("close_range");
	if (folders->debug && debug_begin() < 0)
		return -1;
	/* This comes before everything that takes time, because it executes box again, and main()
	 * runs a second time up to this line. */
	if (rootless_enter(folders->root, command->starts) < 0)
		return -1;
	/* In the user namespace, default_data() need not be what it was for the user. */
	if (ordinary && (setenv("BOX_DATA", folders->data, 1) < 0 ||
				setenv("BOX_ROOT", folders->root, 1) < 0))
		return fail("memory");
	return command->starts ? protect_own_file(argv, ordinary) : 0;
}

int main(int argc, char *argv[])
{
	struct folders folders = {
		.data = from_environment("BOX_DATA", NULL),
		.root = from_environment("BOX_ROOT", NULL),
		.max_size = from_environment("BOX_MAX_SIZE", "64g"),
		.debug = *from_environment("BOX_DEBUG", ""),
	};
	const struct command *command = commands;
	int status;

	if (open_standard_files() < 0)
		return EXIT_BOX;
	umask(022);
	signal(SIGCHLD, SIG_DFL); /* if SIGCHLD is ignored, waitpid() gives no exit status */
	if (!read_options(argc, argv, &folders, &status))
		return status;
	if (optind < argc && strcmp(argv[optind], "help") == 0)
		return print_help();
	while (optind < argc && command->name && strcmp(command->name, argv[optind]) != 0)
		command++;
	if (optind == argc || !command->name) {
		failx("%s%s: see box --help", optind < argc ? argv[optind] : "",
			optind < argc ? ": no such command" : "no command");
		return report();
	}
	argc -= optind;
	argv += optind;
	if (command->with_options != command_run && argc == 2 && strcmp(argv[1], "--help") == 0)
		return print_usage(command);
	if ((!folders.data && !(folders.data = default_data())) ||
		(!folders.root && !(folders.root = default_root())))
		return report();
	if (command->function)
		return rootless_enter(folders.root, false) < 0
			       ? report()
			       : do_command(command, &folders, argc, argv);
	if (begin(command, &folders, argv - optind) < 0)
		return report();
	status = command->with_options(&folders, argc, argv);
	return status == 0 ? end_output() : status;
}
