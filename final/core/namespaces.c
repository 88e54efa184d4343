/* namespaces.c: the namespaces that a container joins, and the users of its own user namespace. */
#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "file.h"
#include "text.h"
#include "users.h"
#include "attributes.h"
#include "id-maps.h"
#include "spec.h"
#include "sysctl.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

const char *namespace_name(unsigned long type)
{
	switch (type) {
	case CLONE_NEWPID:
		return "pid";
	case CLONE_NEWTIME:
		return "time";
	case CLONE_NEWNET:
		return "net";
	case CLONE_NEWIPC:
		return "ipc";
	case CLONE_NEWCGROUP:
		return "cgroup";
	case CLONE_NEWNS:
		return "mnt";
	case CLONE_NEWUSER:
		return "user";
	default:
		return "uts";
	}
}

/* Sets FILE to the name of the file in /proc/self/ns for the namespace of TYPE in which children of
 * this process are born. */
static const char *own_file(unsigned long type, char file[64])
{
	bool later = type == CLONE_NEWPID || type == CLONE_NEWTIME;

	snprintf(
		file, 64, "/proc/self/ns/%s%s", namespace_name(type), later ? "_for_children" : "");
	return file;
}

static int note_own(struct own_namespaces *own, unsigned long type)
{
	char file[64];
	int fd = open(own_file(type, file), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail("%s", file);
	own->types[own->n] = type;
	own->fds[own->n++] = fd;
	return 0;
}

/* Makes a time namespace for the child that is born next, and sets its offsets. The offsets can be
 * set only as long as no process is in the namespace; the child is the first. */
static int make_time(const struct namespaces *namespaces, struct own_namespaces *own)
{
	if (note_own(own, CLONE_NEWTIME) < 0)
		return -1;
	if (unshare(CLONE_NEWTIME) < 0)
		return fail("make a time namespace");
	return write_file_at(AT_FDCWD, "/proc/self/timens_offsets", namespaces->time_offsets);
}

/* Puts this process, or if TYPE is that of PID namespaces its children, into the namespace FD of
 * TYPE. To be in it already is as good, even without the right to join it. Returns 0, or -1 with
 * errno set. */
static int join(int fd, unsigned long type)
{
	char file[64];
	struct stat wanted, own;

	if (setns(fd, type) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	if (fstat(fd, &wanted) == 0 && stat(own_file(type, file), &own) == 0 &&
		wanted.st_dev == own.st_dev && wanted.st_ino == own.st_ino)
		return 0;
	errno = EPERM;
	return -1;
}

/* Joins namespaces->joins except those of the type BUT, and opens the caller's own namespaces of
 * these types in OWN. LATE[i] becomes -1; or if this process has no right to join
 * namespaces->joins[i] before it has joined namespaces->user, a descriptor of that namespace. */
static int enter(const struct namespaces *namespaces, struct own_namespaces *own, unsigned long but,
	int late[])
{
	own->n = 0;
	for (size_t i = 0; i < namespaces->n_joins; i++)
		late[i] = -1;
	for (size_t i = 0; i < namespaces->n_joins; i++) {
		const struct namespace_path *one = &namespaces->joins[i];
		autoclose int fd = -1;

		if (one->type == but)
			continue;
		fd = open(one->path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && note_own(own, one->type) == 0 && join(fd, one->type) == 0)
			continue;
		if (fd >= 0 && errno == EPERM && namespaces->user) {
			late[i] = steal_fd(&fd);
			continue;
		}
		fail("join the namespace %s", one->path);
		namespaces_leave(own);
		return -1;
	}
	return namespaces->time_offsets ? make_time(namespaces, own) : 0;
}

int namespaces_enter(const struct namespaces *namespaces, struct own_namespaces *own)
{
	int late[namespaces->n_joins + 1];

	return enter(namespaces, own, 0, late);
}

bool namespaces_return(const struct namespaces *namespaces)
{
	bool enters = namespaces->n_joins > 0 || namespaces->time_offsets;

	return !namespaces->user && !namespaces->mount && (!enters || user_is_machines_root());
}

int namespaces_leave(struct own_namespaces *own)
{
	int result = 0;

	for (; own->n > 0; own->n--) {
		if (setns(own->fds[own->n - 1], own->types[own->n - 1]) < 0)
			result = -1;
		close(own->fds[own->n - 1]);
	}
	return result < 0 ? fail("leave a namespace") : 0;
}

/* Whether NAMESPACE, of TYPE, is the host's: the namespace of box, or of process 1 in box's PID
 * namespace. Compares device and inode numbers, because a namespace can have many names. */
static bool is_hosts(const struct stat *namespace, unsigned long type)
{
	static const char *const folders[] = {"/proc/self/ns", "/proc/1/ns"};
	struct stat own;
	char path[64];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], namespace_name(type));
		if (stat(path, &own) == 0 && namespace->st_dev == own.st_dev &&
			namespace->st_ino == own.st_ino)
			return true;
	}
	return false;
}

/* Joins the mount and user namespaces MOUNT and USER (-1: none), and the namespaces LATE of
 * enter(). The rights in USER may be necessary for any of the others, but are not enough for a
 * namespace that does not belong to USER: so MOUNT is tried before and after. */
static int enter_last(const struct namespaces *namespaces, int mount, int user, const int late[])
{
	bool done = mount < 0 || setns(mount, CLONE_NEWNS) == 0;

	if (!done && user < 0)
		return fail("join the namespace %s", namespaces->mount);
	if (user >= 0 && setns(user, CLONE_NEWUSER) < 0)
		return fail("join the namespace %s", namespaces->user);
	for (size_t i = 0; i < namespaces->n_joins; i++)
		if (late[i] >= 0 && join(late[i], namespaces->joins[i].type) < 0)
			return fail("join the namespace %s", namespaces->joins[i].path);
	return done || setns(mount, CLONE_NEWNS) == 0
		       ? 0
		       : fail("join the namespace %s", namespaces->mount);
}

static int enter_for_good(const struct namespaces *namespaces, unsigned long but)
{
	const char *const paths[] = {namespaces->mount, namespaces->user};
	struct own_namespaces own;
	struct stat mounts;
	int fds[2] = {-1, -1}, late[namespaces->n_joins + 1];

	/* Both are opened before one is joined: in the mount namespace that is joined, the paths
	 * would lead elsewhere. */
	for (size_t i = 0; i < 2; i++)
		if (paths[i] && (fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC)) < 0)
			return fail("join the namespace %s", paths[i]);
	/* enter_rootfs() would replace the root of this mount namespace: it must not be box's own,
	 * or the host's. */
	if (fds[0] >= 0 && (fstat(fds[0], &mounts) < 0 || is_hosts(&mounts, CLONE_NEWNS)))
		return failx("join the namespace %s: it is the host's", paths[0]);
	return enter(namespaces, &own, but, late) < 0
		       ? -1
		       : enter_last(namespaces, fds[0], fds[1], late);
}

int namespaces_enter_for_good(const struct namespaces *namespaces)
{
	return enter_for_good(namespaces, 0);
}

const char *namespaces_joined_pids(const struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->n_joins; i++)
		if (namespaces->joins[i].type == CLONE_NEWPID)
			return namespaces->joins[i].path;
	return NULL;
}

int namespaces_enter_but_pids(const struct namespaces *namespaces)
{
	const char *path = namespaces_joined_pids(namespaces);
	autoclose int pid_ns = path ? open(path, O_RDONLY | O_CLOEXEC) : -1,
		      own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	bool stays = namespaces_users(namespaces);

	/* Joining is tried now, while an error can still be reported. It is then undone, so that
	 * hooks, which are born meanwhile, are not in that namespace; but not if the caller is
	 * about to enter a user namespace, in which it has no right to join that
	 * namespace again. A caller that is not root of the machine could not undo it, and
	 * does not try. */
	if (pid_ns < 0 || own < 0 || (stays && join(pid_ns, CLONE_NEWPID) < 0) ||
		(!stays && user_is_machines_root() &&
			(setns(pid_ns, CLONE_NEWPID) < 0 || setns(own, CLONE_NEWPID) < 0)))
		return fail("join the namespace %s", path);
	if (enter_for_good(namespaces, CLONE_NEWPID) < 0)
		return -1;
	/* The cgroup namespace is made later, by init.c. */
	if (unshare(namespaces->made & ~(unsigned long)CLONE_NEWCGROUP) < 0)
		return fail("unshare the namespaces");
	return steal_fd(&pid_ns);
}

int namespaces_enter_pids(const struct namespaces *namespaces, int pid_ns)
{
	return !namespaces_users(namespaces) && join(pid_ns, CLONE_NEWPID) < 0
		       ? fail("join the namespace %s", namespaces_joined_pids(namespaces))
		       : 0;
}

static int write_maps(pid_t pid, const struct id_maps *maps)
{
	return id_maps_write(pid, false, maps->uids, maps->n_uids) < 0 ||
			       id_maps_write(pid, true, maps->gids, maps->n_gids) < 0
		       ? -1
		       : 0;
}

static int open_users(pid_t pid)
{
	autofree char *path = format_text("/proc/%d/ns/user", pid);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	return fd < 0 ? fail("user namespace of process %d", pid) : fd;
}

/* The child is made only for its user namespace, and ends at once. The namespace is opened in the
 * child's /proc/PID, which exists until waitpid(2). */
int namespaces_open_users(const struct id_maps *maps, pid_t pid)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	int fd;

	if (maps->n_uids == 0)
		return open_users(pid);
	if ((pid = syscall(SYS_clone3, &args, sizeof(args))) < 0)
		return fail("make a user namespace");
	if (pid == 0)
		_exit(0);
	fd = write_maps(pid, maps) < 0 ? -1 : open_users(pid);
	waitpid(pid, NULL, 0);
	return fd;
}

/* Returns the first setting in SPEC that belongs to a namespace of TYPE, or NULL. */
static const char *what_is_set(const struct spec *spec, unsigned long type)
{
	if (type == CLONE_NEWUTS && spec->hostname)
		return "hostname";
	if (type == CLONE_NEWUTS && spec->oci->domainname)
		return "domainname";
	for (size_t i = 0; i < spec->oci->n_sysctls; i++)
		if (sysctl_namespace(spec->oci->sysctls[i].name) == type)
			return spec->oci->sysctls[i].name;
	return NULL;
}

/* Returns -1 after failx() if SPEC has a setting for a namespace that SPEC joins, and that is the
 * host's. The child PID has already joined all these namespaces, so /proc/PID/ns is read: the paths
 * in SPEC may lead to others by now. */
static int check_joined(const struct spec *spec, pid_t pid)
{
	for (size_t i = 0; i < spec->namespaces.n_joins; i++) {
		const struct namespace_path *join = &spec->namespaces.joins[i];
		const char *what = what_is_set(spec, join->type);
		struct stat namespace;
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, namespace_name(join->type));
		if (what && stat(path, &namespace) < 0)
			return fail("%s", path);
		if (what && is_hosts(&namespace, join->type))
			return failx("%s: the namespace %s is the host's", what, join->path);
	}
	return 0;
}

int namespaces_prepare(const struct spec *spec, pid_t pid)
{
	return check_joined(spec, pid) < 0 || write_maps(pid, &spec->namespaces.maps) < 0
		       ? -1
		       : process_priorities(&spec->process, pid);
}

bool namespaces_users(const struct namespaces *namespaces)
{
	return namespaces->maps.n_uids > 0 || namespaces->user;
}

/* Returns those of the namespaces TYPES in which this process and the process of PIDFD both are. If
 * that process has ended, the result does not matter: setns(2) then fails. */
static int in_common(int pidfd, int types)
{
	autofree char *file = format_text("/proc/self/fdinfo/%d", pidfd);
	autofree char *text = file ? read_file_at(AT_FDCWD, file, 4096) : NULL;
	const char *line = text ? strstr(text, "\nPid:") : NULL; /* see pidfd_open(2) */
	int common = 0;

	for (unsigned type = 1; line && type <= CLONE_NEWNET; type <<= 1) {
		struct stat own, other;
		char path[64];

		if (!(types & (int)type))
			continue;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace_name(type));
		if (stat(path, &own) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", atoi(line + strlen("\nPid:")),
			namespace_name(type));
		if (stat(path, &other) == 0 && own.st_dev == other.st_dev &&
			own.st_ino == other.st_ino)
			common |= (int)type;
	}
	return common;
}

int namespaces_to_join(const struct namespaces *namespaces, int pidfd)
{
	int types = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |
		    CLONE_NEWCGROUP;
	bool time = namespaces->time_offsets;

	for (size_t i = 0; i < namespaces->n_joins; i++)
		time |= namespaces->joins[i].type == CLONE_NEWTIME;
	types |= (namespaces_users(namespaces) ? CLONE_NEWUSER : 0) | (time ? CLONE_NEWTIME : 0);
	return user_is_machines_root() ? types : types & ~in_common(pidfd, types);
}

int namespaces_become_root(const struct namespaces *namespaces)
{
	if (!namespaces_users(namespaces))
		return 0;
	/* EPERM: the user namespace is an ordinary user's, who may not drop groups */
	return (setgroups(0, NULL) < 0 && errno != EPERM) || setresgid(0, 0, 0) < 0 ||
			       setresuid(0, 0, 0) < 0
		       ? fail("become root of the user namespace")
		       : 0;
}
