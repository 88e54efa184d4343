/* user.c: names of the image's passwd and group: core/user.c. */
#define _GNU_SOURCE
#include "user.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "unit.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "\n"
			     ":x:5:5::/none:\n"
			     "daemon:x:1:1:daemon:/usr/sbin:/bin/false\n"
			     "1000:x:0:0:a name that looks like a number:/evil:/bin/sh\n"
			     "short:x:20:30\n"
			     "bare:x:21\n"
			     "none:x:4294967295:1::/:\n"
			     "wraps:x:4294967296:1::/:\n"
			     "twice:x:18446744073709551617:1::/:\n"
			     "minus:x:-1:1::/:\n"
			     "words:x:zero:1::/:\n"
			     "nogroup:x:40:4294967295::/:\n"
			     "user:x:50:60:User:/home/user:/bin/sh\n"
			     "user:x:51:61:second:/home/second:/bin/sh\n"
			     "last:x:70:80::/home/last:/bin/sh"; /* no newline */

static const char group[] = "root:x:0:\n"
			    "bad\n"
			    "wraps:x:4294967296:user\n"
			    "minus:x:-5:user\n"
			    "60:x:0:\n"
			    "audio:x:29:user,last\n"
			    "video:x:44:users,xuser,user \n"
			    "games:x:45:last,user\n";

/* Looks NAME up; the working folder is the root. The groups are written into GROUPS. */
static int find(const char *name, struct user *user, char groups[128])
{
	autoclose int root = unit_folder();
	int result = user_find(root, name, user);
	size_t length = 0;

	unit_case(name);
	groups[0] = '\0';
	for (size_t i = 0; i < user->n_groups && length < 100; i++)
		length += snprintf(
			groups + length, 128 - length, "%s%u", i ? " " : "", user->groups[i]);
	user_free(user);
	return result;
}

TEST(a_user_has_the_IDs_home_and_groups_of_the_files)
{
	static const struct {
		const char *name;
		unsigned uid, gid;
		const char *home, *groups;
	} users[] = {{NULL, 0, 0, "/root", "0"}, {"", 0, 0, "/root", "0"},
		{"root", 0, 0, "/root", "0"}, {"daemon", 1, 1, "/usr/sbin", "1"},
		{"short", 20, 30, "/", "30"}, {"user", 50, 60, "/home/user", "60 29 45"},
		{"50", 50, 60, "/home/user", "60 29 45"},
		{"last", 70, 80, "/home/last", "80 29 45"},
		{"user:", 50, 60, "/home/user", "60 29 45"},
		{"user:audio", 50, 29, "/home/user", "29"}, {"user:7", 50, 7, "/home/user", "7"},
		{":audio", 0, 29, "/root", "29"}, {"bare:7", 21, 7, "/", "7"},
		{"nogroup:7", 40, 7, "/", "7"}, {"12345", 12345, 0, "/", "0"},
		{"12345:54321", 12345, 54321, "/", "54321"},
		{"4294967294", 4294967294, 0, "/", "0"}};

	unit_text_file("etc/passwd", passwd);
	unit_text_file("etc/group", group);
	for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++) {
		struct user user;
		char groups[128];

		EXPECT_NUMBER(find(users[i].name, &user, groups), 0);
		EXPECT_NUMBER(user.uid, users[i].uid);
		EXPECT_NUMBER(user.gid, users[i].gid);
		EXPECT_TEXT(user.home, users[i].home);
		EXPECT_TEXT(groups, users[i].groups);
	}
}

TEST(a_number_is_an_ID_even_where_a_name_looks_like_it)
{
	struct user user;
	char groups[128];

	unit_text_file("etc/passwd", passwd);
	unit_text_file("etc/group", group);
	EXPECT_NUMBER(find("1000", &user, groups), 0);
	EXPECT_NUMBER(user.uid, 1000);
	EXPECT_NUMBER(find("root:60", &user, groups), 0);
	EXPECT_NUMBER(user.gid, 60);
}

TEST(an_ID_that_is_none_is_an_error_and_never_another_one)
{
	static const char *const names[] = {"none", "wraps", "twice", "minus", "words", "bare",
		"nogroup", "4294967295", "4294967296", "18446744073709551617", "-1", "+1", " 1",
		"0x0", "nobody", "user:wraps", "user:minus", "user:nobody", "user:-1",
		"user:4294967295", "user:4294967297", "user:audio:video", "::", "# a comment"};

	unit_text_file("etc/passwd", passwd);
	unit_text_file("etc/group", group);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct user user;
		char groups[128];

		EXPECT_NUMBER(find(names[i], &user, groups), -1);
	}
	unit_case(NULL);
	EXPECT_ERROR(find("wraps", &(struct user){0}, (char[128]){0}),
		"user wraps: \"4294967296\" in the image's /etc/passwd is no user ID");
	EXPECT_ERROR(find("user:nobody", &(struct user){0}, (char[128]){0}),
		"group nobody: not in the image's /etc/group");
}

TEST(an_image_without_the_files_has_numbers_alone)
{
	struct user user;
	char groups[128];

	EXPECT_NUMBER(find("7:8", &user, groups), 0);
	EXPECT_NUMBER(user.uid, 7);
	EXPECT_NUMBER(user.gid, 8);
	EXPECT_NUMBER(find(NULL, &user, groups), 0);
	EXPECT_NUMBER(user.uid, 0);
	EXPECT_TEXT(user.home, "/");
	EXPECT_ERROR(find("root", &user, groups), "user root: not in the image's /etc/passwd");
}

TEST(files_that_are_none_are_refused_and_not_waited_for)
{
	struct user user;
	char groups[128];

	EXPECT(mkdir("etc", 0755) == 0 && mkfifo("etc/passwd", 0644) == 0);
	EXPECT_ERROR(find("root", &user, groups),
		"the image's /etc/passwd: not a file of a reasonable size");
	EXPECT(unlink("etc/passwd") == 0 && mkdir("etc/passwd", 0755) == 0);
	EXPECT_ERROR(find("root", &user, groups),
		"the image's /etc/passwd: not a file of a reasonable size");
	EXPECT(rmdir("etc/passwd") == 0 && symlink("passwd", "etc/passwd") == 0);
	EXPECT_NUMBER(find("7", &user, groups), 0);
	EXPECT(unlink("etc/passwd") == 0);
	unit_text_file("etc/passwd", "");
	EXPECT(truncate("etc/passwd", (4 << 20) + 1) == 0);
	EXPECT_ERROR(find("root", &user, groups),
		"the image's /etc/passwd: not a file of a reasonable size");
}

TEST(a_symlink_of_the_image_does_not_lead_out_of_it)
{
	struct user user;
	char groups[128];

	unit_text_file("inside", "inside:x:9:9::/inside:\n");
	EXPECT(mkdir("etc", 0755) == 0 && symlink("../../../inside", "etc/passwd") == 0);
	EXPECT_NUMBER(find("inside", &user, groups), 0);
	EXPECT_NUMBER(user.uid, 9);
	EXPECT(unlink("etc/passwd") == 0 && symlink("/inside", "etc/passwd") == 0);
	EXPECT_NUMBER(find("inside", &user, groups), 0);
	EXPECT_TEXT(user.home, "/inside");
}

TEST(hostile_lines_are_passed_by)
{
	static const char lines[] = "a\0:x:1:1::/nul:\n:::::::::::::\n\xff\xfe:x:3:3::/bytes:\n"
				    "ok:x:4:4::/ok:\r\n";
	struct user user;
	char groups[128], long_home[5200];

	unit_file("etc/passwd", lines, sizeof(lines) - 1);
	EXPECT_NUMBER(find("a", &user, groups), -1);
	EXPECT_NUMBER(find("\xff\xfe", &user, groups), 0);
	EXPECT_NUMBER(user.uid, 3);
	EXPECT_NUMBER(find("ok", &user, groups), 0);
	EXPECT_TEXT(user.home, "/ok");
	memset(long_home, 'h', sizeof(long_home));
	memcpy(long_home, "long:x:5:5::/", 13);
	unit_file("etc/passwd", long_home, sizeof(long_home));
	EXPECT_NUMBER(find("long", &user, groups), 0);
	EXPECT_TEXT(user.home, "/"); /* longer than a path can be */
}

TEST(a_user_is_in_as_many_groups_as_the_kernel_takes)
{
	autofree char *text = unit_memory(66000 * 16);
	struct user user;
	char groups[128];
	size_t length = 0;

	for (int i = 1; i < 66000; i++)
		length += sprintf(text + length, "g:x:%d:user\n", i);
	unit_text_file("etc/passwd", passwd);
	unit_file("etc/group", text, length);
	EXPECT_ERROR(find("user", &user, groups), "user user: in more than 65536 groups");
}

TEST(the_host_s_user_has_a_name_or_a_number)
{
	char name[64];

	user_name(4294967294U, name);
	EXPECT_TEXT(name, "4294967294");
}
