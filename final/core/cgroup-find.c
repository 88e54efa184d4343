/* cgroup-find.c: finds the mounted hierarchies of cgroups, and the cgroup of a container in
 * them. */
#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "id.h"
#include "resolve.h"
#include "text.h"
#include "users.h"
#include "cgroup-parts.h"
#include "cgroup-v1.h"
#include "mountinfo.h"

struct cgroup_base bases[N_CONTROLLERS + 2]; /* in the order of rank() */
size_t n_bases;
static char *own_cgroups; /* the text of /proc/self/cgroup */

/* Copies to PATH the path of this process's cgroup of v2, from the line "0::PATH" (cgroups(7)).
 * Returns false if there is no such line. */
static bool own_cgroup(char path[512])
{
	const char *line =
		strncmp(own_cgroups, "0::", 3) == 0 ? own_cgroups : strstr(own_cgroups, "\n0::");

	return line && sscanf(line + (*line == '\n'), "0::%511[^\n]", path) == 1;
}

/* The lower the rank, the better the way to kill all processes of a cgroup: in v2 they are killed
 * at once; in v1 one by one, if possible while the freezer has stopped them, else by the list in
 * the hierarchy of the pids controller or of another controller. */
static int rank(const struct cgroup_base *base)
{
	return base->v2 ? -1 : __builtin_ctz(base->controllers);
}

static void add_base(const struct cgroup_base *base)
{
	size_t i = n_bases;

	if (n_bases == sizeof(bases) / sizeof(*bases))
		return;
	for (n_bases++; i > 0 && rank(&bases[i - 1]) > rank(base); i--)
		bases[i] = bases[i - 1];
	bases[i] = *base;
}

/* Whether the folder PATH is this user's. */
static bool is_own(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == geteuid();
}

/* Whether the cgroup PATH was delegated to box. systemd sets these attributes on a cgroup that it
 * delegates (systemd's CGROUP_DELEGATION); the cgroup's owner is the user to whom it is delegated.
 * So a box that is started by sudo on a user's desktop does not use the cgroup of that user. One
 * with init.scope in it was delegated to another systemd, such as that of a user, for its own
 * units. */
static bool delegated(const char *path)
{
	autofree char *managers = format_text("%s/init.scope", path);
	char value = 0;

	return (getxattr(path, "trusted.delegate", &value, 1) == 1 ||
		       getxattr(path, "user.delegate", &value, 1) == 1) &&
	       value == '1' && is_own(path) && managers && access(managers, F_OK) < 0;
}

/* Whether PATH, the cgroup of this process, is one that an ordinary user may use as one that was
 * delegated: a user's systemd gives a scope to the user, and cannot set the attributes. */
static bool is_users(const char *path)
{
	return !user_is_machines_root() && is_own(path);
}

/* Adds two bases of v2: the cgroup that is delegated to this process, if there is one, and TOP, the
 * top of the hierarchy. BELOW is the path of this process's cgroup relative to TOP. */
static void add_v2(const char *top, const char *below)
{
	struct cgroup_base base = {.v2 = true, .top = strlen(top)};
	char *end = base.path + base.top;

	if (snprintf(base.path, sizeof(base.path), "%s%s", top, below) < (int)sizeof(base.path)) {
		/* Upwards from this process's cgroup: only in that one may box be alone. */
		while (*end && !delegated(base.path) &&
			!(base.box_pid == 0 && is_users(base.path))) {
			*strrchr(base.path, '/') = '\0';
			base.box_pid = -1;
		}
		if (*end)
			add_base(&base);
	}
	*end = '\0';
	base.box_pid = *below ? -1 : 0;
	base.own = strdup(below);
	add_base(&base);
}

/* Returns the part of PATH below ROOT: "" if PATH is ROOT, NULL if PATH is not below ROOT. */
static const char *path_below(const char *path, const char *root)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	/* A path that begins with "/.." is outside of this cgroup namespace. With v2's mount option
	 * nsdelegate no process may be moved there. */
	if (strncmp(root, "/..", 3) == 0 || strncmp(path, "/..", 3) == 0)
		return NULL;
	if (strncmp(path, root, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return strcmp(path + length, "/") == 0 ? "" : path + length;
}

/* Adds the hierarchy that LINE of mountinfo describes, if it describes one. mount.root is the
 * cgroup that is visible at mount.target; in a container without a cgroup namespace this is the
 * container's cgroup. */
static void add_mount(char *line)
{
	struct mountinfo mount;
	struct cgroup_base base = {0};
	char own[512];
	const char *below;
	struct stat st;

	if (!mountinfo_read(line, &mount))
		return;
	base.v2 = strcmp(mount.type, "cgroup2") == 0;
	if (base.v2 ? !own_cgroup(own) : !v1_base(&base, &mount, own_cgroups, own))
		return;
	for (size_t i = 0; i < n_bases; i++) /* a second mount of the same hierarchy */
		if (bases[i].v2 == base.v2 && bases[i].controllers == base.controllers)
			return;
	if (snprintf(base.path, sizeof(base.path), "%s", mount.target) >= (int)sizeof(base.path))
		return;
	below = path_below(own, mount.root);
	/* The mount may show a part of the hierarchy in which this process's cgroup is not, or
	 * another mount may cover it. */
	if (!below || stat(base.path, &st) < 0 || st.st_dev != makedev(mount.major, mount.minor))
		return;
	if (base.v2)
		add_v2(base.path, below);
	else {
		base.own = strdup(below);
		add_base(&base);
	}
}

bool bases_is_top(size_t i)
{
	return bases[i].v2 && (i + 1 == n_bases || !bases[i + 1].v2);
}

int bases_find(void)
{
	autofclose FILE *mounts = own_cgroups ? NULL : fopen("/proc/self/mountinfo", "re");
	autofree char *line = NULL;
	size_t size = 0;

	if (own_cgroups)
		return 0;
	if (!mounts)
		return fail("/proc/self/mountinfo");
	if (!(own_cgroups = read_file_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16)))
		return -1;
	while (getline(&line, &size, mounts) > 0)
		add_mount(line);
	return 0;
}

bool hierarchy_name(const struct cgroup_base *base, const char *id, struct hierarchy *h)
{
	const char *delegated_path = base->path + base->top;
	size_t length = base->top ? strlen(delegated_path) : 0;

	/* a path that was given may already begin with that of a delegated cgroup */
	if (length > 0 && strncmp(id, delegated_path, length) == 0 && id[length] == '/')
		id += length;
	*h = (struct hierarchy){
		.dir = -1, .v2 = base->v2, .controllers = base->controllers, .given = *id == '/'};
	snprintf(h->list, sizeof(h->list), "%s", base->list);
	return snprintf(h->path, sizeof(h->path), "%s%s%s", base->path, h->given ? "" : "/box.",
		       id) < (int)sizeof(h->path);
}

const char *cgroup_mark(void)
{
	return user_is_machines_root() ? "trusted.box" : "user.box";
}

/* Whether NAME is what follows "box." in the name of a container's cgroup: an ID of box's, or one
 * of box-oci's, which ends in '-' and 16 digits. A cgroup of another name, such as box.service, may
 * be anybody's. */
static bool is_containers(const char *name)
{
	static const char hex[] = "0123456789abcdef";
	const char *dash = strrchr(name, '-');

	return (strlen(name) == ID_LENGTH && strspn(name, hex) == ID_LENGTH) ||
	       (dash && strlen(dash + 1) == 16 && strspn(dash + 1, hex) == 16);
}

/* Looks below TOP for a cgroup that was delegated to another box of this user, and that contains
 * box.ID. Returns whether there is one; then *BASE becomes that cgroup. */
static bool find_delegated(const struct cgroup_base *top, const char *id, struct cgroup_base *base)
{
	char *const paths[] = {(char *)top->path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR | FTS_XDEV, NULL);
	bool found = false;

	*base = (struct cgroup_base){.v2 = true};
	for (FTSENT *entry; !found && tree && (entry = fts_read(tree));) {
		if (entry->fts_info != FTS_D || strncmp(entry->fts_name, "box.", 4) != 0)
			continue;
		/* Cgroups below this one are not searched: the container may have made them. */
		if (is_containers(entry->fts_name + 4))
			fts_set(tree, entry, FTS_SKIP);
		found = strcmp(entry->fts_name + 4, id) == 0 && is_own(entry->fts_path) &&
			snprintf(base->path, sizeof(base->path), "%.*s",
				(int)(entry->fts_pathlen - strlen("/box.") - strlen(id)),
				entry->fts_path) < (int)sizeof(base->path);
	}
	if (tree)
		fts_close(tree);
	return found;
}

/* Adds the cgroup of the container ID below BASE to CGROUP, if it exists. */
static int open_below(struct cgroup *cgroup, const struct cgroup_base *base, const char *id)
{
	struct hierarchy *h = &cgroup->hierarchies[cgroup->n];

	if (!hierarchy_name(base, id, h))
		return 0;
	if ((h->dir = open(h->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return errno == ENOENT ? 0 : fail("%s", h->path);
	if (h->given && fgetxattr(h->dir, cgroup_mark(), NULL, 0) < 0)
		close_fd(&h->dir);
	else
		cgroup->n++;
	return 0;
}

int cgroup_open_all(struct cgroup *cgroup, const char *id, bool everywhere)
{
	struct cgroup_base other;
	int result;

	cgroup->n = 0;
	result = bases_find();
	for (size_t i = 0; result == 0 && i < n_bases; i++) {
		result = open_below(cgroup, &bases[i], id);
		if (result == 0 && everywhere && bases_is_top(i) && cgroup->n == 0 && *id != '/' &&
			find_delegated(&bases[i], id, &other))
			result = open_below(cgroup, &other, id);
	}
	if (result < 0)
		cgroup_close(cgroup);
	return result;
}

int cgroup_open(struct cgroup *cgroup, const char *id)
{
	if (cgroup_open_all(cgroup, id, true) < 0)
		return -1;
	return cgroup->n > 0 || n_bases == 0 || !user_is_machines_root()
		       ? 0
		       : failx("container %.12s has no cgroup", id);
}

int no_cgroup_for(const char *limit)
{
	return failx("%s: no cgroup that can have it is delegated to this user: %s", limit,
		n_bases > 0 && bases[n_bases - 1].v2 /* and so v2 alone */
			? "systemd-run --user --scope -p Delegate=yes ... makes one"
			: "with cgroup v1 only root can limit");
}

int cgroup_own(struct cgroup *cgroup)
{
	cgroup->n = 0;
	if (bases_find() < 0)
		return -1;
	for (size_t i = 0; i < n_bases; i++) {
		struct hierarchy *h = &cgroup->hierarchies[cgroup->n];
		const struct cgroup_base *base = &bases[i];

		if (!base->own) /* delegated, and so not the top of v2, which follows */
			continue;
		*h = (struct hierarchy){
			.dir = -1, .v2 = base->v2, .controllers = base->controllers, .given = true};
		snprintf(h->list, sizeof(h->list), "%s", base->list);
		if (snprintf(h->path, sizeof(h->path), "%s%s", base->path, base->own) <
			(int)sizeof(h->path))
			cgroup->n++;
	}
	return 0;
}

void cgroup_close(struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->n; i++)
		close_fd(&cgroup->hierarchies[i].dir);
	cgroup->n = 0;
}

/* Replaces the cgroup of H by the cgroup PATH below it. */
static int go_below(struct hierarchy *h, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
	size_t length = strlen(h->path);
	int dir = open_resolved(h->dir, *path ? path : ".", &how);

	if (dir < 0)
		return errno == EXDEV ? failx("not below the container's cgroup")
				      : fail("%s/%s", h->path, path);
	close(h->dir);
	h->dir = dir;
	snprintf(h->path + length, sizeof(h->path) - length, "/%s", path);
	return 0;
}

int cgroup_go_below(struct cgroup *cgroup, const char *text)
{
	const char *colon = strchr(text, ':'), *path = colon ? colon + 1 : text;
	bool chosen[MAX_HIERARCHIES] = {false};

	if (colon && v1_choose(cgroup, text, chosen) < 0)
		return -1;
	if (cgroup->n == 0)
		return failx("the container has no cgroup");
	path += strspn(path, "/");
	for (size_t i = 0; i < cgroup->n; i++)
		if ((!colon || chosen[i]) && go_below(&cgroup->hierarchies[i], path) < 0)
			return -1;
	return 0;
}
