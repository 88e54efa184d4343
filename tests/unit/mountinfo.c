/* mountinfo.c: lines of /proc/self/mountinfo: core/mountinfo.c. */
#define _GNU_SOURCE
#include "mountinfo.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static bool read_line(const char *text, char line[512], struct mountinfo *mount)
{
	unit_case(text);
	snprintf(line, 512, "%s", text);
	return mountinfo_read(line, mount);
}

TEST(a_line_of_mountinfo_has_its_fields_whatever_the_number_of_optional_ones)
{
	static const char *const optional[] = {
		"", "shared:1 ", "shared:1 master:2 propagate_from:3 unbindable "};

	for (size_t i = 0; i < sizeof(optional) / sizeof(*optional); i++) {
		struct mountinfo mount;
		char text[512], line[512];

		snprintf(text, sizeof(text),
			"36 -1 98:4294967295 /mnt1 /mnt2 rw,noatime %s- ext3 /dev/root rw,errors=continue\n",
			optional[i]);
		if (!EXPECT(read_line(text, line, &mount)))
			continue;
		EXPECT_NUMBER(mount.id, 36);
		EXPECT_NUMBER(mount.parent, -1);
		EXPECT_NUMBER(mount.major, 98);
		EXPECT_NUMBER(mount.minor, 4294967295);
		EXPECT_TEXT(mount.root, "/mnt1");
		EXPECT_TEXT(mount.target, "/mnt2");
		EXPECT_TEXT(mount.type, "ext3");
		EXPECT_TEXT(mount.options, "rw,errors=continue");
	}
}

TEST(a_name_in_mountinfo_may_have_any_characters)
{
	struct mountinfo mount;
	char line[512];

	EXPECT(read_line(
		"1 2 0:5 /a\\040-\\040b /t\\011\\012\\134040\\043 rw - cgroup none rw,memory", line,
		&mount));
	EXPECT_TEXT(mount.root, "/a - b");
	EXPECT_TEXT(mount.target, "/t\t\n\\040#");
	EXPECT(read_line("1 2 0:5 / /\xff\\9\\04\\ rw - cgroup none rw", line, &mount));
	EXPECT_TEXT(mount.target, "/\xff\\9\\04\\");
}

TEST(a_mount_s_source_may_be_empty_and_its_options_may_have_blanks)
{
	struct mountinfo mount;
	char line[512];

	EXPECT(read_line("1 2 0:5 / /x rw - tmpfs  rw,size=1k", line, &mount));
	EXPECT_TEXT(mount.type, "tmpfs");
	EXPECT_TEXT(mount.options, "rw,size=1k");
	EXPECT(read_line("1 2 0:5 / /x rw - fuse.x a rw, with a blank", line, &mount));
	EXPECT_TEXT(mount.options, "rw, with a blank");
}

TEST(a_line_that_is_not_of_mountinfo_is_told_from_one_that_is)
{
	static const char *const lines[] = {"", "\n", " ", "1", "1 2 0:5", "1 2 0:5 ", "1 2 0:5 /",
		"1 2 0:5 / ", "1 2 0:5 / /x", "1 2 0:5 / /x ", "1 2 0:5 / /x rw",
		"1 2 0:5 / /x rw -", "1 2 0:5 / /x rw - ", "1 2 0:5 / /x rw - ext4",
		"1 2 0:5 / /x rw - ext4 ", "1 2 0:5 / /x rw - ext4 none",
		"1 2 0:5 / /x rw -  none rw", "1 2 0 / /x rw - ext4 none rw",
		"a 2 0:5 / /x rw - ext4 none rw", "1 2 0:x / /x rw - ext4 none rw",
		"/dev/sda / ext4 rw 0 0", "1 2 0:5 / /x rw\n - ext4 none rw"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct mountinfo mount;
		char line[512];

		EXPECT(!read_line(lines[i], line, &mount));
	}
}
