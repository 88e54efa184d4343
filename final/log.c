/* log.c: what a container in the background has written. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

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
	log->size = st.st_size;
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
	log->size = 0;
}

void log_write(struct log *log, int stream, const char *data, size_t size)
{
	struct timespec now;
	char line[8192], time[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &tm));
	while (size > 0) {
		const char *end = memchr(data, '\n', size);
		size_t part = end ? (size_t)(end - data) : size;
		bool whole = end && part <= sizeof(line) - 64;
		int head;

		part = part < sizeof(line) - 64 ? part : sizeof(line) - 64;
		head = snprintf(line, 64, "%s.%09ldZ %s %c ", time, now.tv_nsec,
			stream == 2 ? "stderr" : "stdout", whole ? 'F' : 'P');
		memcpy(line + head, data, part);
		line[head + part] = '\n';
		if (log->size + head + (int64_t)part >= log->max_size && log->size > 0)
			rotate(log);
		/* One write a line: what the disk does not take is lost, and nothing is torn. */
		if (log->fd >= 0 && write(log->fd, line, head + part + 1) > 0)
			log->size += head + part + 1;
		data += part + whole;
		size -= part + whole;
	}
}

/* ---- reading ---- */

static void print_line(char *line, ssize_t length, bool times)
{
	char *time = line, *stream = strchr(time, ' '),
	     *part = stream ? strchr(stream + 1, ' ') : NULL;
	char *text = part ? strchr(part + 1, ' ') : NULL;
	FILE *out;

	if (!text)
		return; /* torn, when the machine went down */
	out = strncmp(stream + 1, "stderr", 6) == 0 ? stderr : stdout;
	text++;
	length -= text - line;
	if (part[1] == 'P')
		length--; /* without the newline */
	if (times)
		fprintf(out, "%.*s ", (int)(stream - time), time);
	fwrite(text, 1, length, out);
}

static int64_t count_lines(FILE *file)
{
	autofree char *line = NULL;
	size_t size = 0;
	int64_t n = 0;

	while (getline(&line, &size, file) > 0)
		n++;
	rewind(file);
	return n;
}

/* Prints what FILE has from its place on, but for the first SKIP lines. */
static void print_rest(FILE *file, int64_t *skip, bool times)
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
		if (*skip > 0)
			--*skip;
		else
			print_line(line, length, times);
	}
	fflush(stdout);
}

static FILE *open_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

static bool is_rotated(int dir, FILE *file)
{
	struct stat a, b;

	return fstat(fileno(file), &a) == 0 && fstatat(dir, "log", &b, 0) == 0 &&
	       a.st_ino != b.st_ino;
}

int log_print(int dir, int64_t tail, bool times, bool (*alive)(void *data), void *data)
{
	autofclose FILE *old = open_file(dir, "log.1"), *file = open_file(dir, "log");
	int64_t skip = 0;

	if (tail >= 0) {
		skip = (old ? count_lines(old) : 0) + (file ? count_lines(file) : 0) - tail;
		skip = skip < 0 ? 0 : skip;
	}
	if (old)
		print_rest(old, &skip, times);
	for (bool more = true; file && more;) {
		/* Asked before it is read: what is written before the end is not missed. */
		more = alive && alive(data);
		print_rest(file, &skip, times);
		if (ferror(stdout))
			return fail("stdout");
		if (is_rotated(dir, file)) {
			fclose(file);
			file = open_file(dir, "log");
		} else if (more) {
			usleep(50 * 1000);
		}
	}
	return 0;
}
