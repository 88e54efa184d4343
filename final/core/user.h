/* user.h: looks users up in the image's /etc/passwd and /etc/group. */
#ifndef USER_H
#define USER_H

#include <stddef.h>
#include <sys/types.h>

/* A user of a container, with all that the process needs. */
struct user {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary groups, which include gid; user_free() frees them */
	size_t n_groups;
	char home[4096]; /* the home folder, "/" if the image names none */
};

/* Sets NAME to the name that UID has in the host's /etc/passwd, or to its number. It does not call
 * getpwuid(3): that function loads libraries, and box is linked statically. */
void user_name(uid_t uid, char name[64]);

/* user_find() looks up NAME (as in spec->process.user; NULL: user 0) in /etc/passwd and /etc/group
 * of ROOT, a descriptor of the container's root folder, and fills in USER. It returns 0, or -1
 * after fail(). user_free() frees what is in USER; it is called after an error, too. */
int user_find(int root, const char *name, struct user *user);
void user_free(struct user *user);

#endif
