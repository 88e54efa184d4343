/* unit.h: the frame of the unit tests. A test is a function whose name is a sentence:
 *
 *   TEST(a_size_may_have_a_unit)
 *   {
 *           int64_t size;
 *
 *           EXPECT_NUMBER(parse_size("1k", &size), 0);
 *           EXPECT_NUMBER(size, 1024);
 *   }
 *
 * It runs in a process of its own, for a minute at most, and its working folder is an empty one
 * that is removed afterwards. What it expects and does not get is printed, and the test goes on.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdbool.h>
#include <stddef.h>

#define TEST(name)                                                                                 \
	static void name(void);                                                                    \
	__attribute__((constructor)) static void add_##name(void)                                  \
	{                                                                                          \
		unit_add(__FILE__, #name, name);                                                   \
	}                                                                                          \
	static void name(void)

#define EXPECT(what) unit_expect((what), __FILE__, __LINE__, #what)
#define EXPECT_NUMBER(got, expected)                                                               \
	unit_expect_number((long long)(got), (long long)(expected), __FILE__, __LINE__, #got)

/* Texts are the same; NULL is one of its own. */
#define EXPECT_TEXT(got, expected) unit_expect_text((got), (expected), __FILE__, __LINE__, #got)

/* CALL returns -1, and has noted the error ERROR. */
#define EXPECT_ERROR(call, error)                                                                  \
	unit_expect_error((long long)(call), (error), __FILE__, __LINE__, #call)

/* What the expectations after it are about: a failure names it, too. Of a list of cases. */
void unit_case(const char *text);

/* The tests add themselves, before main(). */
void unit_add(const char *file, const char *name, void (*test)(void));

/* They return whether it is as it was expected. */
bool unit_expect(bool is, const char *file, int line, const char *what);
bool unit_expect_number(
	long long got, long long expected, const char *file, int line, const char *what);
bool unit_expect_text(
	const char *got, const char *expected, const char *file, int line, const char *what);
bool unit_expect_error(
	long long got, const char *error, const char *file, int line, const char *what);

/* Makes the file NAME of the working folder, and the folders on the way to it. */
void unit_file(const char *name, const void *data, size_t size);
void unit_text_file(const char *name, const char *text);

/* As malloc(3), but never NULL. */
void *unit_memory(size_t size) __attribute__((returns_nonnull));

/* A descriptor of the working folder. */
int unit_folder(void);

#endif
