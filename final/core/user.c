/* user.c: looks users up in the image's /etc/passwd and /etc/group. */
#define _GNU_SOURCE
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>

#include "cleanup.h"
#include "error.h"
#include "parse.h"
#include "path.h"

/* bytes; the files are the image's, and may have any contents and size */
enum { MAX_FILE = 4 << 20 };

/* Opens the file NAME of the image, whose root is ROOT. *FILE stays NULL if the image has no such
 * file, which is no error. */
static int open_file(int root, const char *name, FILE **file)
{
	/* O_NONBLOCK: to open a fifo would wait for a writer. */
	autoclose int fd = open_in_root(root, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct statfs fs;
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail("the image's %s", name);
	/* A symlink of the image may lead to a file of the kernel: some of these have no end, and
	 * some lose what is read. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
		!S_ISREG(st.st_mode) || st.st_size > MAX_FILE)
		return failx("the image's %s: not a file of a reasonable size", name);
	if (!(*file = fdopen(fd, "re")))
		return fail("the image's %s", name);
	steal_fd(&fd);
	return 0;
}

/* Reads the next line of FILE that has at least LEAST fields, and splits it at its colons into N
 * fields; missing fields become "". Returns false at the end. */
static bool next_entry(FILE *file, char **line, char *fields[], size_t least, size_t n)
{
	size_t size = 0;

	free_pointer(line);
	*line = NULL;
	while (file && getline(line, &size, file) > 0) {
		char *rest = *line, *end = *line + strcspn(*line, "\n");
		size_t i = 0;

		*end = '\0';
		while (i < n && (fields[i] = strsep(&rest, ":")))
			i++;
		if (i < least)
			continue;
		while (i < n)
			fields[i++] = end;
		return true;
	}
	return false;
}

/* Whether WANTED, a name or a number, means the entry with this NAME and ID. A number always means
 * an ID: otherwise an image could have a user with the name 1000 who is root (CVE-2016-3697). */
static bool is_meant(const char *wanted, const char *name, uint32_t id)
{
	uint32_t number;

	return parse_id(wanted, &number) ? number == id : strcmp(wanted, name) == 0;
}

/* Whether the field TEXT is ID, perhaps with other characters around it. Then the wrong line is the
 * entry of ID, and must not be skipped silently. */
static bool is_roughly(const char *text, uint32_t id)
{
	text += strspn(text, " \t+");
	return *text >= '0' && *text <= '9' && strtoull(text, NULL, 10) == id;
}

/* Finds WANTED in /etc/passwd, and sets the fields uid, gid and home of USER. *LOGIN becomes the
 * name in the entry, or stays NULL if WANTED is a number without an entry. The entry needs a valid
 * group, unless HAS_GROUP: then the caller has another one. As for getpwnam(3), a line may end
 * after the group. */
static int find_login(int root, const char *wanted, bool has_group, struct user *user, char **login)
{
	enum { NAME, PASSWORD, UID, GID, GECOS, HOME, N };
	autofclose FILE *file = NULL;
	autofree char *line = NULL;
	char *fields[N];
	bool by_number = parse_id(wanted, &user->uid);

	if (open_file(root, "/etc/passwd", &file) < 0)
		return -1;
	while (next_entry(file, &line, fields, UID + 1, N)) {
		if (by_number ? !is_roughly(fields[UID], user->uid)
			      : strcmp(wanted, fields[NAME]) != 0)
			continue;
		if (!by_number && !parse_id(fields[UID], &user->uid))
			return failx("user %s: \"%s\" in the image's /etc/passwd is no user ID",
				wanted, fields[UID]);
		if (!parse_id(fields[GID], &user->gid) && !has_group && user->uid != 0)
			return failx("user %s: \"%s\" in the image's /etc/passwd is no group ID",
				wanted, fields[GID]);
		if (*fields[HOME] && strlen(fields[HOME]) < sizeof(user->home))
			strcpy(user->home, fields[HOME]);
		*login = strdup(fields[NAME]);
		return *login ? 0 : fail("memory");
	}
	return by_number ? 0 : failx("user %s: not in the image's /etc/passwd", wanted);
}

/* Finds the group WANTED in /etc/group, and sets user->gid. */
static int find_group(int root, const char *wanted, struct user *user)
{
	enum { NAME, PASSWORD, GID, N };
	autofclose FILE *file = NULL;
	autofree char *line = NULL;
	char *fields[N];
	uint32_t gid;

	if (open_file(root, "/etc/group", &file) < 0)
		return -1;
	while (next_entry(file, &line, fields, N, N))
		if (parse_id(fields[GID], &gid) && is_meant(wanted, fields[NAME], gid)) {
			user->gid = gid;
			return 0;
		}
	if (!parse_id(wanted, &user->gid))
		return failx("group %s: not in the image's /etc/group", wanted);
	return 0;
}

/* Whether NAME is in LIST, whose names are separated by commas. */
static bool is_member(char *list, const char *name)
{
	for (char *member; (member = strsep(&list, ","));)
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

static int add_group(struct user *user, gid_t gid)
{
	const size_t n = user->n_groups;
	gid_t *groups;

	if ((n & (n - 1)) == 0) { /* the array is full: it has room for a power of two */
		if (!(groups = reallocarray(user->groups, n ? 2 * n : 1, sizeof(*groups))))
			return fail("memory");
		user->groups = groups;
	}
	user->groups[user->n_groups++] = gid;
	return 0;
}

/* Adds to USER all groups of which LOGIN is a member. */
static int find_memberships(int root, const char *login, struct user *user)
{
	enum { NAME, PASSWORD, GID, MEMBERS, N };
	autofclose FILE *file = NULL;
	autofree char *line = NULL;
	char *fields[N];
	uint32_t gid;

	if (open_file(root, "/etc/group", &file) < 0)
		return -1;
	while (next_entry(file, &line, fields, N, N)) {
		if (!parse_id(fields[GID], &gid) || !is_member(fields[MEMBERS], login))
			continue;
		if (user->n_groups == NGROUPS_MAX) /* the most that setgroups(2) takes */
			return failx("user %s: in more than %d groups", login, NGROUPS_MAX);
		if (add_group(user, gid) < 0)
			return -1;
	}
	return 0;
}

int user_find(int root, const char *name, struct user *user)
{
	autofree char *wanted = strdup(name ? name : "");
	autofree char *login = NULL;
	char *group = wanted;

	*user = (struct user){.home = "/"};
	if (!wanted)
		return fail("memory");
	strsep(&group, ":");
	if (find_login(root, *wanted ? wanted : "0", group && *group, user, &login) < 0)
		return -1;
	if (group && *group && find_group(root, group, user) < 0)
		return -1;
	/* The primary group is added, too: otherwise a process could leave that group, and then
	 * open a file that denies access to it (CVE-2022-36109). If NAME has a group, the user has
	 * no other groups, as with Docker. */
	if (add_group(user, user->gid) < 0)
		return -1;
	return login && !(group && *group) ? find_memberships(root, login, user) : 0;
}

void user_free(struct user *user)
{
	free(user->groups);
}

void user_name(uid_t uid, char name[64])
{
	autofclose FILE *file = fopen("/etc/passwd", "re");
	autofree char *line = NULL;
	char *fields[3];
	uint32_t id;

	snprintf(name, 64, "%u", uid);
	while (next_entry(file, &line, fields, 3, 3))
		if (parse_id(fields[2], &id) && id == uid) {
			snprintf(name, 64, "%s", fields[0]);
			return;
		}
}
