/* box.c: the command line of box. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

/* FUNCTION returns the exit status, or -1 after fail(). */
struct command {
	const char *name;
	int (*function)(struct store *store, char *arguments[], bool quiet); /* NULL: run.c's */
	const char *flags; /* as for getopt(3) */
	int least, most; /* arguments */
	const char *usage, *summary;
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
	{"run", NULL, NULL, 0, 0, "[OPTION...] IMAGE [COMMAND [ARGUMENT...]]",
		"Run a command in a new container"},
	{"images", images, "+q", 0, 0, "[-q]", "List the images; with -q, their IDs alone"},
	{"import", import, "+", 1, 2, "FILE[:TAG] [NAME]",
		"Unpack an image, or the archive of a root filesystem, and print its ID"},
	{"rmi", rmi, "+", 1, 1 << 30, "IMAGE...",
		"Remove images, by name, or by their ID's first digits"},
	{0},
};

/* What was printed must have arrived: a full disk is an error. */
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
	     "  --data DIR       where images and layers lie ($BOX_DATA, /var/lib/box)\n"
	     "  --root DIR       where the state of containers lies ($BOX_ROOT, /run/box)\n"
	     "  --max-size SIZE  of what is unpacked from one image ($BOX_MAX_SIZE, 64g)\n"
	     "  --help, --version\n"
	     "\nbox COMMAND --help says more about a command.");
	return end_output();
}

static int print_usage(const struct command *command)
{
	printf("Usage: box %s %s\n\n%s.\n", command->name, command->usage, command->summary);
	return end_output();
}

static int run_command(
	const struct command *command, const struct places *places, int argc, char *argv[])
{
	static const struct option help[] = {{"help", no_argument, NULL, 'h'}, {0}};
	struct store store;
	bool quiet = false;
	int option, result;

	optind = 0; /* the GNU way to start anew */
	while ((option = getopt_long(argc, argv, command->flags, help, NULL)) == 'q')
		quiet = true;
	if (option == 'h')
		return print_usage(command);
	if (option != -1 || argc - optind < command->least || argc - optind > command->most) {
		failx("usage: box %s %s", command->name, command->usage);
		return report();
	}
	result = geteuid() == 0 ? store_open(&store, places->data)
				: failx("only root may use images: try sudo");
	if (result < 0)
		return report();
	result = command->function(&store, argv + optind, quiet);
	store_close(&store);
	if (result != 0)
		return result < 0 ? report() : result;
	return end_output();
}

/* With 0, 1 or 2 closed, the next file that is opened would be written to as standard output. */
static int open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return fail("/dev/null");
	close(fd);
	return 0;
}

static const char *from_environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

/* Reads the options before the command. Returns false when all is done, with *STATUS. */
static bool read_options(int argc, char *argv[], struct places *places, int *status)
{
	static const struct option options[] = {{"data", required_argument, NULL, 'd'},
		{"root", required_argument, NULL, 'r'}, {"max-size", required_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'}, {0}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (option == 'd')
			places->data = optarg;
		else if (option == 'r')
			places->root = optarg;
		else if (option == 'm')
			setenv("BOX_MAX_SIZE", optarg, 1);
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
		failx("%s: no such option, or its value is missing: see box --help",
			argv[optind - 1]);
		*status = report();
	}
	return false;
}

int main(int argc, char *argv[])
{
	struct places places = {
		.data = from_environment("BOX_DATA", "/var/lib/box"),
		.root = from_environment("BOX_ROOT", "/run/box"),
	};
	const struct command *command = commands;
	int status;

	if (open_standard_files() < 0)
		return EXIT_BOX;
	umask(022);
	signal(SIGCHLD, SIG_DFL); /* a caller that ignores it leaves no exit status to wait for */
	if (!read_options(argc, argv, &places, &status))
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
	if (command->function)
		return run_command(command, &places, argc - optind, argv + optind);
	/* Before anything that takes time; afterwards box starts anew, and comes here again. */
	if (geteuid() == 0 && protect_own_file(argv) < 0)
		return report();
	return command_run(&places, argc - optind, argv + optind);
}
