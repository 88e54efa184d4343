/* rootless.h: lets an ordinary user run box, as root of a user namespace (user_namespaces(7)).
 * Functions that return an int return 0, or -1 after fail(). */
#ifndef ROOTLESS_H
#define ROOTLESS_H

#include <stdbool.h>

/* Where box keeps its data and its state unless the user says otherwise: /var/lib/box and /run/box
 * for root, and below the home of any other user (XDG Base Directory Specification). The texts are
 * valid until box ends. NULL after fail(). */
const char *default_data(void);
const char *default_root(void);

/* Makes an ordinary user root of a user namespace, in which all else of box is as it is for root.
 * All boxes of the user that run at one time with the state folder ROOT share one namespace:
 * otherwise no box could enter or end what another has started. AGAIN: box is about to execute
 * itself, by protect_own_file(). Root of a user namespace gets a mount namespace alone, root of the
 * machine nothing. */
int rootless_enter(const char *root, bool again);

/* Returns the first descriptor that box has from its caller: 3; or the next one, if box has
 * executed itself, and 3 is the lock of rootless_enter(), which stays until box ends. */
int rootless_inherited(const char *root);

#endif
