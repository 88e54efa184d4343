/* ranges.h: the users of the host that a container's users are: --userns. Functions return 0, or -1
 * after fail(). */
#ifndef RANGES_H
#define RANGES_H

#include "store.h"
#include "options.h"
#include "state.h"

/* The value of --userns: host, auto or UID:COUNT. */
int set_userns(struct options *options, const char *text);

/* Gives the new container of PLACE, with --userns auto, a range of IDs that no other container of
 * STORE has, as if OPTIONS had been given this range. The container has it until its place is
 * removed. It is an error if OPTIONS ask for another user namespace than the host's, and box is
 * not root of the machine. */
int ranges_claim(const struct store *store, const struct place *place, struct options *options);

#endif
