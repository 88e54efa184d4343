/* id-maps.c: makes an ordinary user root of a new user namespace. */
#define _GNU_SOURCE
#include "id-maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "debug.h"
#include "error.h"
#include "file.h"
#include "list.h"
#include "text.h"
#include "spec.h"

/* Returns the user's name in /etc/passwd, or, for a user of a directory service, what login(1) has
 * noted; a wrong name there is harmless, as newuidmap(1) finds out who its caller is. The caller
 * frees the text. NULL, which is no error: there is no name. */
static char *user_name_of(uid_t uid)
{
	autofclose FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry = NULL;

	while (file && (entry = fgetpwent(file)) && entry->pw_uid != uid)
		;
	return entry ? strdup(entry->pw_name) : getenv("USER") ? strdup(getenv("USER")) : NULL;
}

/* Whether the IDs outside of MAP are also in one of the N elements of MAPS: the kernel refuses to
 * map an ID twice. */
static bool overlaps(const struct id_map *map, const struct id_map *maps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (map->outside < (uint64_t)maps[i].outside + maps[i].count &&
			maps[i].outside < (uint64_t)map->outside + map->count)
			return true;
	return false;
}

/* Adds to the *N elements of MAPS each range that FILE has for the user NAME or UID, whose IDs
 * follow those that are mapped already. A line that says the same as one before it is left out. */
static int read_ranges(
	const char *file, const char *name, uid_t uid, struct id_map **maps, size_t *n)
{
	autofclose FILE *lines = fopen(file, "re");
	struct id_map map = {.inside = 1}, *added;
	char line[256], owner[sizeof(line)], number[16];

	snprintf(number, sizeof(number), "%u", uid);
	while (lines && fgets(line, sizeof(line), lines)) {
		if (sscanf(line, "%255[^:]:%" SCNu32 ":%" SCNu32, owner, &map.outside,
			    &map.count) != 3 ||
			(strcmp(owner, number) != 0 && (!name || strcmp(owner, name) != 0)))
			continue;
		if (map.count == 0 || map.count > UINT32_MAX - 1 - map.inside ||
			overlaps(&map, *maps, *n))
			continue;
		if (!(added = list_grow(maps, n, sizeof(*added))))
			return -1;
		*added = map;
		map.inside += map.count;
	}
	return 0;
}

static int add_number(struct strings *words, uint32_t number)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, number);
	return add_string(words, text);
}

/* Makes the command line WORDS of PROGRAM, newuidmap(1) or newgidmap(1), which writes the N lines
 * of MAP for the process PID. The caller frees WORDS, also after an error. */
static int make_words(
	struct strings *words, const char *program, pid_t pid, const struct id_map *map, size_t n)
{
	if (add_string(words, program) < 0 || add_number(words, pid) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_number(words, map[i].inside) < 0 || add_number(words, map[i].outside) < 0 ||
			add_number(words, map[i].count) < 0)
			return -1;
	return 0;
}

/* Makes the command line WORDS of PROGRAM, which maps the ID OWN to 0 for this process, and then
 * the ranges that FILE has for the user NAME. Returns the number of ranges, or -1 after fail(). */
static int map_ranges(struct strings *words, const char *program, const char *file,
	const char *name, uint32_t own)
{
	struct id_map *maps = NULL, *first;
	size_t n = 0;
	int result = -1;

	if ((first = list_grow(&maps, &n, sizeof(*first)))) {
		*first = (struct id_map){.outside = own, .count = 1};
		if (read_ranges(file, name, getuid(), &maps, &n) == 0)
			result = make_words(words, program, getpid(), maps, n);
	}
	free(maps);
	return result < 0 ? -1 : (int)n - 1;
}

/* The command lines of newuidmap(1) and newgidmap(1). */
struct mappers {
	struct strings uid, gid;
	bool any; /* the user has ranges of both kinds */
};

static int find_ranges(struct mappers *mappers)
{
	autofree char *name = user_name_of(getuid());
	int uids, gids;

	if ((uids = map_ranges(&mappers->uid, "newuidmap", "/etc/subuid", name, geteuid())) < 0 ||
		(gids = map_ranges(&mappers->gid, "newgidmap", "/etc/subgid", name, getegid())) < 0)
		return -1;
	mappers->any = uids > 0 && gids > 0;
	return 0;
}

/* Executes ARGV, and returns its exit status, or EXIT_NOT_FOUND if there is no such program; or -1
 * with errno set if no process can be made for it. */
static int run(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_BOX);
	}
	if (pid < 0)
		return -1;
	return waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ? EXIT_BOX : WEXITSTATUS(status);
}

/* Starts a child that stays outside, waits until a byte can be read from GATE, and then maps the
 * IDs of this process. Its exit status is 0, or that of the program that has failed;
 * EXIT_NOT_FOUND only if nothing is mapped. If a program cannot be started because there is no
 * room for a process, the child writes errno to GATE. */
static pid_t start_mapping(const struct mappers *mappers, const int gate[2])
{
	pid_t child = fork();
	int status;
	char byte;

	if (child != 0)
		return child < 0 ? fail("fork") : child;
	/* newuidmap(1) may wait for a directory service: should box be killed meanwhile, this
	 * process must not keep box's locks. */
	close_range(STDERR_FILENO + 1, gate[0] - 1, 0);
	close_range(gate[0] + 1, ~0U, 0);
	if (read(gate[0], &byte, 1) != 1)
		_exit(EXIT_BOX); /* unshare(2) has failed */
	if ((status = run(mappers->uid.list)) == 0 &&
		(status = run(mappers->gid.list)) == EXIT_NOT_FOUND)
		status = EXIT_BOX;
	if (status < 0)
		send(gate[0], &errno, sizeof(errno), MSG_NOSIGNAL);
	_exit(status < 0 ? EXIT_BOX : status);
}

static int map_one(uid_t uid, gid_t gid)
{
	autofree char *uids = format_text("0 %u 1", uid), *gids = format_text("0 %u 1", gid);

	return !uids || !gids || write_file_at(AT_FDCWD, "/proc/self/setgroups", "deny") < 0 ||
			       write_file_at(AT_FDCWD, "/proc/self/uid_map", uids) < 0 ||
			       write_file_at(AT_FDCWD, "/proc/self/gid_map", gids) < 0
		       ? -1
		       : 0;
}

static bool says(const char *file, char first)
{
	char text[8] = "";
	autoclose int fd = open(file, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && text[0] == first;
}

int id_maps_refused(const char *what)
{
	int error = errno;

	if (says("/proc/sys/user/max_user_namespaces", '0'))
		return failx("%s: no more user namespaces: sudo sysctl "
			     "user.max_user_namespaces=15000 allows them",
			what);
	if (error == ENOSPC) /* namespaces(7): each type has a limit of its own */
		return failx("%s: there are as many namespaces as allowed: sysctl -a -r "
			     "'^user.max_' shows the limits",
			what);
	if (says("/proc/sys/kernel/unprivileged_userns_clone", '0'))
		return failx("%s: user namespaces are root's alone here: sudo sysctl "
			     "kernel.unprivileged_userns_clone=1 allows them to all",
			what);
	if (says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		return failx("%s: AppArmor gives no rights in a user namespace: sudo sysctl "
			     "kernel.apparmor_restrict_unprivileged_userns=0 allows it, or a "
			     "profile of box's own with \"userns,\"",
			what);
	errno = error;
	return fail("%s", what);
}

/* Lets the CHILD of start_mapping() map the IDs, or without GO end. Returns its exit status, or -1
 * after fail(). */
static int end_mapping(pid_t child, int gate, bool go)
{
	int status, error;

	if (go)
		send(gate, "", 1, MSG_NOSIGNAL);
	shutdown(gate, SHUT_WR);
	if (waitpid(child, &status, 0) < 0)
		return fail("wait for newuidmap");
	if (!WIFEXITED(status))
		return failx("the process that calls newuidmap was killed");
	if (recv(gate, &error, sizeof(error), MSG_DONTWAIT) == sizeof(error)) {
		errno = error;
		return fail("start newuidmap");
	}
	return WEXITSTATUS(status);
}

static int not_mapped(int status)
{
	const char *hint =
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
			? ", as no_new_privs keeps root's rights from them (systemd.exec: "
			  "NoNewPrivileges=)"
			: "";

	return failx("newuidmap or newgidmap cannot map the ranges of /etc/subuid and "
		     "/etc/subgid: status %d%s",
		status, hint);
}

int id_maps_unshare(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct mappers mappers = {.any = false};
	int gate[2], status = EXIT_NOT_FOUND;
	pid_t child = -1;
	bool made;

	/* The memory is not freed: the command lines are short, and this is done once. */
	if (find_ranges(&mappers) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) < 0)
		return fail("socketpair");
	if (mappers.any)
		child = start_mapping(&mappers, gate);
	close(gate[0]);
	debug("unshare the user namespace: %u is root in it", uid);
	made = (!mappers.any || child > 0) && unshare(CLONE_NEWUSER) == 0;
	if (!made && (!mappers.any || child > 0))
		id_maps_refused("make a user namespace");
	if (child > 0)
		status = end_mapping(child, gate[1], made);
	close(gate[1]);
	if (!made || status < 0)
		return -1;
	if (status == EXIT_NOT_FOUND)
		return map_one(uid, gid);
	return status ? not_mapped(status) : 0;
}

/* Writes MAP to FILE, uid_map or gid_map, of the process PID. */
static int write_map(pid_t pid, const char *file, const struct id_map *map, size_t n)
{
	autofree char *path = format_text("/proc/%d/%s", pid, file);
	autofree char *text = calloc(n + 1, 40);

	if (!path || !text)
		return fail("memory");
	for (size_t i = 0; i < n; i++)
		sprintf(text + strlen(text), "%u %u %u\n", map[i].inside, map[i].outside,
			map[i].count);
	for (size_t i = 0; i < n; i++)
		debug("write %u %u %u to %s", map[i].inside, map[i].outside, map[i].count, path);
	return write_file_at(AT_FDCWD, path, text);
}

/* Has PROGRAM, newuidmap(1) or newgidmap(1), write MAP for the process PID. */
static int run_mapper(const char *program, pid_t pid, const struct id_map *map, size_t n)
{
	struct strings words = {.n = 0};
	int result = make_words(&words, program, pid, map, n);
	int status = result == 0 ? run(words.list) : 0;

	free_list(&words.list);
	if (status < 0)
		return fail("start %s", program);
	if (status == EXIT_NOT_FOUND)
		return failx("%s, which has to map these IDs, is not installed", program);
	return status ? failx("%s cannot map these IDs: status %d", program, status) : result;
}

int id_maps_write(pid_t pid, bool groups, const struct id_map *map, size_t n)
{
	uint32_t own = groups ? getegid() : geteuid();
	autofree char *setgroups = NULL;

	if (n == 0)
		return 0;
	if (geteuid() == 0)
		return write_map(pid, groups ? "gid_map" : "uid_map", map, n);
	if (n > 1 || map->count > 1 || map->outside != own)
		return run_mapper(groups ? "newgidmap" : "newuidmap", pid, map, n);
	if (groups && (!(setgroups = format_text("/proc/%d/setgroups", pid)) ||
			      write_file_at(AT_FDCWD, setgroups, "deny") < 0))
		return -1;
	return write_map(pid, groups ? "gid_map" : "uid_map", map, n);
}
