/* users.c: the user namespace that this process is in. */
#define _GNU_SOURCE
#include "users.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* The inode number of the initial user namespace (PROC_USER_INIT_INO in the kernel's
 * include/linux/proc_ns.h; namespaces(7) says how such numbers are compared). */
enum { INITIAL = 0xEFFFFFFD };

bool users_are_initial(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) == 0 && st.st_ino == INITIAL;
}

bool user_is_machines_root(void)
{
	return geteuid() == 0 && users_are_initial();
}
