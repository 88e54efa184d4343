/* mountinfo.c: lines of /proc/self/mountinfo: core/mountinfo.c. */
#define _GNU_SOURCE
#include "mountinfo.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cleanup.h"
#include "fuzz.h"

FUZZ(mountinfo)
{
	while (data) {
		const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
		size_t length = newline ? (size_t)(newline - data) + 1 : size;
		autofree char *line = fuzz_text(data, length);
		struct mountinfo mount;

		if (mountinfo_read(line, &mount)) {
			FUZZ_EXPECT(line < mount.root && mount.root < mount.target);
			FUZZ_EXPECT(mount.target + strlen(mount.target) < mount.type);
			FUZZ_EXPECT(*mount.type && !strchr(mount.type, ' '));
			FUZZ_EXPECT(mount.options + strlen(mount.options) <= line + length);
		}
		data = newline ? data + length : NULL;
		size -= length;
	}
}
