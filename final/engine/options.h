/* options.h: the options of box run, on the command line and in the file that keeps them. Functions
 * return 0, or -1 after fail(). */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "spec.h"

/* The options of a container. The texts belong to the command line, or are not freed before box
 * ends. */
struct options {
	const char *folder; /* box run's working folder, after options_load(); else NULL */
	const char *image;
	char **command; /* NULL-terminated */
	const char *name, *hostname, *entrypoint, *user, *workdir;
	bool help, interactive, terminal, init, privileged, host_network, unconfined, read_only;
	bool no_new_privileges, remove, detach;
	/* Which IDs of the host the container's are; a count of 0: the same as on the host.
	 * AUTO_USERS: ranges_claim() is still to set them. */
	struct id_map users;
	bool auto_users;
	struct limits limits;
	struct strings env, file_env, cap_add, cap_drop;
	struct strings lines; /* all options but --env and --env-file, for options_save() */
	const char *stop_signal;
	struct mount *volumes;
	size_t n_volumes;
	struct rlimit_entry *rlimits;
	size_t n_rlimits;
	int64_t shm_size, log_size; /* bytes; shm_size 0: the default */
};

/* Reads the command line ARGV, which starts with the command's name, into OPTIONS, which must be
 * all zero before except for log_size. The first word that is no option becomes the image, and the
 * others the command. */
int options_parse(struct options *options, int argc, char *argv[]);

/* Adds the options of ARGV, which starts with "update", to OPTIONS; other words of ARGV are
 * ignored. */
int options_update(struct options *options, int argc, char *argv[]);

/* Checks for box update that OPTIONS have at least one limit, and nothing but limits. */
int options_check_limits(const struct options *options);

/* Sets the stop signal NAME, which comes from the image, as if it had been given by --stop-signal.
 * OPTIONS keep the pointer NAME. */
int options_stop_signal(struct options *options, const char *name);

/* options_save() writes OPTIONS to the file "options" of the container's folder DIR, with IMAGE (an
 * ID, or the absolute path of a folder) as the image. options_load() reads them again, as
 * options_parse() does from the command line. Relative paths are relative to the working folder of
 * box run, which is written to the file, too; the working folder of the caller does not change. */
int options_save(const struct options *options, const char *image, int dir);
int options_load(struct options *options, int dir);

/* Prints the list of options for box run --help. */
int options_help(void);

#endif
