/* program.h: finds the program of a process, and executes it. */
#ifndef PROGRAM_H
#define PROGRAM_H

/* Looks for the program NAME as program_execute() will. The error's text is the one that engines
 * know from runc. On an error errno is ENOENT or EACCES; for a NAME with a slash, that of
 * access(2). */
int program_find(const char *name);

/* Executes argv[0], which is looked up in the PATH of environ unless it has a slash. Returns only
 * on an error: -1 after fail(), with the errno that says why. It is ENOENT or ENOTDIR if there is
 * no such program. */
int program_execute(char **argv);

#endif
