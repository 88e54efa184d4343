/* environment.h: a list of environment variables. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "list.h"

/* Sets a variable in ENV, whose strings are "NAME=VALUE" and belong to ENV. TEXT is NAME=VALUE, or
 * NAME alone for the value in box's own environment; if NAME is not set there, ENV stays as it is.
 * A variable of the same name is replaced. Returns 0, or -1 after fail(): also if TEXT has no name
 * before its '='. */
int add_env(struct strings *env, const char *text);

#endif
