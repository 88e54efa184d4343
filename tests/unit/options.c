/* options.c: what box run was asked for: engine/options.c. */
#define _GNU_SOURCE
#include "options.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "error.h"
#include "unit.h"

static int parse(struct options *options, const char *word, const char *value)
{
	char *argv[] = {(char *)"run", (char *)word, (char *)value, (char *)"image", NULL};

	*options = (struct options){0};
	return options_parse(options, 4, argv);
}

TEST(what_comes_after_the_image_is_the_command_s)
{
	char *argv[] = {(char *)"run", (char *)"--rm", (char *)"image", (char *)"ls", (char *)"-d",
		(char *)"--name=x", NULL};
	struct options options = {0};

	EXPECT_NUMBER(options_parse(&options, 6, argv), 0);
	EXPECT(options.remove && !options.detach);
	EXPECT_TEXT(options.image, "image");
	EXPECT_TEXT(options.command[0], "ls");
	EXPECT_TEXT(options.command[2], "--name=x");
	EXPECT_TEXT(options.name, NULL);
}

TEST(a_wrong_value_is_an_error_that_names_the_option)
{
	static const char *const wrong[][2] = {{"--memory", "-1"}, {"--memory", ""},
		{"--memory", "1e999"}, {"--memory-swap", "-2"}, {"--shm-size", "0"},
		{"--pids-limit", "-2"}, {"--pids-limit", "99999999999999999999"},
		{"--pids-limit", "1.5"}, {"--cpus", "-1"}, {"--cpus", "nan"}, {"--cpus", "0.001"},
		{"--cpus", "1e9"}, {"--cpus", "999999999"}, {"--ulimit", "nofile"},
		{"--ulimit", "nofile="}, {"--ulimit", "=1"}, {"--ulimit", "none=1"},
		{"--ulimit", "nofile=2:1"}, {"--ulimit", "nofile=1:2:3"}, {"--ulimit", "nofile=-2"},
		{"--ulimit", "nofile=99999999999999999999"}, {"--volume", ""}, {"--volume", ":"},
		{"--volume", "/"}, {"--volume", ":/x"}, {"--volume", "/:/"}, {"--volume", "/:/./"},
		{"--volume", "/:x"}, {"--volume", "/:/x:rx"}, {"--tmpfs", ""}, {"--tmpfs", "/"},
		{"--tmpfs", "x"}, {"--tmpfs", "//.//:ro"}, {"--env", ""}, {"--env", "=x"},
		{"--network", "bridge"}, {"--stop-signal", "0"}, {"--stop-signal", "SIG"},
		{"--log-opt", "max-size=0"}, {"--log-opt", "max-file=1"},
		{"--cap-add", "NONE_SUCH"}, {"--cap-drop", ""}, {"--security-opt", "seccomp="},
		{"--name", ""}, {"--user", ""}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct options options;
		char text[64];

		snprintf(text, sizeof(text), "%s=%s", wrong[i][0], wrong[i][1]);
		unit_case(text);
		EXPECT_NUMBER(parse(&options, wrong[i][0], wrong[i][1]), -1);
		EXPECT(strncmp(failure(), wrong[i][0], strlen(wrong[i][0])) == 0);
	}
}

TEST(limits_are_read_and_no_limit_has_its_words)
{
	struct options options;

	EXPECT_NUMBER(parse(&options, "--memory", "4294967297"), 0);
	EXPECT_NUMBER(options.limits.memory, 4294967297LL);
	EXPECT_NUMBER(parse(&options, "--memory-swap", "-1"), 0);
	EXPECT_NUMBER(options.limits.memory_swap, -1);
	EXPECT_NUMBER(parse(&options, "--pids-limit", "-1"), 0);
	EXPECT_NUMBER(options.limits.pids, 0);
	EXPECT_NUMBER(parse(&options, "--cpus", "0.5"), 0);
	EXPECT_NUMBER(options.limits.cpu_quota, 50000);
	EXPECT_NUMBER(parse(&options, "--ulimit", "nofile=1:unlimited"), 0);
	EXPECT_NUMBER(options.n_rlimits, 1);
	EXPECT_NUMBER(options.rlimits[0].limit.rlim_cur, 1);
	EXPECT(options.rlimits[0].limit.rlim_max == RLIM_INFINITY);
}

TEST(an_env_file_has_a_variable_a_line_and_says_which_line_is_wrong)
{
	struct options options;

	unit_text_file("env", "\xef\xbb\xbf"
			      "A=1\r\n# no\n\n \t# nor this\n  B= x = y \nA=2");
	EXPECT_NUMBER(parse(&options, "--env-file", "env"), 0);
	EXPECT_NUMBER(options.file_env.n, 2);
	EXPECT_TEXT(options.file_env.list[0], "A=2");
	EXPECT_TEXT(options.file_env.list[1], "B= x = y ");
	unit_text_file("env", "A=1\nexport B=2\n");
	EXPECT_ERROR(parse(&options, "--env-file", "env"),
		"--env-file: env: line 2: export B: a variable's name cannot contain a blank");
	unit_text_file("env", "=\n");
	EXPECT_ERROR(parse(&options, "--env-file", "env"),
		"--env-file: env: line 1: =: a variable without a name");
	EXPECT_ERROR(parse(&options, "--env-file", "none"),
		"--env-file: none: No such file or directory");
}

TEST(options_that_were_kept_are_read_again_as_they_were)
{
	char *argv[] = {(char *)"run", (char *)"-d", (char *)"--memory=1g", (char *)"--memory=2g",
		(char *)"-e", (char *)"A=\n x", (char *)"image", (char *)"sh", (char *)"-c",
		(char *)"", NULL};
	struct options options = {0}, again = {0};
	int dir = unit_folder();

	EXPECT_NUMBER(options_parse(&options, 10, argv), 0);
	EXPECT_NUMBER(options_save(&options, "ID", dir), 0);
	EXPECT_NUMBER(options_load(&again, dir), 0);
	EXPECT(again.detach && !again.remove);
	EXPECT_NUMBER(again.limits.memory, 2LL << 30);
	EXPECT_NUMBER(again.lines.n, 2);
	EXPECT_TEXT(again.env.list[0], "A=\n x");
	EXPECT_TEXT(again.image, "ID");
	EXPECT_TEXT(again.command[1], "-c");
	EXPECT_TEXT(again.command[2], "");
	EXPECT_TEXT(again.command[3], NULL);
	unit_text_file("options", "");
	EXPECT_NUMBER(options_load(&again, dir), -1);
	unit_text_file("options", "/");
	EXPECT_ERROR(options_load(&again, dir), "options: damaged");
}
