/* logs.h: what a container in the background has written. */
#ifndef LOGS_H
#define LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its two files lie in the container's folder DIR: log, and log.1 that was before it. A line is
 * "TIME stdout|stderr F|P TEXT", Kubernetes' format; P: its end follows. */
struct log {
	int dir, fd;
	int64_t size, max_size; /* bytes, of one file */
	int64_t whole; /* up to here, every line has its end */
	bool lost[2]; /* of stdout, stderr: the line is, up to its end */
};

int log_open(struct log *log, int dir, int64_t max_size);

/* Adds what was written to stdout (STREAM 1) or stderr (2). Lines that the disk does not take are
 * lost, as a whole: the container goes on. */
void log_write(struct log *log, int stream, const char *data, size_t size);
void log_close(struct log *log);

/* Prints the last TAIL lines (-1: all), with their TIMES, and then waits for more as long as ALIVE
 * says so, if that is not NULL. */
int log_print(int dir, int64_t tail, bool times, bool (*alive)(void *data), void *data);

#endif
