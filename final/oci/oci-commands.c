/* oci-commands.c: the commands that show containers, freeze them, or change their limits. */
#define _GNU_SOURCE
#include "oci-commands.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "json.h"
#include "parse.h"
#include "text.h"
#include "cgroup.h"
#include "resources.h"
#include "oci-bundle.h"
#include "oci-config.h"
#include "oci-log.h"
#include "oci-output.h"
#include "oci-show.h"
#include "oci-state.h"
#include "oci-systemd.h"

/* ---- state ---- */

int oci_command_state(void)
{
	autooci struct oci oci = {.dir = -1};

	return oci_open(&oci, oci_line.root, oci_line.words[0], false) < 0
		       ? -1
		       : oci_print_json(oci_state(&oci), JSON_INDENT(2));
}

/* ---- list, ps, pause, resume ---- */

struct row {
	char *cells[6];
};

struct table {
	struct row *rows;
	size_t n;
	json_t *json;
};

static int add_row(struct oci *oci, void *data)
{
	struct table *table = data;
	json_t *state = oci_state(oci);
	struct row *grown = reallocarray(table->rows, table->n + 1, sizeof(*grown));
	static const char *const keys[] = {"id", "", "status", "bundle", "created", "owner"};

	table->rows = grown ?: table->rows;
	if (!state || !grown)
		return fail("memory");
	for (size_t i = 0; i < 6; i++)
		grown[table->n].cells[i] =
			*keys[i] ? strdup(json_string_value(json_object_get(state, keys[i])))
				 : format_text("%" JSON_INTEGER_FORMAT,
					   json_integer_value(json_object_get(state, "pid")));
	table->n++;
	return json_array_append_new(table->json, state);
}

/* Prints the table as Go's tabwriter does for runc: each column but the last is at least 12
 * characters wide, and at least 3 blanks wider than its longest cell. */
static void print_table(const struct table *table)
{
	static const struct row head = {{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
	size_t widths[6];

	for (size_t column = 0; column < 6; column++) {
		widths[column] = strlen(head.cells[column]);
		for (size_t i = 0; i < table->n; i++) {
			size_t length = strlen(table->rows[i].cells[column]);

			widths[column] = length > widths[column] ? length : widths[column];
		}
		widths[column] = widths[column] + 3 < 12 ? 12 : widths[column] + 3;
	}
	for (size_t i = 0; i <= table->n; i++) {
		const struct row *row = i == 0 ? &head : &table->rows[i - 1];

		for (size_t column = 0; column < 5; column++)
			printf("%-*s", (int)widths[column], row->cells[column]);
		puts(row->cells[5]);
	}
}

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->n * 6; i++)
		free(table->rows[i / 6].cells[i % 6]);
	free(table->rows);
	json_decref(table->json);
}

int oci_command_list(void)
{
	struct table table __attribute__((cleanup(free_table))) = {.json = json_array()};

	if (oci_each(oci_line.root, add_row, &table) < 0)
		return -1;
	if (oci_line.quiet)
		for (size_t i = 0; i < table.n; i++)
			puts(table.rows[i].cells[0]);
	else if (oci_line.format && strcmp(oci_line.format, "json") == 0)
		return table.n == 0 ? puts("null") < 0
				    : oci_print_json(json_incref(table.json), JSON_COMPACT);
	else if (oci_line.format && strcmp(oci_line.format, "table") != 0)
		return failx("--format %s: neither table nor json", oci_line.format);
	else
		print_table(&table);
	return 0;
}

static bool is_among(const pid_t *pids, ssize_t n, pid_t pid)
{
	for (ssize_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Prints those lines of PS, the output of ps(1), that belong to one of the N PIDS. The titles in
 * its first line show which column has the PIDs. */
static int print_processes(FILE *ps, const pid_t *pids, ssize_t n)
{
	autofree char *text = NULL;
	size_t size = 0;
	int column = -1, i;

	while (getline(&text, &size, ps) > 0) {
		autofree char *copy = strdup(text);
		char *rest = copy, *word;
		bool head = column < 0;

		for (i = 0; (word = strsep(&rest, " \n"));) {
			if (!*word)
				continue;
			if (head && strcmp(word, "PID") == 0)
				column = i;
			if (!head && i == column && is_among(pids, n, atoi(word)))
				fputs(text, stdout);
			i++;
		}
		if (head && column < 0)
			return failx("ps: no column PID");
		if (head)
			fputs(text, stdout);
	}
	return 0;
}

static int run_ps(const pid_t *pids, ssize_t n)
{
	char *usual[] = {"ps", "-ef", NULL};
	char **argv = usual;
	autofclose FILE *out = NULL;
	int ends[2], result, status;
	pid_t pid;

	if (oci_line.n_words > 1) {
		oci_line.words[0] = "ps";
		argv = oci_line.words;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("pipe");
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execvp("ps", argv);
		_exit(EXIT_NOT_FOUND);
	}
	close(ends[1]);
	if (!(out = fdopen(ends[0], "r")))
		return fail("ps");
	result = print_processes(out, pids, n);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return failx("ps failed, or is not installed");
	return result;
}

int oci_command_ps(void)
{
	autooci struct oci oci = {.dir = -1};
	autofree pid_t *pids = NULL;
	ssize_t n;

	if (oci_open(&oci, oci_line.root, oci_line.words[0], false) < 0 ||
		(n = oci_pids(&oci, &pids)) < 0)
		return -1;
	if (oci_line.format && strcmp(oci_line.format, "json") == 0) {
		json_t *array = json_array();

		for (ssize_t i = 0; i < n; i++)
			json_array_append_new(array, json_integer(pids[i]));
		return oci_print_json(array, JSON_COMPACT);
	}
	return run_ps(pids, n);
}

static int set_frozen(bool frozen)
{
	struct cgroup cgroup;
	autooci struct oci oci = {.dir = -1};
	int result;

	if (oci_open(&oci, oci_line.root, oci_line.words[0], true) < 0)
		return -1;
	if (frozen ? oci.status != OCI_RUNNING && oci.status != OCI_CREATED
		   : oci.status != OCI_PAUSED)
		return failx("container not %s", frozen ? "running" : "paused");
	if (cgroup_open(&cgroup, oci.cgroup) < 0)
		return -1;
	result = cgroup_freeze(&cgroup, frozen);
	cgroup_close(&cgroup);
	return result;
}

int oci_command_pause(void)
{
	return set_frozen(true);
}

int oci_command_resume(void)
{
	return set_frozen(false);
}

/* ---- update, events, spec ---- */

int oci_command_update(void)
{
	autofree char *text = NULL;
	struct cgroup cgroup;
	autooci struct oci oci = {.dir = -1};
	int result;

	if (oci_open(&oci, oci_line.root, oci_line.words[0], true) < 0)
		return -1;
	if (oci.status == OCI_STOPPED)
		return failx("container not running");
	if (oci_line.resources &&
		(!(text = oci_read_input(oci_line.resources)) ||
			oci_read_resources(&oci_line.limits, text, oci_line.resources) < 0))
		return -1;
	oci_line.limits.n_devices = 0; /* as with runc, the rules of devices do not change */
	if (cgroup_open(&cgroup, oci.cgroup) < 0)
		return -1;
	/* systemd and box-oci both write the limits. As they write the same numbers, the order does
	 * not matter. */
	result = resources_settle(&cgroup, &oci_line.limits);
	if (result == 0 && oci.unit)
		result = scope_update(&oci, &oci_line.limits);
	if (result == 0)
		result = resources_write(&cgroup, &oci_line.limits);
	cgroup_close(&cgroup);
	return result;
}

int oci_command_events(void)
{
	int64_t seconds = 5;

	if (oci_line.interval && parse_count(oci_line.interval, 1, &seconds) < 0)
		return -1;
	do {
		autooci struct oci oci = {.dir = -1};

		if (oci_open(&oci, oci_line.root, oci_line.words[0], false) < 0)
			return -1;
		if (oci.status == OCI_STOPPED)
			return oci_line.stats ? failx("container not running") : 0;
		if (oci_print_events(&oci) < 0 || fflush(stdout) < 0)
			return -1;
	} while (!oci_line.stats && sleep(seconds) == 0);
	return 0;
}

int oci_command_spec(void)
{
	return oci_print_spec(oci_line.bundle ?: ".", oci_line.rootless);
}
