/* privileges.c: capabilities, user, groups and filter of system calls: the last steps before
 * exec. */
#define _GNU_SOURCE
#include "privileges.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "text.h"
#include "channel.h"
#include "exempt.h"
#include "spec.h"

/* ---- capabilities ---- */

uint64_t capabilities_all(void)
{
	uint64_t set = 0;
	int has;

	/* This is the bounding set, and not the set of all that the kernel knows: in a container
	 * box may have fewer. */
	for (int i = 0; i < 64 && (has = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++)
		set |= (uint64_t)has << i;
	return set;
}

int capabilities_change(uint64_t *set, const char *name, bool add)
{
	autofree char *full =
		format_text("%s%s", strncasecmp(name, "CAP_", 4) == 0 ? "" : "cap_", name);
	uint64_t change = strcasecmp(name, "ALL") == 0 ? capabilities_all() : 0;
	cap_value_t value;

	if (!full)
		return -1;
	if (!change && (isdigit((unsigned char)*name) || cap_from_name(full, &value) < 0))
		return failx("capability %s: there is none of this name", name);
	change = change ?: UINT64_C(1) << value;
	*set = add ? *set | change : *set & ~change;
	return 0;
}

char *capability_name(int capability)
{
	char *name = cap_to_name(capability);
	char *copy = name ? strdup(name) : NULL;

	for (char *c = copy; c && *c; c++)
		*c = (char)toupper((unsigned char)*c);
	cap_free(name);
	return copy;
}

/* ---- the last steps before exec ---- */

int session_keyring(void)
{
	/* ENOSYS: a kernel without keys; EPERM: box runs in a container that may not use them. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS &&
		errno != EPERM)
		return fail("new session keyring");
	return 0;
}

static int set_capabilities(
	const struct guard *guard, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{effective, permitted, inheritable},
		{effective >> 32, permitted >> 32, inheritable >> 32},
	};

	return own_call(guard, SYS_capset, (long)&header, (long)data, 0) < 0
		       ? fail("set the capabilities")
		       : 0;
}

/* Sets *PERMITTED to the permitted capabilities of the calling process. */
static int get_permitted(uint64_t *permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return fail("get the capabilities");
	*permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

/* Returns -1 after failx() if a capability is WANTED but not PERMITTED: in a container, box may not
 * have all capabilities itself. The error names the capability. */
static int check_permitted(uint64_t wanted, uint64_t permitted)
{
	uint64_t missing = wanted & ~permitted;
	char *name; /* not freed: this process is about to end */

	if (!missing)
		return 0;
	name = cap_to_name(__builtin_ctzll(missing));
	return failx("capability %s: box has not got it itself", name ? name : "?");
}

static int limit_bounding_set(uint64_t bounding)
{
	uint64_t drop = capabilities_all() & ~bounding;

	for (int i = 0; i < 64; i++)
		if ((drop >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return fail("drop a capability");
	return 0;
}

static int set_ambient(uint64_t ambient)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return fail("ambient capabilities");
	for (int i = 0; i < 64; i++)
		if ((ambient >> i & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return fail("ambient capabilities");
	return 0;
}

/* In a user namespace that an ordinary user has made without newgidmap(1), nobody may change the
 * supplementary groups (user_namespaces(7)): there, the caller's are kept. */
static int set_groups(gid_t gid, const gid_t *groups, size_t n)
{
	uint64_t permitted = 0;

	if (setgroups(n, groups) < 0) {
		int error = errno;
		bool has_right = get_permitted(&permitted) == 0 && permitted >> CAP_SETGID & 1;

		errno = error;
		if (error != EPERM || !has_right)
			return fail("set the groups");
	}
	if (setresgid(gid, gid, gid) == 0)
		return 0;
	return errno == EINVAL
		       ? failx("group %u: not one of the user namespace's, see subgid(5)", gid)
		       : fail("set the groups");
}

/* Becomes the user UID and the group GID with N GROUPS, and keeps the permitted capabilities. */
static int become(
	const struct process *process, int box, uid_t uid, gid_t gid, const gid_t *groups, size_t n)
{
	char byte;
	int with_box = process->detached ? 0 : SIGKILL;

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail("keep the capabilities");
	if (set_groups(gid, groups, n) < 0)
		return -1;
	if (setresuid(uid, uid, uid) < 0)
		return errno == EINVAL
			       ? failx("user %u: not one of the user namespace's, see subuid(5)",
					 uid)
			       : fail("set the user");
	/* The change of user cleared PR_SET_PDEATHSIG (prctl(2)): the end of box must still end
	 * this process. */
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, with_box) < 0)
		return fail("set the user");
	/* If box has died before that, its end of the socket is closed, and nothing can be read. */
	if (with_box && recv(box, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		_exit(EXIT_BOX);
	return 0;
}

static int install(const struct process *process, const struct guard *guard)
{
	/* SPEC_ALLOW, as with runc: without it, kernels before Linux 5.16 disable speculation in
	 * the whole process, which makes it slower. */
	unsigned flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW | process->seccomp_flags;
	int fd;

	if (!guard->filter.filter)
		return 0;
	flags |= process->listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
	if ((fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &guard->filter)) < 0)
		return fail("filter of system calls");
	return process->listener ? pass_listener_on(guard, fd) : 0;
}

int filter_last(const struct process *process, const struct guard *guard)
{
	return process->no_new_privileges ? install(process, guard) : 0;
}

/* The order of these steps matters, as each needs a right that a later one takes away. The bounding
 * set needs CAP_SETPCAP, the groups CAP_SETGID, the filter CAP_SYS_ADMIN. The change of user
 * empties the effective set, so all permitted capabilities are made effective again. With
 * no_new_privs the filter needs no capability, and comes last: so a strict filter need not allow
 * capset(2). Without no_new_privs (Docker's default) the filter has to allow it, as with runc,
 * unless GUARD lets box's own calls pass. */
int drop_privileges(const struct process *process, const struct guard *guard, uid_t uid, gid_t gid,
	const gid_t *groups, size_t n)
{
	const struct capabilities *to = &process->capabilities;
	/* At execve(2) a user other than 0 keeps only the ambient capabilities. All others are
	 * removed now, because with --init box goes on without exec. */
	uint64_t kept = uid == 0 ? ~UINT64_C(0) : to->ambient;
	uint64_t permitted = 0;

	if (limit_bounding_set(to->bounding) < 0 ||
		become(process, guard->box, uid, gid, groups, n) < 0 ||
		get_permitted(&permitted) < 0 || check_permitted(to->permitted, permitted) < 0 ||
		set_capabilities(guard, permitted, permitted, to->inheritable) < 0 ||
		set_ambient(to->ambient) < 0)
		return -1;
	if (!process->no_new_privileges && install(process, guard) < 0)
		return -1;
	if (set_capabilities(guard, to->effective & kept, to->permitted & kept, to->inheritable) <
		0)
		return -1;
	if (process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("no_new_privs");
	return 0;
}
