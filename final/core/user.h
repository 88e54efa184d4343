/* user.h: names of the image's /etc/passwd and /etc/group. */
#ifndef USER_H
#define USER_H

#include <stddef.h>
#include <sys/types.h>

struct user {
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	char home[4096];
};

/* The host's name of UID, or its number. Not by getpwuid(3): it loads libraries, and box is static.
 */
void user_name(uid_t uid, char name[64]);

/* Looks up NAME (spec->user) in the files of ROOT, a descriptor of the root folder. user_free()
 * frees what is in USER, on an error, too. */
int user_find(int root, const char *name, struct user *user);
void user_free(struct user *user);

#endif
