/* cgroup-make.c: makes the cgroup of a container, and puts the calling process into it. */
#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "file.h"
#include "list.h"
#include "text.h"
#include "users.h"
#include "cgroup-parts.h"
#include "cgroup-v1.h"
#include "spec.h"

/* Whether processes are in the cgroup DIR; true also if the list of processes cannot be read. */
static bool occupied(int dir)
{
	autoclose int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char c;

	return read(fd, &c, 1) != 0;
}

/* Moves the process PID (0: the calling one) from the cgroup TOP, which is BASE, into a cgroup of
 * its own below it, box.self. */
static int move_below(const struct cgroup_base *base, int top, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (mkdirat(top, "box.self", 0755) < 0 && errno != EEXIST)
		return fail("mkdir %s/box.self", base->path);
	if (try_write(top, "box.self/cgroup.procs", text) < 0)
		return fail("move box to %s/box.self", base->path);
	return 0;
}

void cgroup_make_room(void)
{
	autoclose int top = -1;

	if (bases_find() < 0 || n_bases == 0 || bases_is_top(0) || bases[0].box_pid != 0)
		return;
	if ((top = open(bases[0].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
		move_below(&bases[0], top, 0);
}

/* Makes sure that the cgroup TOP, which is BASE, can hand on controllers. On v2 a cgroup either has
 * processes in it or hands on controllers (cgroups(7), "no internal processes"). The root of the
 * hierarchy, which has no cgroup.type, may do both. In another cgroup with processes, threaded
 * controllers could be enabled, but then no process could enter a cgroup below. If a box is the
 * only process in TOP, that box is moved to a cgroup of its own below TOP, box.self. */
static int make_room(const struct cgroup_base *base, int top)
{
	bool systemd = access("/run/systemd/system", F_OK) == 0;

	if (faccessat(top, "cgroup.type", F_OK, 0) < 0 || !occupied(top))
		return 0;
	if (base->box_pid >= 0) {
		char own[16];

		if (move_below(base, top, base->box_pid) < 0)
			return -1;
		if (!occupied(top))
			return 0;
		snprintf(own, sizeof(own), "%d", base->box_pid);
		try_write(top, "cgroup.procs", own);
		unlinkat(top, "box.self", AT_REMOVEDIR);
	}
	return failx(
		"no limits below %s while processes are in it: move them to a cgroup below it%s%s",
		base->path, systemd ? ", or start box in one of its own: " : "",
		!systemd                  ? ""
		: user_is_machines_root() ? "systemd-run --scope -p Delegate=yes box ..."
					  : "systemd-run --user --scope -p Delegate=yes box ...");
}

/* Enables CONTROLLERS for H, which is below BASE: all cgroups above H hand them on. */
static int enable(const struct cgroup_base *base, const struct hierarchy *h, unsigned controllers)
{
	char text[256] = "", path[sizeof(h->path)];
	autoclose int top = open(base->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < N_CONTROLLERS; i++)
		if (controllers & 1U << i)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " +%s",
				cgroup_controllers[i]);
	if (make_room(base, top) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s", h->path);
	for (char *end = path + strlen(base->path); end; end = strchr(end + 1, '/')) {
		autoclose int dir = -1;

		*end = '\0';
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 || try_write(dir, "cgroup.subtree_control", text + 1) < 0)
			return fail("write%s to %s/cgroup.subtree_control", text, path);
		*end = '/';
	}
	return 0;
}

int take_controllers(
	const struct cgroup_base *base, const struct hierarchy *h, unsigned controllers)
{
	autofree char *text = NULL, *path = NULL;

	if (!controllers)
		return 0;
	if (!(path = format_text("%s/cgroup.controllers", base->path)) ||
		!(text = read_file_at(AT_FDCWD, path, 4096)))
		return -1;
	controllers &= controllers_in(text);
	return controllers && enable(base, h, controllers) < 0 ? -1 : (int)controllers;
}

static int open_folder(struct hierarchy *h)
{
	h->dir = open(h->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return h->dir < 0 ? fail("open %s", h->path) : 0;
}

/* Whether processes or other cgroups are in H. If box used H nevertheless, all of them would end
 * with the container. */
static bool in_use(const struct hierarchy *h)
{
	autolist char **files = list_folder(h->dir);
	bool used = !files || occupied(h->dir);
	struct stat st;

	for (char **name = files; !used && name && *name; name++)
		used = fstatat(h->dir, *name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode);
	return used;
}

/* Makes the cgroup H, whose path was given, and the missing cgroups above it, and opens H. It is an
 * error if H is in use, unless THERE: then systemd has made H for this container. */
static int make_given(const struct cgroup_base *base, struct hierarchy *h, bool there)
{
	char path[sizeof(h->path)];

	for (size_t length = strlen(base->path); h->path[length];) {
		length += 1 + strcspn(h->path + length + 1, "/");
		snprintf(path, sizeof(path), "%.*s", (int)length, h->path);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return fail("mkdir %s", path);
	}
	debug("mkdir %s", h->path);
	if (open_folder(h) < 0)
		return -1;
	if (!there && in_use(h)) {
		close_fd(&h->dir);
		errno = EBUSY;
		return fail("the cgroup %s is in use", h->path);
	}
	return fsetxattr(h->dir, cgroup_mark(), "1", 1, 0) < 0
		       ? fail("%s: %s", h->path, cgroup_mark())
		       : 0;
}

/* Makes the cgroup of ID below BASE, and opens it as H. */
static int make_folder(
	const struct cgroup_base *base, const char *id, bool there, struct hierarchy *h)
{
	if (!hierarchy_name(base, id, h))
		return failx("the cgroup's path %s is too long", id);
	if (h->given)
		return make_given(base, h, there);
	if (mkdir(h->path, 0755) < 0)
		return fail("mkdir %s", h->path);
	debug("mkdir %s", h->path);
	return open_folder(h);
}

/* Fails with a message that says why no cgroup can be made that limits the first of CONTROLLERS,
 * and what the user can do. CAUSE is the error. Returns -1. */
static int no_right_to_limit(unsigned controllers, const char *cause)
{
	const char *name = cgroup_controllers[__builtin_ctz(controllers)];
	char limit[64];

	snprintf(limit, sizeof(limit), "%s limit", name);
	return user_is_machines_root()
		       ? failx("%s: %s: box cannot make cgroups here; on the host, or in a privileged container, it can",
				 limit, cause)
		       : no_cgroup_for(limit);
}

/* Returns the controllers that H has itself; those of a cgroup that a user's systemd has made were
 * enabled by systemd, and the user may change nothing above it. -1 after fail(). */
static int own_controllers(const struct hierarchy *h)
{
	autofree char *text = read_file_at(h->dir, "cgroup.controllers", 4096);

	return text ? (int)controllers_in(text) : -1;
}

int make_cgroup_in(struct cgroup *cgroup, const struct cgroup_base *base, const char *id,
	unsigned controllers, const struct limits *limits)
{
	struct hierarchy *h = &cgroup->hierarchies[cgroup->n];
	int had = controllers;

	if (make_folder(base, id, limits->there, h) < 0) {
		if (errno != EROFS && errno != EACCES && errno != EPERM)
			return -1;
		/* An ordinary user who names a cgroup counts on it, as with runc. */
		if (h->given && !user_is_machines_root())
			return -1;
		/* In most containers box cannot make cgroups. A container without limits ends with
		 * its PID namespace anyway. */
		return controllers ? no_right_to_limit(controllers, failure()) : 0;
	}
	cgroup->n++;
	if (base->v2 && limits->there && !user_is_machines_root())
		had = own_controllers(h);
	else if (base->v2)
		had = take_controllers(base, h, limits->all ? ~0U : controllers);
	if (had < 0)
		return -1;
	if (!base->v2 && v1_prepare(base, h) < 0)
		return -1;
	if (limits->all)
		return had;
	return hierarchy_limit(h, had, limits) < 0 ? -1 : had;
}

int limit_is_missing(unsigned controllers)
{
	const char *name = cgroup_controllers[__builtin_ctz(controllers)];
	char file[400];

	if (v1_is_unmounted(controllers))
		return -1;
	if (n_bases > 0 && !user_is_machines_root())
		return no_right_to_limit(controllers, "");
	if (n_bases == 0 || !bases[0].v2)
		return failx("%s limit: no cgroup file system for it in /proc/self/mountinfo: "
			     "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
			name);
	/* only the root of the hierarchy lacks this file */
	snprintf(file, sizeof(file), "%s/cgroup.type", bases[0].path);
	return failx("%s limit: not in %s/cgroup.controllers: %s", name, bases[0].path,
		access(file, F_OK) < 0
			? "the kernel lacks it, or has cgroup_disable= on its command line"
			: "the cgroup above does not hand it on; start box on the host, or by "
			  "systemd-run --scope -p Delegate=yes box ...");
}

/* Whether the container gets a cgroup below bases[I], which would have the limits CONTROLLERS. The
 * first one is made even without a limit: by it all processes are found, stopped and killed. */
static bool is_needed(size_t i, unsigned controllers, const struct limits *limits)
{
	if (limits->there)
		return bases_is_top(i);
	return i == 0 || (!bases[i].v2 && (controllers || limits->all));
}

int make_cgroup(struct cgroup *cgroup, const char *id, const struct limits *limits)
{
	unsigned wanted = limited(limits);

	cgroup->n = 0;
	if (cgroup_check(limits) < 0)
		return -1;
	if (bases_find() < 0)
		return -1;
	for (size_t i = 0; i < n_bases; i++) {
		int had = bases[i].v2 ? wanted : wanted & bases[i].controllers;

		if (bases[i].controllers == CONTROLLER_SYSTEMD && !limits->all)
			continue;
		if (!is_needed(i, had, limits))
			continue;
		had = make_cgroup_in(cgroup, &bases[i], id, had, limits);
		if (had < 0) {
			keep_failure();
			remove_cgroup(cgroup);
			return -1;
		}
		wanted &= ~had;
	}
	if (wanted) {
		remove_cgroup(cgroup);
		return limit_is_missing(wanted);
	}
	return 0;
}

int cgroup_clone_fd(const struct cgroup *cgroup)
{
	return cgroup->n > 0 && cgroup->hierarchies[0].v2 ? cgroup->hierarchies[0].dir : -1;
}

int cgroup_join(const struct cgroup *cgroup, bool join_v2)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		const struct hierarchy *h = &cgroup->hierarchies[i];

		if ((h->v2 && !join_v2) ||
			hierarchy_write(h, h->v2 ? "cgroup.procs" : "tasks", "0") == 0)
			continue;
		/* cgroups(7), "Delegation containment": the user must also own the closest cgroup
		 * that is above this process's own one and H. */
		return errno == EACCES && !user_is_machines_root()
			       ? fail_prefix("from outside of the user's session: systemd-run "
					     "--user --scope box ... is inside: ")
			       : -1;
	}
	return 0;
}
