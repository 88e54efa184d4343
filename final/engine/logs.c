/* logs.c: the log of a container in the background: what it has written to stdout and stderr. */
#define _GNU_SOURCE
#include "logs.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"

static int open_new(int dir)
{
	return openat(dir, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

int log_open(struct log *log, int dir, int64_t max_size)
{
	struct stat st;

	*log = (struct log){.dir = dir, .max_size = max_size};
	if ((log->fd = open_new(dir)) < 0 || fstat(log->fd, &st) < 0)
		return fail("log");
	log->size = log->whole = st.st_size;
	return 0;
}

void log_close(struct log *log)
{
	close_fd(&log->fd);
}

/* Renames the file "log" to "log.1", and makes a new "log". */
static void rotate(struct log *log)
{
	if (renameat(log->dir, "log", log->dir, "log.1") < 0)
		return; /* if the disk is full, a log that is too long is better than none */
	close_fd(&log->fd);
	log->fd = open_new(log->dir);
	log->size = log->whole = 0;
}

/* Writes RECORD, which has a part of a line of the container, in one write(2). END: it is the last
 * part of the line. If the disk is full, the whole line is lost: its earlier parts are removed from
 * the file, and later ones are not written. */
static void put_part(struct log *log, int stream, bool end, const char *record, ssize_t size)
{
	bool *lost = &log->lost[stream - 1];
	ssize_t written;

	if (log->fd < 0)
		log->fd = open_new(log->dir); /* rotate() could not open "log" */
	written = *lost ? 0 : write(log->fd, record, size);
	if (written == size) {
		log->size += size;
		if (end)
			log->whole = log->size;
	} else if (!*lost && ftruncate(log->fd, log->whole) == 0) {
		log->size = log->whole;
	} else if (written > 0) {
		log->size += written;
	}
	*lost = written != size && !end;
}

void log_write(struct log *log, int stream, const char *data, size_t size)
{
	struct timespec now;
	char record[8192], time[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &tm));
	while (size > 0) {
		const char *newline = memchr(data, '\n', size);
		size_t part = newline ? (size_t)(newline - data) : size;
		bool end = newline && part <= sizeof(record) - 64;
		int head;

		part = part < sizeof(record) - 64 ? part : sizeof(record) - 64;
		head = snprintf(record, 64, "%s.%09ldZ %s %c ", time, now.tv_nsec,
			stream == 2 ? "stderr" : "stdout", end ? 'F' : 'P');
		memcpy(record + head, data, part);
		record[head + part] = '\n';
		if (log->size + head + (int64_t)part >= log->max_size && log->size > 0)
			rotate(log);
		put_part(log, stream, end, record, head + part + 1);
		data += part + end;
		size -= part + end;
	}
}

/* ---- reading ---- */

struct reader {
	int64_t skip; /* lines not to be printed */
	bool times;
	bool inside[2]; /* for stdout and stderr: only the beginning of a line was printed */
};

/* Whether LINE, a line of the log, has the last part of a line of the container. */
static bool is_end(const char *line)
{
	const char *stream = strchr(line, ' '), *part = stream ? strchr(stream + 1, ' ') : NULL;

	return part && part[1] == 'F';
}

static void print_line(struct reader *reader, const char *line, ssize_t length)
{
	const char *stream = strchr(line, ' '), *part = stream ? strchr(stream + 1, ' ') : NULL;
	const char *text = part ? strchr(part + 1, ' ') : NULL;
	bool error;

	if (!text)
		return; /* the line is incomplete, for example after a power failure */
	error = strncmp(stream + 1, "stderr", 6) == 0;
	text++;
	if (error)
		fflush(stdout); /* if both are the same file, this keeps the order of the lines */
	if (reader->times && !reader->inside[error])
		fprintf(error ? stderr : stdout, "%.*s ", (int)(stream - line), line);
	fwrite(text, 1, length - (text - line) - !is_end(line), error ? stderr : stdout);
	reader->inside[error] = !is_end(line);
}

/* Returns the number of the container's lines in FILE (NULL: 0), and goes back to the start of
 * FILE. */
static int64_t count_lines(FILE *file)
{
	autofree char *line = NULL;
	bool end = true;
	size_t size = 0;
	int64_t n = 0;

	while (file && getline(&line, &size, file) > 0)
		n += end = is_end(line);
	if (file)
		rewind(file);
	return n + !end;
}

/* Prints the lines of FILE from its current position on. */
static void print_rest(struct reader *reader, FILE *file)
{
	autofree char *line = NULL;
	size_t size = 0;
	ssize_t length;

	clearerr(file);
	while ((length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] != '\n') { /* the rest of this line is not written yet */
			fseek(file, -length, SEEK_CUR);
			break;
		}
		if (reader->skip > 0)
			reader->skip -= is_end(line);
		else
			print_line(reader, line, length);
	}
	fflush(stdout);
}

static FILE *open_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

/* If FILE was renamed to "log.1" since it was opened, opens the new file "log" and returns it; else
 * returns NULL. */
static FILE *open_next(int dir, FILE *file)
{
	struct stat a, b;

	if (fstat(fileno(file), &a) == 0 && fstatat(dir, "log", &b, 0) == 0 && a.st_ino != b.st_ino)
		return open_file(dir, "log");
	return NULL;
}

int log_print(int dir, int64_t tail, bool times, bool (*alive)(void *data), void *data)
{
	autofclose FILE *old = open_file(dir, "log.1"), *file = open_file(dir, "log");
	struct reader reader = {.times = times};

	if (tail >= 0)
		reader.skip = count_lines(old) + count_lines(file) - tail;
	if (old)
		print_rest(&reader, old);
	for (bool more = true; file && more;) {
		FILE *next;

		/* ALIVE is called before the file is read, so that no line is missed which the
		 * container writes before its end. */
		more = alive && alive(data);
		next = open_next(dir, file);
		print_rest(&reader, file);
		if (ferror(stdout))
			return fail("stdout");
		if (next) {
			fclose(file);
			file = next;
			more = true;
		} else if (more) {
			usleep(50 * 1000);
		}
	}
	return 0;
}
