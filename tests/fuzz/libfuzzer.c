/* libfuzzer.c: what makes a program of libFuzzer of a target, the only one in it. */
#include <stddef.h>
#include <stdint.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_targets[0].run(data, size);
	return 0;
}
