/* environment.h: a list of environment variables. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "list.h"

/* Sets a variable: NAME=VALUE, or NAME with the caller's value. */
int add_env(struct strings *env, const char *text);

#endif
