/* oci-log.h: the command line of box-oci, and its log. */
#ifndef OCI_LOG_H
#define OCI_LOG_H

#include <stdbool.h>

#include "list.h"
#include "spec.h"

/* The command line. */
extern struct oci_line {
	const char *root, *log; /* of all commands */
	bool log_json, debug, systemd;
	const char *bundle, *console, *pid_file, *process, *cwd, *user, *format, *resources;
	const char *interval;
	int preserve_fds;
	bool no_pivot, keep_keyring, detach, keep, terminal, no_new_privs, all, force, quiet, stats;
	bool ignore_paused;
	struct strings env, caps, gids, cgroups;
	struct resources limits;
	char **words; /* what is left: ID... */
	int n_words;
} oci_line;

/* Tells what has failed, on stderr and in --log. Returns STATUS. */
int report_oci(int status);

/* With --debug: tells what is done. */
void debug_oci(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
