/* read-archive.c: reads the entries of an archive, and their data. */
#define _GNU_SOURCE
#include "read-archive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "job.h"

char *relative(const char *name)
{
	size_t length;
	char *copy;

	name += strspn(name, "/");
	length = strlen(name);
	while (length > 0 && name[length - 1] == '/')
		length--;
	if (!(copy = length > 0 ? strndup(name, length) : strdup(".")))
		die("memory");
	return copy;
}

bool read_piece(struct archive_entry *entry, const char *name, struct pieces *pieces,
	const void **data, size_t *size, la_int64_t *offset)
{
	int result = archive_read_data_block(job.reader, data, size, offset);

	if (result == ARCHIVE_EOF)
		return false;
	check(job.reader, result, name);
	/* libarchive would write a negative number of bytes. */
	if (*offset < 0 || *offset > archive_entry_size(entry))
		die("%s: it has data behind its end", name);
	if (*size > 0)
		count_piece(name, pieces, *offset, *size);
	return true;
}

/* Opens the archive: not all formats, as mtree reads other files, and nobody has a root filesystem
 * in cab, rar or lha. */
static void open_reader(int fd)
{
	job.reader = archive_read_new();
	archive_read_support_format_tar(job.reader);
	archive_read_support_format_cpio(job.reader);
	archive_read_support_format_zip_seekable(job.reader); /* the streaming one gives no modes */
	archive_read_support_format_7zip(job.reader);
	archive_read_support_format_iso9660(job.reader);
	if (archive_read_open_fd(job.reader, fd, CHUNK) != ARCHIVE_OK)
		die("%s", archive_error_string(job.reader));
}

void read_archive(int fd, void (*each)(struct archive_entry *entry, const char *name))
{
	struct archive_entry *entry;
	la_int64_t before = 0;
	int result;

	open_reader(fd);
	while ((result = archive_read_next_header(job.reader, &entry)) != ARCHIVE_EOF) {
		const char *path = result >= ARCHIVE_WARN ? archive_entry_pathname(entry) : NULL;
		const char *error = archive_error_string(job.reader);
		autofree char *name = relative(path ?: "");

		if (!path)
			die("after %" PRIu64 " files: %s", job.entries,
				error ?: "a file without a name");
		check(job.reader, result, name);
		count_entry(name);
		each(entry, name);
		before = archive_filter_bytes(job.reader, 0);
	}
	if (job.is_layer)
		return;
	if (job.entries == 0)
		die("no files in it");
	/* To libarchive, a tar that was cut off between two files looks complete. But its end mark
	 * is missing, so that the last search for a header, from position BEFORE on, has found
	 * nothing to read. */
	before = (before + 511) / 512 * 512;
	if ((archive_format(job.reader) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR &&
		archive_filter_bytes(job.reader, 0) - before < 512)
		die("no end mark: it was cut short");
}
