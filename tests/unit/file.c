/* file.c: files that are read and written as a whole: base/file.c. */
#define _GNU_SOURCE
#include "file.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "unit.h"

TEST(a_file_is_read_to_its_end_whatever_its_size)
{
	static const size_t sizes[] = {0, 1, 2, 4095, 4096, 4097, 8191, 8192, 100000};
	autofree char *data = unit_memory(100000);

	memset(data, 'x', 100000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		autofree char *text = NULL, *all = NULL;
		char name[16];

		snprintf(name, sizeof(name), "%zu", sizes[i]);
		unit_case(name);
		unit_file("file", data, sizes[i]);
		text = read_file_at(AT_FDCWD, "file", 100000);
		if (EXPECT(text != NULL))
			EXPECT_NUMBER(strlen(text), sizes[i]);
		all = read_file_at(AT_FDCWD, "file", sizes[i]);
		EXPECT(all != NULL);
		if (sizes[i] > 0)
			EXPECT(!read_file_at(AT_FDCWD, "file", sizes[i] - 1));
	}
}

TEST(a_file_whose_size_the_kernel_does_not_tell_is_read_to_its_end)
{
	autofree char *text = read_file_at(AT_FDCWD, "/proc/self/smaps", 64 << 20);
	struct stat st;

	EXPECT(stat("/proc/self/smaps", &st) == 0 && st.st_size == 0);
	EXPECT(text && strlen(text) > 8192);
}

TEST(what_is_no_file_is_an_error_and_not_waited_for)
{
	EXPECT(mkfifo("fifo", 0644) == 0 && mkdir("folder", 0755) == 0);
	EXPECT(!read_file_at(AT_FDCWD, "fifo", 10));
	EXPECT(!read_file_at(AT_FDCWD, "folder", 10));
	EXPECT(!read_file_at(AT_FDCWD, "/dev/zero", 10));
	EXPECT(!read_file_at(AT_FDCWD, "none", 10));
}
