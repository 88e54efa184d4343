/* logs.h: the log of a container in the background: what it has written to stdout and stderr. */
#ifndef LOGS_H
#define LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A log that is being written. It has two files in the container's folder: "log", and "log.1" with
 * the lines that come before those in "log". Their lines have the format of Kubernetes' container
 * logs, "TIME stdout|stderr F|P TEXT". P says that TEXT is a part of a line, whose next part
 * follows in a later line; F, that it is the end of one. */
struct log {
	int dir, fd; /* the container's folder, which is the caller's; the file "log", or -1 */
	int64_t size, max_size; /* bytes of the file "log"; bytes that one file may have */
	int64_t whole; /* the size up to which all lines of the container are complete */
	bool lost[2]; /* for stdout and stderr: the current line is lost, up to its end */
};

/* Opens LOG in the folder DIR, a descriptor, to add to an existing log. Each of its two files gets
 * at most MAX_SIZE bytes, unless a single line is longer. Returns 0, or -1 after fail(). */
int log_open(struct log *log, int dir, int64_t max_size);

/* Adds SIZE bytes of DATA, which the container has written to stdout (STREAM 1) or stderr (2). If
 * the disk is full, whole lines are lost; the container goes on, and no error is noted. */
void log_write(struct log *log, int stream, const char *data, size_t size);

/* Closes the file, but not the folder. */
void log_close(struct log *log);

/* Prints the last TAIL lines (-1: all) of the log in the folder DIR to stdout and stderr; with
 * TIMES, each line begins with its time. If ALIVE is not NULL, waits for more lines, and prints
 * them, until ALIVE(DATA) returns false. Returns 0; or -1 after fail() if stdout cannot
 * be written. */
int log_print(int dir, int64_t tail, bool times, bool (*alive)(void *data), void *data);

#endif
