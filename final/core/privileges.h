/* privileges.h: capabilities, user, groups and filter of system calls: what the command may do. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "exempt.h"
#include "spec.h"

/* The set of all capabilities in the calling process's bounding set: those that box can give. */
uint64_t capabilities_all(void);

/* Adds the capability NAME to SET (ADD), or removes it from SET. NAME is as in "NET_ADMIN" or
 * "cap_net_admin"; "ALL" stands for capabilities_all(). An unknown name is an error. */
int capabilities_change(uint64_t *set, const char *name, bool add);

/* The name of a capability, such as "CAP_CHOWN" for 0. The caller frees it. NULL, without fail(),
 * if there is not enough memory. */
char *capability_name(int capability);

/* Gives the process a new, empty session keyring in place of the caller's (keyctl(2)). It is no
 * error if there are no keyrings, or if box may not use them. */
int session_keyring(void);

/* drop_privileges() becomes the user UID and the group GID, with the N GROUPS, and gives the
 * process its capabilities and no_new_privileges. It also installs guard->filter, except
 * with no_new_privileges: there filter_last() does so, as the last step before exec. Box passes on
 * the listener of a filter that has one, see pass_listener_on(). */
int filter_last(const struct process *process, const struct guard *guard);
int drop_privileges(const struct process *process, const struct guard *guard, uid_t uid, gid_t gid,
	const gid_t *groups, size_t n);

#endif
