/* box.c: the command line of box. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

struct command {
	const char *name;
	int (*function)(const struct places *places, int argc, char *argv[]);
	const char *usage, *summary;
};

static const struct command commands[];

/* What was printed must have arrived: a full disk is an error. */
static int end_output(void)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fail("standard output");
		return report();
	}
	return EXIT_SUCCESS;
}

static int print_help(void)
{
	fputs("Usage: box [OPTION...] COMMAND [ARGUMENT...]\n"
	      "\n"
	      "Commands:\n",
		stdout);
	for (const struct command *command = commands; command->name; command++)
		printf("  %-10s  %s\n", command->name, command->summary);
	fputs("\n"
	      "Options:\n"
	      "  --data DIR       where images and layers lie ($BOX_DATA, /var/lib/box)\n"
	      "  --root DIR       where the state of containers lies ($BOX_ROOT, /run/box)\n"
	      "  --max-size SIZE  of what is unpacked from one image ($BOX_MAX_SIZE, 64g)\n"
	      "  --help, --version\n"
	      "\n"
	      "box COMMAND --help says more about a command.\n",
		stdout);
	return end_output();
}

/* Reads the options of the command ARGV[0], which may have the flags in FLAGS alone. Returns the
 * flag that was given, 0 for none, or -1 when all is done, with *STATUS. */
static int read_options(int argc, char *argv[], const char *flags, int least, int most, int *status)
{
	static const struct option help[] = {{"help", no_argument, NULL, 'h'}, {0}};
	const struct command *command = commands;
	int option, given = 0;

	while (strcmp(command->name, argv[0]) != 0)
		command++;
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, flags, help, NULL)) != -1) {
		if (option == 'h') {
			printf("Usage: box %s %s\n\n%s.\n", command->name, command->usage,
				command->summary);
			*status = end_output();
			return -1;
		}
		if (option == '?')
			break;
		given = option;
	}
	if (option == -1 && argc - optind >= least && argc - optind <= most)
		return given;
	failx("usage: box %s %s", command->name, command->usage);
	*status = report();
	return -1;
}

static int open_store(const struct places *places, struct store *store)
{
	if (geteuid() != 0)
		return failx("only root may use images: try sudo");
	return store_open(store, places->data);
}

static int command_images(const struct places *places, int argc, char *argv[])
{
	struct store store;
	int status, flag = read_options(argc, argv, "+q", 0, 0, &status);

	if (flag < 0)
		return status;
	if (open_store(places, &store) < 0)
		return report();
	status = image_list(&store, flag == 'q') < 0 ? report() : end_output();
	store_close(&store);
	return status;
}

static int command_import(const struct places *places, int argc, char *argv[])
{
	struct store store;
	struct image image;
	int status;

	if (read_options(argc, argv, "+", 1, 2, &status) < 0)
		return status;
	if (open_store(places, &store) < 0)
		return report();
	if (image_import(&store, argv[optind], argv[optind + 1], &image) < 0) {
		status = report();
	} else {
		puts(image.id);
		status = end_output();
		image_free(&image);
	}
	store_close(&store);
	return status;
}

static int command_rmi(const struct places *places, int argc, char *argv[])
{
	struct store store;
	int status;

	if (read_options(argc, argv, "+", 1, argc, &status) < 0)
		return status;
	if (open_store(places, &store) < 0 || sweep(&store) < 0)
		return report();
	status = EXIT_SUCCESS;
	for (char **name = argv + optind; *name; name++)
		if (image_remove(&store, *name) < 0)
			status = report();
	store_close(&store);
	return status;
}

static int command_help(const struct places *places, int argc, char *argv[])
{
	(void)places;
	(void)argc;
	(void)argv;
	return print_help();
}

static const struct command commands[] = {
	{"run", command_run, "[OPTION...] IMAGE [COMMAND [ARGUMENT...]]",
		"Run a command in a new container"},
	{"images", command_images, "[-q]", "List the images; -q: their IDs alone"},
	{"import", command_import, "FILE[:TAG] [NAME]",
		"Unpack an image, or the archive of a root filesystem, and print its ID"},
	{"rmi", command_rmi, "IMAGE...", "Remove images, by name, ID, or its first digits"},
	{"help", command_help, "", "Show this list"},
	{0},
};

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

/* Reads the options before the command. Returns -1 when all is done, with *STATUS. */
static int read_global_options(int argc, char *argv[], struct places *places, int *status)
{
	static const struct option options[] = {{"data", required_argument, NULL, 'd'},
		{"root", required_argument, NULL, 'r'}, {"max-size", required_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'}, {0}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (option == 'd') {
			places->data = optarg;
		} else if (option == 'r') {
			places->root = optarg;
		} else if (option == 'm') {
			setenv("BOX_MAX_SIZE", optarg, 1);
		} else if (option == 'h') {
			*status = print_help();
			return -1;
		} else if (option == 'v') {
			puts("box " BOX_VERSION);
			*status = end_output();
			return -1;
		} else {
			failx("%s: no such option, or its value is missing: see box --help",
				argv[optind - 1]);
			*status = report();
			return -1;
		}
	}
	return 0;
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
	if (read_global_options(argc, argv, &places, &status) < 0)
		return status;
	if (optind == argc) {
		failx("no command: see box --help");
		return report();
	}
	while (command->name && strcmp(command->name, argv[optind]) != 0)
		command++;
	if (!command->name) {
		failx("%s: no such command: see box --help", argv[optind]);
		return report();
	}
	/* Before anything that takes time; afterwards box starts anew, and comes here again. */
	if (command->function == command_run && geteuid() == 0 && protect_own_file(argv) < 0)
		return report();
	return command->function(&places, argc - optind, argv + optind);
}
