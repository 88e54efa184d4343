/* privileges.h: capabilities, user, groups and filter of system calls: what the command may do. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "exempt.h"
#include "spec.h"

/* Returns the bounding set of the calling process (capabilities(7)): the capabilities that box can
 * give. */
uint64_t capabilities_all(void);

/* Adds the capability NAME to SET (ADD), or removes it from SET. NAME is as in "NET_ADMIN" or
 * "cap_net_admin"; "ALL" stands for capabilities_all(). Returns 0, or -1 after fail(): an unknown
 * name is an error. */
int capabilities_change(uint64_t *set, const char *name, bool add);

/* Returns the name of a capability, such as "CAP_CHOWN" for 0. The caller frees it. NULL, without
 * fail(), if there is not enough memory. */
char *capability_name(int capability);

/* Gives the process a new, empty session keyring in place of the caller's (keyctl(2)). It is no
 * error if the kernel has no keyrings, or if box may not use them. Returns 0, or -1
 * after fail(). */
int session_keyring(void);

/* drop_privileges() makes the calling process run as the user UID and the group GID, with the N
 * GROUPS, and gives it the capabilities and no_new_privileges of PROCESS. It also installs
 * guard->filter, unless PROCESS has no_new_privileges: then filter_last() installs the filter, as
 * the last step before exec, and otherwise does nothing. A filter's listener is given to box, see
 * pass_listener_on(). Both return 0, or -1 after fail(). */
int filter_last(const struct process *process, const struct guard *guard);
int drop_privileges(const struct process *process, const struct guard *guard, uid_t uid, gid_t gid,
	const gid_t *groups, size_t n);

#endif
