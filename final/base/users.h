/* users.h: the user namespace that this process is in. */
#ifndef USERS_H
#define USERS_H

#include <stdbool.h>

/* Whether this process is in the initial user namespace, so that its root is root of the machine.
 * In any other user namespace (user_namespaces(7)) nobody can make device nodes, write extended
 * attributes "trusted.*", or give files to users that are not mapped there. */
bool users_are_initial(void);

/* Whether this process is root of the machine: user 0 of the initial user namespace. */
bool user_is_machines_root(void);

#endif
