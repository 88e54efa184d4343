/* text.c: names of mountinfo, and numbers for people: base/text.c. */
#define _GNU_SOURCE
#include "text.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "unit.h"

TEST(names_of_mountinfo_have_their_blanks_again)
{
	static const struct {
		const char *text, *name;
	} names[] = {{"", ""}, {"/plain", "/plain"}, {"/a\\040b", "/a b"},
		{"/tab\\011end", "/tab\tend"}, {"/line\\012", "/line\n"}, {"/\\134040", "/\\040"},
		{"\\134\\134", "\\\\"}, {"/hash\\043", "/hash#"}, {"\\303\\251", "\xc3\xa9"},
		{"\\040\\040", "  "}, {"\\0400", " 0"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char text[64];

		unit_case(names[i].text);
		snprintf(text, sizeof(text), "%s", names[i].text);
		unescape_octal(text);
		EXPECT_TEXT(text, names[i].name);
	}
}

TEST(a_backslash_without_three_octal_digits_is_one)
{
	static const char *const names[] = {"\\", "a\\", "\\0", "\\04", "\\04x", "\\08", "\\089",
		"\\x40", "\\ 40", "\\-40", "\\+40", "\\n", "\\\xff\xff\xff"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char text[64];

		unit_case(names[i]);
		snprintf(text, sizeof(text), "%s", names[i]);
		unescape_octal(text);
		EXPECT_TEXT(text, names[i]);
	}
}

TEST(a_size_for_people_has_at_most_three_digits)
{
	char text[16];

	EXPECT_TEXT(human_size(0, text), "0 B");
	EXPECT_TEXT(human_size(999, text), "999 B");
	EXPECT_TEXT(human_size(1000, text), "1.0 kB");
	EXPECT_TEXT(human_size(1500000, text), "1.5 MB");
	EXPECT_TEXT(human_size(9949, text), "9.9 kB");
	EXPECT_TEXT(human_size(9950, text), "10 kB");
	EXPECT_TEXT(human_size(999500, text), "1.0 MB");
	EXPECT_TEXT(human_size(UINT64_MAX, text), "18 EB");
	EXPECT_TEXT(memory_size(1023, text), "1023 B");
	EXPECT_TEXT(memory_size(1024, text), "1.0 KiB");
	EXPECT_TEXT(memory_size((uint64_t)3 << 19, text), "1.5 MiB");
	EXPECT_TEXT(memory_size(((uint64_t)1 << 32) + 1, text), "4.0 GiB");
	EXPECT_TEXT(memory_size(UINT64_MAX, text), "16 EiB");
}
