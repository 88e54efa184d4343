/* users.c: the image's /etc/passwd and /etc/group: core/user.c. The parts are the user that is
 * wanted, as with --user (a line), the file passwd, and the file group. */
#define _GNU_SOURCE
#include "user.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"

FUZZ(users)
{
	autoclose int root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t length;
	const uint8_t *part = fuzz_part(&data, &size, &length);
	autofree char *name = fuzz_text(part, length);
	struct user user;

	name[strcspn(name, "\n")] = '\0';
	mkdir("etc", 0755);
	part = fuzz_part(&data, &size, &length);
	fuzz_file("etc/passwd", part, length);
	fuzz_file("etc/group", data, size);
	if (user_find(root, name, &user) < 0) {
		FUZZ_EXPECT(*failure());
	} else {
		/* 4294967295 means "no user": setresuid(2) would leave the IDs as they are. */
		FUZZ_EXPECT(user.uid != UINT32_MAX && user.gid != UINT32_MAX);
		FUZZ_EXPECT(user.n_groups >= 1 && user.n_groups <= NGROUPS_MAX);
		FUZZ_EXPECT(user.groups[0] == user.gid && *user.home);
		for (size_t i = 0; i < user.n_groups; i++)
			FUZZ_EXPECT(user.groups[i] != UINT32_MAX);
	}
	user_free(&user);
}
