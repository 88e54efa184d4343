/* program.h: the program of a process. */
#ifndef PROGRAM_H
#define PROGRAM_H

/* Finds NAME as program_execute() will, in the words that engines know; on failure errno is ENOENT
 * or EACCES, but for a NAME with a slash. */
int program_find(const char *name);

/* Executes argv[0], looked up in PATH of environ unless it has a slash. Comes back only with a
 * failure, and the errno that says why: of what is not found, ENOENT or ENOTDIR. */
int program_execute(char **argv);

#endif
