/* stats.c: box stats. */
#define _GNU_SOURCE
#include "commands.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "flags.h"
#include "id.h"
#include "list.h"
#include "text.h"
#include "cgroup.h"
#include "store.h"
#include "kept.h"
#include "state.h"
#include "target.h"

/* The resources that a container had used at one time. */
struct sample {
	char id[ID_LENGTH + 1], name[256];
	struct usage usage;
	double time; /* when the sample was taken, by clock_now() */
};

struct samples {
	struct sample *list;
	size_t n;
};

struct stats {
	bool once, json;
	struct strings ids; /* the containers that the user has named; empty: all running ones */
	struct samples samples;
};

static bool is_wanted(const struct stats *stats, const char *id)
{
	for (size_t i = 0; i < stats->ids.n; i++)
		if (strcmp(stats->ids.list[i], id) == 0)
			return true;
	return stats->ids.n == 0;
}

/* Adds a sample of the container, unless it has ended meanwhile. */
static int add_sample(struct store *store, struct state *state, void *data)
{
	struct stats *stats = data;
	struct samples *samples = &stats->samples;
	struct sample *grown, *sample;
	int result;

	(void)store;
	if (state->phase != PHASE_RUNNING || !is_wanted(stats, state->id))
		return 0;
	grown = reallocarray(samples->list, samples->n + 1, sizeof(*grown));
	if (!grown)
		return fail("memory");
	samples->list = grown;
	sample = &grown[samples->n];
	strcpy(sample->id, state->id);
	strcpy(sample->name, state->name);
	if ((result = cgroup_usage(state->id, state->pid, &sample->usage)) == 0) {
		sample->time = clock_now();
		samples->n++;
	}
	return result < 0 ? -1 : 0;
}

/* The columns of docker stats, computed from a sample and the sample before it. */
struct row {
	char cpu[16], memory[48], percent[16], tasks[24];
};

static void fill_row(struct row *row, const struct sample *sample, const struct sample *before)
{
	const struct usage *usage = &sample->usage;
	double used = (usage->cpu - before->usage.cpu) / 1e6;
	char memory[16], limit[16];

	snprintf(row->cpu, sizeof(row->cpu), "%.2f%%",
		used > 0 ? 100 * used / (sample->time - before->time) : 0);
	snprintf(row->memory, sizeof(row->memory), "%s / %s", memory_size(usage->memory, memory),
		memory_size(usage->limit, limit));
	snprintf(
		row->percent, sizeof(row->percent), "%.2f%%", 100.0 * usage->memory / usage->limit);
	snprintf(row->tasks, sizeof(row->tasks), "%" PRId64, usage->tasks);
}

/* Prints ROW with the keys of docker stats --format json. */
static int print_json(const struct sample *sample, const struct row *row, bool first)
{
	json_auto_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "ID", sample->id, "Name",
		sample->name, "CPUPerc", row->cpu, "MemUsage", row->memory, "MemPerc", row->percent,
		"PIDs", row->tasks);

	fputs(first ? "[" : ",\n ", stdout);
	return json && json_dumpf(json, stdout, JSON_COMPACT) == 0 ? 0 : fail("json");
}

/* Prints the containers that also have a sample in BEFORE. */
static int print_table(const struct stats *stats, const struct samples *before)
{
	static const char format[] = "%-12.12s  %-20s  %-8s  %-21s  %-7s  %s\n";
	const struct samples *samples = &stats->samples;
	size_t rows = 0;
	struct row row;

	if (!stats->once && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	if (!stats->json)
		printf(format, "CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %",
			"PIDS");
	for (size_t i = 0, j; i < samples->n; i++) {
		const struct sample *sample = &samples->list[i];

		for (j = 0; j < before->n && strcmp(before->list[j].id, sample->id) != 0; j++)
			;
		if (j == before->n)
			continue;
		fill_row(&row, sample, &before->list[j]);
		if (!stats->json)
			printf(format, sample->id, sample->name, row.cpu, row.memory, row.percent,
				row.tasks);
		else if (print_json(sample, &row, rows == 0) < 0)
			return -1;
		rows++;
	}
	if (stats->json)
		puts(rows > 0 ? "]" : "[]");
	return fflush(stdout) == 0 ? 0 : fail("standard output");
}

/* Prints a table each second. Waiting once a second serves all containers, as their samples are
 * taken together. */
static int watch(struct store *store, struct stats *stats)
{
	struct samples before;
	int result = state_each(store, false, add_sample, stats);

	do {
		before = stats->samples;
		stats->samples = (struct samples){0};
		sleep(1);
		if (result == 0)
			result = state_each(store, false, add_sample, stats);
		if (result == 0)
			result = print_table(stats, &before);
		free(before.list);
	} while (result == 0 && !stats->once && (stats->ids.n == 0 || stats->samples.n > 0));
	free(stats->samples.list);
	return result;
}

static int add_name(struct target *target)
{
	struct stats *stats = target->data;

	if (target->state.phase != PHASE_RUNNING)
		return failx("container %s is not running", target->name);
	return add_string(&stats->ids, target->state.id);
}

static int set_stats(void *data, int letter, const char *value)
{
	struct stats *stats = data;

	stats->once |= letter == 'n';
	return letter == 'f' ? parse_format(value, &stats->json) : 0;
}

int command_stats(const struct folders *folders, int argc, char *argv[])
{
	static const struct option longs[] = {{"no-stream", no_argument, NULL, 'n'},
		{"format", required_argument, NULL, 'f'}, {0}};
	struct stats stats = {0};
	struct store store;
	char **names = parse_flags(argc, argv, "+", longs, set_stats, &stats);
	int status;

	if (!names)
		return report();
	status = *names ? each_container(folders, names, add_name, &stats) : 0;
	if (*names && stats.ids.n == 0)
		return status;
	if (folders_open(folders, &store) < 0)
		return report();
	if ((!*names && sweep(&store) < 0) || watch(&store, &stats) < 0)
		status = report();
	store_close(&store);
	return status;
}
