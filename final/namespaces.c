/* namespaces.c: those that a container joins, and the users of its own. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* The file of /proc/self/ns for what children get. */
static const char *own_file(unsigned long type)
{
	switch (type) {
	case CLONE_NEWPID:
		return "/proc/self/ns/pid_for_children";
	case CLONE_NEWTIME:
		return "/proc/self/ns/time_for_children";
	case CLONE_NEWNET:
		return "/proc/self/ns/net";
	case CLONE_NEWIPC:
		return "/proc/self/ns/ipc";
	case CLONE_NEWCGROUP:
		return "/proc/self/ns/cgroup";
	default:
		return "/proc/self/ns/uts";
	}
}

static int note_own(struct own_namespaces *own, unsigned long type)
{
	int fd = open(own_file(type), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail("%s", own_file(type));
	own->types[own->n] = type;
	own->fds[own->n++] = fd;
	return 0;
}

/* The offsets of a time namespace are set before anybody is in it: the child is the first. */
static int make_time(const struct spec *spec, struct own_namespaces *own)
{
	if (note_own(own, CLONE_NEWTIME) < 0)
		return -1;
	if (unshare(CLONE_NEWTIME) < 0)
		return fail("make a time namespace");
	return write_file_at(AT_FDCWD, "/proc/self/timens_offsets", spec->time_offsets);
}

int namespaces_enter(const struct spec *spec, struct own_namespaces *own)
{
	own->n = 0;
	for (size_t i = 0; i < spec->n_joins; i++) {
		const struct namespace_path *join = &spec->joins[i];
		autoclose int fd = open(join->path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || note_own(own, join->type) < 0 || setns(fd, join->type) < 0) {
			fail("join the namespace %s", join->path);
			namespaces_leave(own);
			return -1;
		}
	}
	return spec->time_offsets ? make_time(spec, own) : 0;
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

/* To pivot the root of our own mounts, or the host's, would be its end. */
static bool is_hosts(int namespace)
{
	static const char *const paths[] = {"/proc/self/ns/mnt", "/proc/1/ns/mnt"};
	struct stat theirs, own;

	for (size_t i = 0; i < 2; i++)
		if (fstat(namespace, &theirs) == 0 && stat(paths[i], &own) == 0 &&
			theirs.st_ino == own.st_ino)
			return true;
	return false;
}

int namespaces_enter_for_good(const struct spec *spec)
{
	static const int types[] = {CLONE_NEWNS, CLONE_NEWUSER};
	const char *const paths[] = {spec->mount_namespace, spec->user_namespace};
	struct own_namespaces own;
	int fds[2] = {-1, -1};

	/* With other mounts, the names are others. */
	for (size_t i = 0; i < 2; i++)
		if (paths[i] && (fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC)) < 0)
			return fail("join the namespace %s", paths[i]);
	if (fds[0] >= 0 && is_hosts(fds[0]))
		return failx("join the namespace %s: it is the host's", paths[0]);
	if (namespaces_enter(spec, &own) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (fds[i] >= 0 && setns(fds[i], types[i]) < 0)
			return fail("join the namespace %s", paths[i]);
	return 0;
}

static int write_map(pid_t pid, const char *file, const struct id_map *map, size_t n)
{
	autofree char *path = format_text("/proc/%d/%s", pid, file);
	autofree char *text = calloc(n + 1, 40);

	if (!path || !text)
		return fail("memory");
	for (size_t i = 0; i < n; i++)
		sprintf(text + strlen(text), "%u %u %u\n", map[i].inside, map[i].outside,
			map[i].count);
	return n == 0 ? 0 : write_file_at(AT_FDCWD, path, text);
}

static int write_maps(pid_t pid, const struct id_maps *maps)
{
	return write_map(pid, "uid_map", maps->uids, maps->n_uids) < 0 ||
			       write_map(pid, "gid_map", maps->gids, maps->n_gids) < 0
		       ? -1
		       : 0;
}

static int open_users(pid_t pid)
{
	autofree char *path = format_text("/proc/%d/ns/user", pid);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	return fd < 0 ? fail("user namespace of process %d", pid) : fd;
}

/* Its first process ends at once, and has it until we have waited for that. */
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

int namespaces_prepare(const struct spec *spec, pid_t pid)
{
	return write_maps(pid, &spec->maps) < 0 ? -1 : process_priorities(&spec->process, pid);
}

bool namespaces_users(const struct spec *spec)
{
	return spec->maps.n_uids > 0 || spec->user_namespace;
}

int namespaces_limit(const struct spec *spec, pid_t pid)
{
	for (size_t i = 0; i < spec->process.n_rlimits && namespaces_users(spec); i++)
		if (prlimit(pid, spec->process.rlimits[i].resource, &spec->process.rlimits[i].limit,
			    NULL) < 0)
			return fail("limit %s of the process", spec->process.rlimits[i].name);
	return 0;
}

int namespaces_become_root(const struct spec *spec)
{
	if (!namespaces_users(spec))
		return 0;
	return setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0
		       ? fail("become root of the user namespace")
		       : 0;
}

int namespaces_sysctls(const struct spec *spec)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < spec->n_sysctls; i++) {
		const struct pair *sysctl = &spec->sysctls[i];
		autofree char *path = format_text("/proc/sys/%s", sysctl->name);
		autoclose int fd = -1;
		struct statfs fs;

		if (!path)
			return -1;
		for (char *c = path; *c; c++) /* the name of an interface may have a dot: a slash */
			*c = *c == '.' ? '/' : *c == '/' && c > path + 9 ? '.' : *c;
		fd = open_in_root(root, path, O_WRONLY, 0);
		if (fd < 0 || fstatfs(fd, &fs) < 0)
			return fail("sysctl %s", sysctl->name);
		if (fs.f_type != PROC_SUPER_MAGIC)
			return failx("sysctl %s: /proc is none", sysctl->name);
		if (write(fd, sysctl->value, strlen(sysctl->value)) < 0)
			return fail("sysctl %s", sysctl->name);
	}
	return 0;
}
