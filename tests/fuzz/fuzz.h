/* fuzz.h: the frame of the fuzz targets. A target is a function that gets bytes of any kind, and
 * ends: the fuzzer looks for those with which it crashes, hangs, or finds something wrong.
 *
 *   FUZZ(mountinfo)
 *   {
 *           autofree char *text = fuzz_text(data, size);
 *
 *           ...
 *   }
 *
 * Each target is a file of its own, and a program of its own for `make fuzz`. `make unit` has all
 * of them, and gives them what lies in tests/fuzz/corpus. The working folder is an empty one that
 * is removed afterwards. A target runs many thousands of times in one process, and leaves nothing
 * but files that it writes anew the next time. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ(name)                                                                                 \
	static void fuzz_##name(const uint8_t *data, size_t size);                                 \
	__attribute__((constructor)) static void add_##name(void)                                  \
	{                                                                                          \
		fuzz_add(__FILE__, fuzz_##name);                                                   \
	}                                                                                          \
	static void fuzz_##name(const uint8_t *data, size_t size)

struct fuzz_target {
	char name[32]; /* of its file, without the folder and ".c", and of its corpus */
	void (*run)(const uint8_t *data, size_t size);
};

/* The targets of this program add themselves, before main(). */
enum { MAX_FUZZ_TARGETS = 20 };
extern struct fuzz_target fuzz_targets[MAX_FUZZ_TARGETS];
extern size_t n_fuzz_targets;
void fuzz_add(const char *file, void (*run)(const uint8_t *data, size_t size));

/* Ends the program, which the fuzzer takes as a finding, unless the condition IS true. */
#define FUZZ_EXPECT(is) ((is) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #is))
__attribute__((noreturn)) void fuzz_failed(const char *file, int line, const char *what);

/* A copy with a NUL at its end, which the caller frees. It has just that size, so that the
 * sanitizer sees a read behind it. */
char *fuzz_text(const uint8_t *data, size_t size) __attribute__((returns_nonnull));

/* Makes the file NAME of the working folder. The folder that it is in is there. */
void fuzz_file(const char *name, const void *data, size_t size);

/* Returns the first part of what is left of DATA, and sets *LENGTH to its bytes: parts are
 * separated by lines of
 * "====". Sets *DATA and *SIZE to what is behind it, *DATA to NULL behind the last part. */
const uint8_t *fuzz_part(const uint8_t **data, size_t *size, size_t *length);

#endif
