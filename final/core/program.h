/* program.h: finds the program of a process, and executes it. */
#ifndef PROGRAM_H
#define PROGRAM_H

/* Looks for the program NAME as program_execute() does. Returns 0; or -1 after failx(), with the
 * text that engines know from runc, and with errno set to ENOENT or EACCES, or, for a NAME with a
 * slash, by access(2). */
int program_find(const char *name);

/* Executes argv[0], which is looked up in the PATH of environ unless it has a slash. Returns only
 * on an error: -1 after fail(), with errno set; ENOENT or ENOTDIR mean that there is no such
 * program. */
int program_execute(char **argv);

#endif
