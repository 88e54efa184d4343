/* users.h: the user namespace that this process is in. */
#ifndef USERS_H
#define USERS_H

#include <stdbool.h>
#include <stdint.h>

/* The inode number of the initial user namespace (PROC_USER_INIT_INO in the kernel's
 * include/linux/proc_ns.h; namespaces(7) says how such numbers are compared). */
#define USERS_INITIAL 0xEFFFFFFDU

/* Whether this process is in the initial user namespace, so that its root is root of the machine.
 * In any other user namespace (user_namespaces(7)) nobody can make device nodes, write extended
 * attributes "trusted.*", or give files to users that are not mapped there. */
bool users_are_initial(void);

/* Whether this process is root of the machine: user 0 of the initial user namespace. */
bool user_is_machines_root(void);

/* Whether the user namespace has the user, or with GROUP the group, ID. The first call reads
 * /proc/self/uid_map and gid_map; if there is no /proc, it has all IDs. */
bool users_have(bool group, uint32_t id);

/* Writes to NAME, and returns, the name of the extended attribute of box's or of an overlay's that
 * ends in REST: "trusted.REST", or "user.REST" where nobody can write "trusted.*" (xattr(7);
 * overlayfs.rst, "userxattr"). */
const char *users_attribute(const char *rest, char name[32]);

/* Whether the extended attribute NAME is one that users_attribute() could name: no archive may set
 * it, and it belongs in none. */
bool users_attribute_is_own(const char *name);

#endif
