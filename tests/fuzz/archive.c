/* archive.c: archives, through the reader of box-unpack, which gives entries and their data:
 * helpers/read-archive.c. Nothing is unpacked. The first byte says how: 'l' as a layer of an image,
 * anything else as a root filesystem. */
#define _GNU_SOURCE
#include "read-archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuzz.h"
#include "job.h"
#include "messages.h"

enum { MAX_BYTES = 4 << 20, MAX_ENTRIES = 1000 };

/* In place of messages.c: there is no box to tell anything, and the process goes on with the next
 * input. */
static jmp_buf end;

void tell(char kind, const char *format, ...)
{
	char text[8192];
	va_list arguments;

	(void)kind;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
}

void leave(int status)
{
	longjmp(end, status + 1);
}

static void each(struct archive_entry *entry, const char *name)
{
	static uint8_t copy[MAX_BYTES];
	struct pieces pieces = {0};
	const void *data, *value;
	const char *text;
	la_int64_t offset;
	size_t size;

	FUZZ_EXPECT(*name && *name != '/' && name[strlen(name) - 1] != '/');
	if (archive_entry_hardlink(entry))
		free(relative(archive_entry_hardlink(entry)));
	charge(name, strlen(archive_entry_symlink(entry) ?: ""));
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &text, &value, &size) == ARCHIVE_OK)
		charge(name, strlen(text) + size);
	if (archive_entry_filetype(entry) == AE_IFDIR || archive_entry_size(entry) <= 0)
		return;
	while (read_piece(entry, name, &pieces, &data, &size, &offset)) {
		FUZZ_EXPECT(size <= sizeof(copy));
		memcpy(copy, data, size); /* the sanitizer sees whether all of it is there */
		FUZZ_EXPECT(job.bytes <= job.charged && job.charged <= job.max_bytes);
	}
}

FUZZ(archive)
{
	autoclose int file = memfd_create("archive", MFD_CLOEXEC);

	if (size == 0 || file < 0 || write(file, data + 1, size - 1) != (ssize_t)size - 1 ||
		lseek(file, 0, SEEK_SET) < 0)
		return;
	job = (struct job){.is_layer = *data == 'l',
		.memory = 512,
		.max_bytes = MAX_BYTES,
		.max_entries = MAX_ENTRIES};
	if (setjmp(end) == 0)
		read_archive(file, each);
	FUZZ_EXPECT(job.entries <= MAX_ENTRIES + 1);
	archive_read_free(job.reader);
}
