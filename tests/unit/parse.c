/* parse.c: words that people type: base/parse.c. */
#define _GNU_SOURCE
#include "parse.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "unit.h"

static const char *error_of(const char *text, const char *error)
{
	static char all[256];

	snprintf(all, sizeof(all), "%s: %s", text, error);
	return all;
}

TEST(a_size_has_a_unit_of_powers_of_1024_in_all_its_spellings)
{
	static const struct {
		const char *text;
		int64_t size;
	} sizes[] = {{"1", 1}, {"64", 64}, {"64b", 64}, {"64B", 64}, {"1k", 1 << 10},
		{"1K", 1 << 10}, {"1kb", 1 << 10}, {"1KiB", 1 << 10}, {"1Ki", 1 << 10},
		{"512m", 512 << 20}, {"1.5M", 3 << 19}, {"0.5k", 512}, {"3g", 3LL << 30},
		{"2t", 2LL << 40}, {"1p", 1LL << 50}, {"007", 7}, {"1.", 1}, {".5k", 512},
		{"4294967297", (1LL << 32) + 1}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int64_t size = -7, other = -7;

		unit_case(sizes[i].text);
		EXPECT_NUMBER(parse_size(sizes[i].text, &size), 0);
		EXPECT_NUMBER(size, sizes[i].size);
		EXPECT_NUMBER(parse_size_or_none(sizes[i].text, &other), 0);
		EXPECT_NUMBER(other, sizes[i].size);
	}
}

TEST(what_is_no_size_is_an_error_that_names_it)
{
	static const char *const texts[] = {"", " ", " 1", "1 ", "1 k", "k", "b", ".", "-", "-1",
		"-1k", "+1", "1kk", "1kbb", "1bb", "1i", "1ib", "1x", "1e3", "1e999", "0x10", "inf",
		"nan", "1.5.5", "1,5", "1\n", "\xef\xbc\x91", "1KIBB"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int64_t size;

		unit_case(texts[i]);
		EXPECT_NUMBER(parse_size(texts[i], &size), -1);
		EXPECT_NUMBER(parse_size_or_none(texts[i], &size), -1);
	}
	unit_case(NULL);
	EXPECT_ERROR(parse_size("1e999", &(int64_t){0}), "1e999: not a size such as 512m");
}

TEST(a_size_that_does_not_fit_is_out_of_range)
{
	static const char *const texts[] = {"9000000000000000000", "18446744073709551616",
		"99999999999999999999999999999999999999999", "8192p", "9000000t", "0.5", "0.0001k"};
	int64_t size;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		EXPECT_ERROR(parse_size(texts[i], &size), error_of(texts[i], "out of range"));
		EXPECT_ERROR(
			parse_size_or_none(texts[i], &size), error_of(texts[i], "out of range"));
	}
}

TEST(zero_is_a_size_only_where_it_stands_for_none)
{
	int64_t size = -7;

	EXPECT_ERROR(parse_size("0", &size), "0: out of range");
	EXPECT_ERROR(parse_size("0k", &size), "0k: out of range");
	EXPECT_NUMBER(parse_size_or_none("0", &size), 0);
	EXPECT_NUMBER(size, 0);
	size = -7;
	EXPECT_NUMBER(parse_size_or_none("0.0g", &size), 0);
	EXPECT_NUMBER(size, 0);
}

TEST(a_count_is_a_whole_number_of_at_least_the_least)
{
	static const char *const wrong[] = {"", "x", "1x", "1.5", "1e3", "0x10", "--1", "1 ",
		"9223372036854775808", "-9223372036854775809", "99999999999999999999999"};
	int64_t count = -7;

	EXPECT_NUMBER(parse_count("0", 0, &count), 0);
	EXPECT_NUMBER(count, 0);
	EXPECT_NUMBER(parse_count("-1", -1, &count), 0);
	EXPECT_NUMBER(count, -1);
	EXPECT_NUMBER(parse_count("9223372036854775807", 0, &count), 0);
	EXPECT_NUMBER(count, INT64_MAX);
	EXPECT_ERROR(parse_count("-1", 0, &count), "-1: not a number");
	EXPECT_ERROR(parse_count("0", 1, &count), "0: not a number");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		EXPECT_ERROR(parse_count(wrong[i], INT64_MIN, &count),
			error_of(wrong[i], "not a number"));
}

TEST(an_ID_is_digits_below_the_number_that_stands_for_none)
{
	static const char *const wrong[] = {"", " ", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0",
		"4294967295", "4294967296", "4294967297", "18446744073709551617", "00000000001",
		"root", "1:1", "1\n"};
	uint32_t id = 7;

	EXPECT(parse_id("0", &id));
	EXPECT_NUMBER(id, 0);
	EXPECT(parse_id("4294967294", &id));
	EXPECT_NUMBER(id, 4294967294U);
	EXPECT(parse_id("0000000010", &id)); /* no octal number */
	EXPECT_NUMBER(id, 10);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		id = 7;
		unit_case(wrong[i]);
		EXPECT(!parse_id(wrong[i], &id));
		EXPECT_NUMBER(id, 7);
	}
}

TEST(a_signal_has_its_names_in_any_case_and_its_number)
{
	static const struct {
		const char *text;
		int number;
	} signals[] = {{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"sigterm", SIGTERM},
		{"Term", SIGTERM}, {"kill", SIGKILL}, {"CHLD", SIGCHLD}, {"CLD", SIGCHLD},
		{"SIGIOT", SIGABRT}, {"IO", SIGIO}, {"POLL", SIGPOLL}, {"unused", SIGSYS},
		{"WINCH", SIGWINCH}, {"1", 1}, {"09", 9}, {"64", 64}};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		unit_case(signals[i].text);
		EXPECT_NUMBER(parse_signal(signals[i].text, 1), signals[i].number);
	}
	unit_case(NULL);
	EXPECT_NUMBER(parse_signal("0", 0), 0);
}

TEST(real_time_signals_are_counted_from_either_end)
{
	static const char *const wrong[] = {"RTMIN-1", "RTMAX+1", "RTMIN+", "RTMAX-", "RTMIN+99",
		"RTMIN+999999999999", "RTMAX-99", "RTMIN1", "RTMIN++1", "RTMIN+-1", "RTMIN+ 1",
		"RTMIN+1x", "RTMI", "RT"};

	EXPECT_NUMBER(parse_signal("RTMIN", 1), SIGRTMIN);
	EXPECT_NUMBER(parse_signal("SIGRTMIN", 1), SIGRTMIN);
	EXPECT_NUMBER(parse_signal("rtmin+3", 1), SIGRTMIN + 3);
	EXPECT_NUMBER(parse_signal("SIGRTMAX-2", 1), SIGRTMAX - 2);
	EXPECT_NUMBER(parse_signal("RTMAX", 1), SIGRTMAX);
	EXPECT_NUMBER(parse_signal("RTMIN+30", 1), SIGRTMAX);
	EXPECT_NUMBER(parse_signal("RTMAX-30", 1), SIGRTMIN);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		EXPECT_ERROR(parse_signal(wrong[i], 1), error_of(wrong[i], "no such signal"));
}

TEST(what_is_no_signal_is_an_error)
{
	static const char *const wrong[] = {"", "SIG", "SIGSIGTERM", "SIG9", "TERM ", " TERM",
		"T\xc3\x8aRM", "-1", "+9", "9x", "0x9", "65", "999", "1000", "4294967305",
		"99999999999999999999", "1e999"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		EXPECT_ERROR(parse_signal(wrong[i], 1), error_of(wrong[i], "no such signal"));
	EXPECT_ERROR(parse_signal("0", 1), "0: no such signal");
}
