/* logs.c: what a container in the background has written, line by line: engine/logs.c. */
#define _GNU_SOURCE
#include "logs.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"
#include "unit.h"

enum { LONGEST = 8192 - 64 }; /* a longer line is in parts */

/* The file NAME, with all times, which have 30 characters, as a T. The caller frees it. */
static char *without_times(const char *name)
{
	autofree char *text = read_file_at(AT_FDCWD, name, 64 << 20);
	char *all = text ? unit_memory(strlen(text) + 1) : NULL, *to = all;

	for (char *line = text; all && *line;) {
		size_t length = strcspn(line, "\n") + 1;

		EXPECT(length > 31 && line[10] == 'T' && line[29] == 'Z' && line[30] == ' ');
		if (length < 31)
			break;
		*to++ = 'T';
		memcpy(to, line + 30, length - 30);
		to += length - 30;
		line += length;
	}
	if (all)
		*to = '\0';
	return all;
}

static void write_text(struct log *log, int stream, const char *text)
{
	log_write(log, stream, text, strlen(text));
}

/* Prints the log into the files out and err. */
static void print(int64_t tail, bool times)
{
	autoclose int dir = unit_folder();
	int out = dup(1), err = dup(2);

	fflush(NULL);
	EXPECT(freopen("out", "w", stdout) && freopen("err", "w", stderr));
	log_print(dir, tail, times, NULL, NULL);
	fflush(NULL);
	dup2(out, 1);
	dup2(err, 2);
}

static void expect_printed(int64_t tail, const char *out, const char *err)
{
	autofree char *written = NULL, *errors = NULL;

	print(tail, false);
	written = read_file_at(AT_FDCWD, "out", 64 << 20);
	errors = read_file_at(AT_FDCWD, "err", 64 << 20);
	EXPECT_TEXT(written, out);
	EXPECT_TEXT(errors, err);
}

TEST(each_line_has_its_time_and_its_stream_and_a_part_is_marked)
{
	struct log log;

	EXPECT_NUMBER(log_open(&log, unit_folder(), 1 << 20), 0);
	write_text(&log, 1, "one\ntwo\n\n");
	write_text(&log, 2, "error");
	write_text(&log, 1, "beside\n");
	write_text(&log, 2, " ends\n");
	write_text(&log, 1, "");
	EXPECT_TEXT(without_times("log"),
		"T stdout F one\nT stdout F two\nT stdout F \n"
		"T stderr P error\nT stdout F beside\nT stderr F  ends\n");
	expect_printed(-1, "one\ntwo\n\nbeside\n", "error ends\n");
	log_close(&log);
}

TEST(bytes_of_all_kinds_come_back_as_they_were)
{
	static const char data[] = "a\0b\n\xff\xfe\x1b[2J\n stdout F \n\r\n";
	autofree char *out = NULL;
	struct log log;

	EXPECT_NUMBER(log_open(&log, unit_folder(), 1 << 20), 0);
	log_write(&log, 1, data, sizeof(data) - 1);
	log_close(&log);
	print(-1, false);
	out = read_file_at(AT_FDCWD, "out", 1 << 20);
	EXPECT(out && memcmp(out, data, sizeof(data)) == 0);
}

TEST(a_long_line_is_in_parts_and_comes_back_whole)
{
	static const size_t sizes[] = {
		LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST, 2 * LONGEST + 1, 100000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char *line = unit_memory(sizes[i] + 2), name[32];
		struct log log;

		snprintf(name, sizeof(name), "%zu bytes", sizes[i]);
		unit_case(name);
		memset(line, 'x', sizes[i]);
		strcpy(line + sizes[i], "\n");
		unlink("log");
		EXPECT_NUMBER(log_open(&log, unit_folder(), 1 << 20), 0);
		log_write(&log, 1, line, sizes[i] + 1);
		log_close(&log);
		expect_printed(-1, line, "");
		expect_printed(1, line, "");
		free(line);
	}
}

TEST(the_last_lines_are_counted_by_their_ends)
{
	struct log log;

	EXPECT_NUMBER(log_open(&log, unit_folder(), 1 << 20), 0);
	write_text(&log, 1, "one\ntwo\nthr");
	write_text(&log, 1, "ee\nfour");
	log_close(&log);
	expect_printed(0, "", "");
	expect_printed(1, "four", "");
	expect_printed(2, "three\nfour", "");
	expect_printed(3, "two\nthree\nfour", "");
	expect_printed(4, "one\ntwo\nthree\nfour", "");
	expect_printed(99, "one\ntwo\nthree\nfour", "");
	expect_printed(INT64_MAX, "one\ntwo\nthree\nfour", "");
}

TEST(a_full_log_becomes_the_old_one_and_both_are_printed)
{
	struct log log;

	EXPECT_NUMBER(log_open(&log, unit_folder(), 100), 0);
	write_text(&log, 1, "one\n");
	write_text(&log, 1, "two\n");
	write_text(&log, 1, "three\n");
	log_close(&log);
	EXPECT_TEXT(without_times("log.1"), "T stdout F one\nT stdout F two\n");
	EXPECT_TEXT(without_times("log"), "T stdout F three\n");
	expect_printed(-1, "one\ntwo\nthree\n", "");
	expect_printed(2, "two\nthree\n", "");
}

TEST(lines_that_were_torn_or_are_none_are_passed_by)
{
	unit_text_file("log",
		"\n \n  \nnonsense\nT stdout\nT stdout F\nT stdout F text\n"
		"T other F as stdout\n\xff\xff \xff P \xff\nT stdout F end\nT stdout F to");
	expect_printed(-1,
		"text\nas stdout\n\xff"
		"end\n",
		"");
	unit_text_file("log", "");
	expect_printed(-1, "", "");
	expect_printed(5, "", "");
	unlink("log");
	expect_printed(-1, "", "");
}

TEST(the_times_are_at_the_beginning_of_lines_alone)
{
	autofree char *out = NULL;

	unit_text_file("log", "T1 stdout P a\nT2 stdout F b\nT3 stdout F c\n");
	print(-1, true);
	out = read_file_at(AT_FDCWD, "out", 1 << 20);
	EXPECT_TEXT(out, "T1 ab\nT3 c\n");
}
