/* prepare.c: turns the calling process into the process that the spec describes. */
#define _GNU_SOURCE
#include "prepare.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "path.h"
#include "users.h"
#include "attributes.h"
#include "exempt.h"
#include "namespaces.h"
#include "privileges.h"
#include "spec.h"
#include "user.h"

/* Makes the folder PATH if it is missing, and changes to it. It is an error if the folder is
 * outside of the container: then getcwd(2) returns a path that begins with "(unreachable)"
 * (CVE-2024-21626). */
static int enter_folder(const char *path)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int fd = root < 0 ? -1 : make_in_root(root, path, true);
	char now[4096];

	if (fd < 0 || fchdir(fd) < 0)
		return fail("the working folder %s", path);
	if (!getcwd(now, sizeof(now)) || now[0] != '/')
		return failx("the working folder %s is not in the container", path);
	return 0;
}

/* Sets HOME if the environment has none, or an empty one, as runc does, and so Docker. */
static int set_home(const struct user *user)
{
	const char *home = getenv("HOME");

	return (!home || !*home) && setenv("HOME", user->home, 1) < 0 ? fail("memory") : 0;
}

/* Makes UID the owner of those of stdin, stdout and stderr that are a terminal, or a pipe without a
 * name: otherwise the user UID could not open /dev/stdout, which opens the file again. USERS: the
 * process is in a user namespace. */
static int chown_stdio(const struct process *process, bool users, uid_t uid)
{
	struct statfs fs;

	for (int fd = 0; fd < 3; fd++)
		if ((process->terminal || (fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC)) &&
			/* in a user namespace the pipe may belong to a user who is not mapped */
			fchown(fd, uid, -1) < 0 && !users)
			return fail("give descriptor %d to user %u", fd, uid);
	return 0;
}

int prepare_process(const struct process *process, const struct namespaces *namespaces,
	const struct guard *guard, bool by_helper)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct user user = {.n_groups = 0}; /* not freed: exec frees all memory */
	bool users = namespaces_users(namespaces);

	if (root < 0)
		return fail("/");
	if (user_find(root, process->user, &user) < 0)
		return -1;
	/* closed now: later, the filter may make close(2) wait for its listener */
	close_fd(&root);
	environ = process->env; /* run_command() reads PATH from it */
	if (set_home(&user) < 0)
		return -1;
	umask(process->umask ? *process->umask : 022);
	if (!users && process_limits(process, 0, by_helper) < 0)
		return -1;
	debug("folder %s, user %u, group %u; then the capabilities%s, and exec of %s", process->cwd,
		user.uid, user.gid, guard->filter.filter ? ", the filter" : "", process->argv[0]);
	debug_print = NULL; /* soon there may be a filter, which need not let a line be sent */
	if (enter_folder(process->cwd) < 0)
		return -1;
	if (chown_stdio(process, users || !users_are_initial(), user.uid) < 0)
		return -1;
	if (process->personality && personality(*process->personality) < 0)
		return fail("personality of the process");
	return drop_privileges(process, guard, user.uid, user.gid, process->groups ?: user.groups,
		process->groups ? process->n_groups : user.n_groups);
}
