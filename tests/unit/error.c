/* error.c: the error that is noted, and what is put in front of it: base/error.c. */
#define _GNU_SOURCE
#include "error.h"

#include <errno.h>

#include "unit.h"

TEST(what_a_caller_knows_is_put_in_front_of_the_error)
{
	errno = EACCES;
	EXPECT_ERROR(fail("mount %s", "/proc"), "mount /proc: Permission denied");
	EXPECT_ERROR(fail_prefix("mounts[%d]: ", 2), "mounts[2]: mount /proc: Permission denied");
}

static int clean_up(void)
{
	failx("the first");
	errno = ENOENT;
	{
		keep_failure();
		errno = EBUSY;
		fail("the cleanup, too");
	}
	return -1;
}

TEST(a_cleanup_that_fails_leaves_the_error_and_errno_as_they_were)
{
	EXPECT_ERROR(clean_up(), "the first");
	EXPECT_NUMBER(errno, ENOENT);
}
