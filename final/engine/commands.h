/* commands.h: the commands of box. Each gets FOLDERS, which say where the store and the states are,
 * and the command line from the command's own name on: argv[0] is "run", for example. It reports
 * its errors itself, and returns the exit status. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>

#include "kept.h"
#include "options.h"

/* Prepares stdin as -i and -t in OPTIONS demand: with both, calls terminal_claim(), and it is an
 * error if stdin is not a terminal; with neither, opens /dev/null as stdin. Returns 0, or -1 after
 * fail(). */
int set_stdin(const struct options *options);

/* In run.c. */
int command_run(const struct folders *folders, int argc, char *argv[]);
int command_start(const struct folders *folders, int argc, char *argv[]);

/* In life.c. command_pause() is also box unpause. */
int command_stop(const struct folders *folders, int argc, char *argv[]);
int command_kill(const struct folders *folders, int argc, char *argv[]);
int command_wait(const struct folders *folders, int argc, char *argv[]);
int command_rm(const struct folders *folders, int argc, char *argv[]);
int command_pause(const struct folders *folders, int argc, char *argv[]);
int command_prune(const struct folders *folders, int argc, char *argv[]);

/* In show.c: sets *JSON to whether TEXT, the value of --format, is "json"; any other value but
 * "table" is an error. Returns 0, or -1 after fail(). */
int parse_format(const char *text, bool *json);

/* In show.c. */
int command_ps(const struct folders *folders, int argc, char *argv[]);
int command_logs(const struct folders *folders, int argc, char *argv[]);
int command_inspect(const struct folders *folders, int argc, char *argv[]);
int command_top(const struct folders *folders, int argc, char *argv[]);

/* In files of their own: stats.c, update.c, exec.c, copy.c (box cp), diff.c, commit.c. */
int command_stats(const struct folders *folders, int argc, char *argv[]);
int command_update(const struct folders *folders, int argc, char *argv[]);
int command_exec(const struct folders *folders, int argc, char *argv[]);
int command_cp(const struct folders *folders, int argc, char *argv[]);
int command_diff(const struct folders *folders, int argc, char *argv[]);
int command_commit(const struct folders *folders, int argc, char *argv[]);

#endif
