/* cgroup.h: the cgroup of a container: its limits, and how to stop, list and kill all of its
 * processes. Functions that return an int return 0, or -1 after fail(), unless their comment says
 * more. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec.h"

enum { MAX_HIERARCHIES = 17 }; /* one for each controller of v1, and v2 */

/* The cgroup of one container. On v2 it is one folder; on v1, a folder in each hierarchy that is
 * needed; on machines with both, one folder of v2 and those of v1. */
struct cgroup {
	struct hierarchy {
		char path[512]; /* of the folder, in the host's file system */
		char list[128]; /* v1: its controllers, as /proc/self/cgroup lists them */
		int dir; /* a descriptor of the folder, with O_CLOEXEC */
		bool v2;
		/* the controllers that can limit this cgroup: all of the hierarchy (v1), or the
		 * enabled ones (v2) */
		unsigned controllers;
		bool given; /* the caller gave its path, so the folders above it are not box's */
	} hierarchies[MAX_HIERARCHIES];
	size_t n;
};

/* Makes the cgroup "box.ID", or, if ID begins with '/', the cgroup of this path, at the top of a
 * hierarchy or in a cgroup that was delegated to box, and writes LIMITS before any process can run
 * in it. If a limit is not available, the error names the controller, where box looked for it, and
 * what to do. After an error no cgroup is left. Where box can make no cgroups, CGROUP stays empty
 * (cgroup->n is 0), which is an error only if LIMITS names a limit. The caller ends CGROUP by
 * remove_cgroup() or cgroup_close(). */
int make_cgroup(struct cgroup *cgroup, const char *id, const struct limits *limits);

/* Moves the calling process below the cgroup that was delegated to it, if that is its own one: then
 * it is not in the way of limits (see make_room()). Errors are ignored. */
void cgroup_make_room(void);

/* Checks LIMITS: the limit of memory and swap together needs a memory limit, and cannot be lower
 * than that; a set of CPUs must name at least one CPU. */
int cgroup_check(const struct limits *limits);

/* Replaces the limits OLD of the running container ID by LIMITS. BOX is the PID of the box that
 * runs it; it may be moved to another cgroup to make room for the limits (see make_room()). After
 * an error the old limits are written again, as far as possible. */
int cgroup_update(const char *id, pid_t box, const struct limits *limits, const struct limits *old);

/* Puts the process PID, which has joined CGROUP, also into those cgroups of the container ID that
 * cgroup_update() has made since CGROUP was opened (only v1 has such cgroups). */
int cgroup_follow(const struct cgroup *cgroup, const char *id, pid_t pid);

/* Whether LIMITS contains a limit that needs a cgroup. */
bool cgroup_has_limits(const struct limits *limits);

/* Returns the descriptor for CLONE_INTO_CGROUP (clone(2)), which still belongs to CGROUP; or -1,
 * without fail(), if CGROUP has no cgroup of v2. */
int cgroup_clone_fd(const struct cgroup *cgroup);

/* Puts the calling process, which must have only one thread, into the cgroups of v1 (by their files
 * "tasks", cgroups(7)), and with JOIN_V2 also into the cgroup of v2. */
int cgroup_join(const struct cgroup *cgroup, bool join_v2);

/* With FROZEN, stops all processes in CGROUP, and waits until they have stopped; if the kernel
 * cannot stop all of them within 5 seconds, that is an error, and all go on. Without FROZEN, lets
 * them go on. This needs v2, or the freezer of v1. */
int cgroup_freeze(const struct cgroup *cgroup, bool frozen);

/* Lets the frozen processes of the container ID go on, if the container has a cgroup. Errors are
 * ignored. */
void cgroup_thaw(const char *id);

/* It is an error if CGROUP, or a cgroup above it, is frozen: a process that is put into CGROUP
 * would stop at once, and box would wait for that process for ever. */
int cgroup_check_runs(const struct cgroup *cgroup);

/* Sets *PIDS to the PIDs of the processes in CGROUP and below it, in ascending order. Returns how
 * many there are, or -1 after fail(). The caller frees *PIDS in either case. */
ssize_t cgroup_pids(const struct cgroup *cgroup, pid_t **pids);

/* Kills every process in CGROUP, frozen ones too. It is an error if there still are processes to
 * kill after 5 seconds. */
int cgroup_kill(const struct cgroup *cgroup);

/* Kills every process in CGROUP, removes its folders, and closes its descriptors, also after an
 * error. It is an error if a folder cannot be removed within 5 seconds. */
int remove_cgroup(struct cgroup *cgroup);

/* Kills and removes what is left of the cgroup that make_cgroup() made for ID. With EVERYWHERE the
 * cgroups of v2 that were delegated to another box are searched, too. */
int cgroup_sweep(const char *id, bool everywhere);

/* cgroup_open() opens the cgroup of the container ID, also if it is below a cgroup that was
 * delegated to another box. It is an error if there is none; but on a machine without cgroups, and
 * for users other than root of the machine, who may not be allowed to make cgroups, CGROUP is then
 * empty (cgroup->n is 0). cgroup_close() closes its descriptors. */
int cgroup_open(struct cgroup *cgroup, const char *id);
void cgroup_close(struct cgroup *cgroup);

/* Fills in CGROUP with the cgroups in which this process itself was born, one for each hierarchy,
 * without descriptors. The caller does not end it. Returns 0, or -1 after fail(). */
int cgroup_own(struct cgroup *cgroup);

/* Returns the name of the extended attribute by which box marks a cgroup that it has made at a
 * given path. If the cgroup at a given path lacks this mark, it is not the container's, whatever
 * the container's state says. Only root of the machine can set "trusted.box"; for others it is
 * "user.box" (which needs Linux 5.7). */
const char *cgroup_mark(void);

/* Replaces the open CGROUP by an existing cgroup below it. TEXT is the path of that cgroup relative
 * to CGROUP; or CONTROLLER[,CONTROLLER...]:PATH, which changes only the hierarchies of v1 that have
 * these controllers. */
int cgroup_go_below(struct cgroup *cgroup, const char *text);

/* Returns the number after KEY, the beginning of a line in FILE, in the first hierarchy of CGROUP
 * that has such a number; if KEY is NULL, the first number in FILE. Returns -1, which is no error,
 * if there is no number, or "max" in its place. */
int64_t cgroup_number(const struct cgroup *cgroup, const char *file, const char *key);

/* Returns 1 if the container ID has a cgroup; 0 if it has none, which cgroup_open() allows; or -1
 * after fail(). */
int cgroup_exists(const char *id);

/* Whether the cgroup of the container ID is frozen, or about to be; false also if the container has
 * no cgroup. */
bool cgroup_frozen(const char *id);

/* What a container uses, by its cgroup. A container without limits may have no cgroup at all, none
 * that counts memory or tasks, and on v1 none that counts CPU time. Then these fields are the sums
 * of what the container's processes report, without the CPU time of processes of box exec that have
 * ended. */
struct usage {
	int64_t cpu; /* CPU time, in microseconds */
	int64_t memory; /* bytes, without cached files that the kernel can drop at any time */
	int64_t limit; /* bytes: the memory limit, but at most the machine's memory */
	int64_t tasks; /* processes and threads */
};

/* Fills in USAGE for the container ID, whose first process is FIRST. Returns 0; 1 if the container
 * has no process any more; or -1 after fail(). */
int cgroup_usage(const char *id, pid_t first, struct usage *usage);

#endif
