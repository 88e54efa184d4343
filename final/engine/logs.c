/* logs.c: what a container in the background has written. */
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

static void rotate(struct log *log)
{
	if (renameat(log->dir, "log", log->dir, "log.1") < 0)
		return; /* a full disk, perhaps: better a longer log than none */
	close_fd(&log->fd);
	log->fd = open_new(log->dir);
	log->size = log->whole = 0;
}

/* Takes the part of a line in one write. What the disk does not take is lost, and nothing is torn:
 * what was written of the line goes, and what is still to come of it. */
static void put_part(struct log *log, int stream, bool end, const char *record, ssize_t size)
{
	bool *lost = &log->lost[stream - 1];
	ssize_t written;

	if (log->fd < 0)
		log->fd = open_new(log->dir); /* rotate() could not */
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
	bool inside[2]; /* a line of stdout, stderr: what follows is more of it */
};

/* Whether LINE ends one of the container's. */
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
		return; /* torn, when the machine went down */
	error = strncmp(stream + 1, "stderr", 6) == 0;
	text++;
	if (error)
		fflush(stdout); /* both may be the same file: in the order they were written */
	if (reader->times && !reader->inside[error])
		fprintf(error ? stderr : stdout, "%.*s ", (int)(stream - line), line);
	fwrite(text, 1, length - (text - line) - !is_end(line), error ? stderr : stdout);
	reader->inside[error] = !is_end(line);
}

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

/* Prints what FILE has from its place on. */
static void print_rest(struct reader *reader, FILE *file)
{
	autofree char *line = NULL;
	size_t size = 0;
	ssize_t length;

	clearerr(file);
	while ((length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] != '\n') { /* its end is being written */
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

/* Gives the next file, if FILE is no longer the one that is written to. */
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

		/* Asked before it is read: what is written before the end is not missed. */
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
