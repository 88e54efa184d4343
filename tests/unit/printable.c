/* printable.c: text of others that is shown on a terminal: base/printable.c. */
#define _GNU_SOURCE
#include "printable.h"

#include <stddef.h>
#include <stdio.h>

#include "unit.h"

struct example {
	const char *text, *shown;
};

static void expect_shown(const struct example *examples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[64];

		unit_case(examples[i].text);
		snprintf(text, sizeof(text), "%s", examples[i].text);
		make_printable(text);
		EXPECT_TEXT(text, examples[i].shown);
	}
}

#define EXPECT_SHOWN(examples) expect_shown(examples, sizeof(examples) / sizeof(*(examples)))

TEST(text_in_UTF_8_stays_as_it_is)
{
	static const struct example examples[] = {{"", ""}, {"plain ~ text", "plain ~ text"},
		{"h\xc3\xa9t\xc3\xa9", "h\xc3\xa9t\xc3\xa9"}, {"\xc2\xa0", "\xc2\xa0"}, /* U+00A0 */
		{"\xdf\xbf", "\xdf\xbf"}, /* U+07FF */
		{"\xe0\xa0\x80", "\xe0\xa0\x80"}, /* U+0800 */
		{"\xe2\x82\xac", "\xe2\x82\xac"}, /* U+20AC */
		{"\xed\x9f\xbf", "\xed\x9f\xbf"}, /* U+D7FF, before the surrogates */
		{"\xee\x80\x80", "\xee\x80\x80"}, /* U+E000, after them */
		{"\xef\xbf\xbf", "\xef\xbf\xbf"}, /* U+FFFF */
		{"\xf0\x90\x80\x80", "\xf0\x90\x80\x80"}, /* U+10000 */
		{"\xf0\x9f\x93\xa6", "\xf0\x9f\x93\xa6"}, /* U+1F4E6 */
		{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"}}; /* U+10FFFF, the last */

	EXPECT_SHOWN(examples);
}

TEST(what_commands_a_terminal_becomes_question_marks)
{
	static const struct example examples[] = {{"a\nb\tc\r", "a?b?c?"}, {"\x1b[2J", "?[2J"},
		{"\x7f\x01\x1f", "???"}, {"\xc2\x9b[J", "??[J"}, {"\xc2\x80", "??"},
		{"\xc2\x9f", "??"}};

	EXPECT_SHOWN(examples);
}

TEST(bytes_that_are_no_UTF_8_become_question_marks)
{
	static const struct example examples[] = {{"\x80", "?"}, {"\xbf", "?"}, {"\xff\xfe", "??"},
		{"\x9b[J", "?[J"}, {"\xc3", "?"}, {"\xc3(", "?("}, {"\xe2\x82", "??"},
		{"\xe2(\xac", "?(?"}, {"\xf0\x9f\x93", "???"}, {"\xf5\x80\x80\x80", "????"},
		{"\xf8\x88\x80\x80\x80", "?????"}};

	EXPECT_SHOWN(examples);
}

/* A reader that takes these would see ESC, or the C1 control CSI, where this one saw none. */
TEST(overlong_sequences_are_no_UTF_8)
{
	static const struct example examples[] = {{"\xc0\x9b", "??"}, {"\xc1\xbf", "??"},
		{"\xe0\x80\x9b", "???"}, {"\xe0\x82\x9b", "???"}, {"\xe0\x9f\xbf", "???"},
		{"\xf0\x80\x80\x9b", "????"}, {"\xf0\x80\x82\x9b", "????"},
		{"\xf0\x8f\xbf\xbf", "????"}};

	EXPECT_SHOWN(examples);
}

TEST(surrogates_and_what_is_above_the_last_character_are_no_UTF_8)
{
	static const struct example examples[] = {{"\xed\xa0\x80", "???"}, {"\xed\xbf\xbf", "???"},
		{"\xf4\x90\x80\x80", "????"}, {"\xf4\xbf\xbf\xbf", "????"}};

	EXPECT_SHOWN(examples);
}
