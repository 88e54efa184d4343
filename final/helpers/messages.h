/* messages.h: what box-unpack tells unpack.c, which has started it: see box-unpack.c. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <unistd.h>

#include "error.h"

/* Messages go both ways through this socket. */
enum { MESSAGES_FD = STDOUT_FILENO };

/* Sends a message of KIND to unpack.c. Ends the process if nobody is there. */
__attribute__((format(printf, 2, 3))) void tell(char kind, const char *format, ...);

/* Ends the process with STATUS. */
__attribute__((noreturn)) void leave(int status);

/* Tells what went wrong, and ends. "%m" is the text of errno. */
#define die(...) (tell('e', __VA_ARGS__), leave(EXIT_BOX))

#endif
