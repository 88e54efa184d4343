/* decompress.c: decompresses the archive, in a thread beside the writing. */
#define _GNU_SOURCE
#include "decompress.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <zlib.h>

#include "file.h"
#include "job.h"

enum { PIPE_SIZE = 1 << 20, THREAD_STACK = 1 << 20 };

void start_thread(void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error = pthread_attr_init(&attributes);

	if (error == 0)
		error = pthread_attr_setstacksize(&attributes, THREAD_STACK);
	if (error == 0)
		error = pthread_create(&thread, &attributes, run, argument);
	if (error != 0)
		die("start a thread: %s", strerror(error));
}

/* Gzip is decompressed by zlib, as libarchive does not compare the checksum and the length at its
 * end. */
static gzFile gzip;
static struct archive *raw; /* all other formats */

static la_ssize_t read_gzip(const void **data)
{
	static char buffer[CHUNK];
	int n = gzread(gzip, buffer, sizeof(buffer)), error = Z_OK;
	const char *text = gzerror(gzip, &error);

	if (n <= 0 && error != Z_OK && error != Z_STREAM_END)
		die("gzip: %s", text);
	*data = buffer;
	return n;
}

static la_ssize_t read_raw(const void **data)
{
	size_t size = 0;
	la_int64_t offset;
	int result = archive_read_data_block(raw, data, &size, &offset);

	if (result != ARCHIVE_OK && result != ARCHIVE_EOF)
		die("%s", said(raw));
	return result == ARCHIVE_OK ? size : 0;
}

/* The thread: decompresses the archive, and writes it into PIPE. */
static void *decompress(void *pipe)
{
	static const char padding[512];
	int output = ((int *)pipe)[1];
	uint64_t total = 0;
	const void *data;
	la_ssize_t n;

	for (; (n = gzip ? read_gzip(&data) : read_raw(&data)) > 0; total += n)
		write_all(output, data, n);
	/* Adds the padding of the last file, which Go's archive/tar, and so umoci, may leave
	 * out. */
	write_all(output, padding, -total % sizeof(padding));
	close(output);
	return NULL;
}

/* Reads the first bytes of the archive, which stay there to be read again; of a pipe, by tee(2). */
static ssize_t peek(unsigned char *data, size_t size)
{
	ssize_t n = pread(ARCHIVE_FD, data, size, 0);
	int ends[2];

	if (n >= 0 || errno != ESPIPE || pipe2(ends, O_CLOEXEC) < 0)
		return n;
	if ((n = tee(ARCHIVE_FD, ends[1], size, 0)) > 0)
		n = read(ends[0], data, n);
	close(ends[0]);
	close(ends[1]);
	return n;
}

int open_decompressed(void)
{
	static int ends[2];
	struct archive_entry *entry;
	unsigned char head[512] = {0};
	ssize_t size = peek(head, sizeof(head));

	if (size == 0)
		die("an empty file");
	if (!job.is_layer && memcmp(head + 257, "ustar", 5) == 0)
		return ARCHIVE_FD;
	if (head[0] == 0x1f && head[1] == 0x8b) {
		if (!(gzip = gzdopen(ARCHIVE_FD, "rb")) || gzbuffer(gzip, CHUNK) < 0)
			die("memory");
	} else {
		/* Not all filters of libarchive, as some of them start programs. */
		raw = archive_read_new();
		archive_read_support_filter_gzip(raw); /* for a socket, where peek() fails */
		archive_read_support_filter_bzip2(raw);
		archive_read_support_filter_xz(raw);
		archive_read_support_filter_lzma(raw);
		archive_read_support_filter_lzip(raw);
		archive_read_support_filter_zstd(raw);
		archive_read_support_filter_lz4(raw);
		archive_read_support_filter_compress(raw);
		archive_read_support_format_raw(raw);
		if (archive_read_open_fd(raw, ARCHIVE_FD, CHUNK) != ARCHIVE_OK ||
			archive_read_next_header(raw, &entry) != ARCHIVE_OK)
			die("%s", archive_error_string(raw) ? said(raw) : "nothing in it");
		/* Some formats have their table of contents at the end, and must seek. */
		if (!job.is_layer && archive_filter_count(raw) == 1 &&
			lseek(ARCHIVE_FD, 0, SEEK_SET) == 0)
			return ARCHIVE_FD;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe: %m");
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE);
	start_thread(decompress, ends);
	return ends[0];
}
