/* options.h: what box run was asked for. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "spec.h"

struct options {
	struct spec spec; /* what options say of it directly */
	const char *folder; /* the working folder that they were given in; NULL: this one */
	const char *image;
	char **command; /* NULL-terminated */
	const char *name, *hostname, *entrypoint, *user, *workdir;
	bool help, interactive, privileged, host_network, unconfined, read_only, remove, detach;
	struct strings env, file_env, cap_add, cap_drop;
	struct strings lines; /* the options but --env and --env-file */
	const char *stop_signal;
	struct mount *volumes;
	size_t n_volumes;
	struct rlimit_entry *rlimits;
	int64_t shm_size, log_size;
};

/* Reads ARGV, which starts with "run", into OPTIONS, all zero before. */
int options_parse(struct options *options, int argc, char *argv[]);

/* Adds those of ARGV, which starts with "update" and has no IMAGE, to OPTIONS. */
int options_update(struct options *options, int argc, char *argv[]);

/* Whether there is a limit among OPTIONS, and nothing else. */
int options_check_limits(const struct options *options);

/* Takes NAME, the image's, as if --stop-signal had said it. OPTIONS keep the pointer. */
int options_stop_signal(struct options *options, const char *name);

/* Keeps them in the file "options" of the folder DIR, with IMAGE (an ID, or a folder's path) as the
 * image; and reads them again, as if from the command line, in the working folder they were given
 * in, which does not become the caller's. */
int options_save(const struct options *options, const char *image, int dir);
int options_load(struct options *options, int dir);

/* Prints the list of options. */
int options_help(void);

#endif
