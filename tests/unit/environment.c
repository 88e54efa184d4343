/* environment.c: a list of environment variables: base/environment.c. */
#define _GNU_SOURCE
#include "environment.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "unit.h"

TEST(a_variable_is_set_and_a_later_one_replaces_it_at_its_place)
{
	struct strings env = {0};

	EXPECT_NUMBER(add_env(&env, "AB=2"), 0);
	EXPECT_NUMBER(add_env(&env, "A=1"), 0);
	EXPECT_NUMBER(add_env(&env, "a=3"), 0);
	EXPECT_NUMBER(add_env(&env, "A=4=5"), 0);
	EXPECT_NUMBER(env.n, 3);
	EXPECT_TEXT(env.list[0], "AB=2");
	EXPECT_TEXT(env.list[1], "A=4=5");
	EXPECT_TEXT(env.list[2], "a=3");
	EXPECT_TEXT(env.list[3], NULL);
}

TEST(a_value_may_be_empty_and_have_any_characters)
{
	static const char *const texts[] = {"A=", "B= ", "C==", "D=a:b", "E=\n", "F=\xff\x1b",
		"with blank=1", "-x=1", "\xc3\xa9=1"};
	struct strings env = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		unit_case(texts[i]);
		EXPECT_NUMBER(add_env(&env, texts[i]), 0);
		EXPECT_NUMBER(env.n, i + 1);
		EXPECT_TEXT(env.list[i], texts[i]);
	}
}

TEST(a_name_alone_takes_the_caller_s_value_if_there_is_one)
{
	struct strings env = {0};

	setenv("UNIT_SET", "value", 1);
	setenv("UNIT_EMPTY", "", 1);
	unsetenv("UNIT_UNSET");
	EXPECT_NUMBER(add_env(&env, "UNIT_SET"), 0);
	EXPECT_NUMBER(add_env(&env, "UNIT_EMPTY"), 0);
	EXPECT_NUMBER(add_env(&env, "UNIT_UNSET"), 0);
	EXPECT_NUMBER(env.n, 2);
	EXPECT_TEXT(env.list[0], "UNIT_SET=value");
	EXPECT_TEXT(env.list[1], "UNIT_EMPTY=");
}

TEST(a_variable_without_a_name_is_an_error)
{
	struct strings env = {0};

	EXPECT_ERROR(add_env(&env, ""), ": a variable without a name");
	EXPECT_ERROR(add_env(&env, "="), "=: a variable without a name");
	EXPECT_ERROR(add_env(&env, "=A"), "=A: a variable without a name");
	EXPECT_NUMBER(env.n, 0);
}

TEST(a_thousand_variables_fit_and_so_does_a_long_one)
{
	static char text[200001];
	struct strings env = {0};
	char line[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(line, sizeof(line), "N%d=%d", i % 1000, i);
		EXPECT_NUMBER(add_env(&env, line), 0);
	}
	EXPECT_NUMBER(env.n, 1000);
	EXPECT_TEXT(env.list[999], "N999=1999");
	memset(text, 'v', sizeof(text) - 1);
	memcpy(text, "N0=", 3);
	EXPECT_NUMBER(add_env(&env, text), 0);
	EXPECT_TEXT(env.list[0], text);
}
