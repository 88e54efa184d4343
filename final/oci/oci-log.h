/* oci-log.h: the command line of box-oci as it was read, and its log. */
#ifndef OCI_LOG_H
#define OCI_LOG_H

#include <stdbool.h>

#include "list.h"
#include "spec.h"

/* The command line. A text is NULL, and a list empty, if the option was not given. */
extern struct oci_line {
	const char *root, *log; /* the options of all commands; main() sets root */
	bool log_json, debug, systemd;
	bool rootless; /* of spec */
	/* The options of single commands, by their names. */
	const char *bundle, *console, *pid_file, *process, *cwd, *user, *format, *resources;
	const char *interval;
	int preserve_fds; /* the number of --preserve-fds, and that of LISTEN_FDS */
	bool no_pivot, keep_keyring, detach, keep, terminal, no_new_privs, all, force, quiet, stats;
	bool ignore_paused;
	struct strings env, caps, gids, cgroups;
	struct resources limits; /* of update */
	char **words; /* the arguments of the command, the container's ID first */
	int n_words;
} oci_line;

/* Prints the error that was noted last on stderr, and writes it to --log. Returns STATUS. */
int report_oci(int status);

/* With --debug, sends the lines of debug() to the place to which debug_oci() writes. */
void debug_oci_begin(void);

/* With --debug, writes FORMAT as a line of the level "debug" to --log, or else to stderr. */
void debug_oci(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
