/* privileges.h: what the command may do. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "exempt.h"
#include "spec.h"

/* Every capability that this kernel has, and that box can give. */
uint64_t capabilities_all(void);

/* Applies --cap-add or --cap-drop NAME ("NET_ADMIN", "cap_net_admin", "ALL") to SET. */
int capabilities_change(uint64_t *set, const char *name, bool add);

/* "CAP_CHOWN" for 0; the caller frees it. NULL: none. */
char *capability_name(int capability);

/* Leaves the caller's keys: a new, empty session keyring. */
int session_keyring(void);

/* Becomes UID, GID with GROUPS, with the spec's capabilities, no_new_privileges and filter; but
 * with no_new_privileges filter_last() installs the filter: the last steps before exec. A filter's
 * listener is passed on by init_pass_listener(). */
int filter_last(const struct spec *spec, const struct guard *guard);
int drop_privileges(const struct spec *spec, const struct guard *guard, uid_t uid, gid_t gid,
	const gid_t *groups, size_t n);

#endif
