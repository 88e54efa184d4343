/* commands.h: the commands of box: each gets its own words, and returns the exit status. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>

#include "kept.h"
#include "options.h"

/* Makes stdin what -i and -t of OPTIONS say. */
int set_stdin(const struct options *options);

/* box run, box start. ARGV starts with the command's name. They return the exit status. */
int command_run(const struct places *places, int argc, char *argv[]);
int command_start(const struct places *places, int argc, char *argv[]);

int command_stop(const struct places *places, int argc, char *argv[]);
int command_kill(const struct places *places, int argc, char *argv[]);
int command_wait(const struct places *places, int argc, char *argv[]);
int command_rm(const struct places *places, int argc, char *argv[]);
int command_pause(const struct places *places, int argc, char *argv[]);
int command_prune(const struct places *places, int argc, char *argv[]);

/* "json" or "table". */
int parse_format(const char *text, bool *json);

int command_ps(const struct places *places, int argc, char *argv[]);
int command_logs(const struct places *places, int argc, char *argv[]);
int command_inspect(const struct places *places, int argc, char *argv[]);
int command_top(const struct places *places, int argc, char *argv[]);

int command_stats(const struct places *places, int argc, char *argv[]);

int command_update(const struct places *places, int argc, char *argv[]);
int command_exec(const struct places *places, int argc, char *argv[]);
int command_cp(const struct places *places, int argc, char *argv[]);
int command_diff(const struct places *places, int argc, char *argv[]);
int command_commit(const struct places *places, int argc, char *argv[]);

#endif
