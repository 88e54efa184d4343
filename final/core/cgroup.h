/* cgroup.h: limits, and a handle on all processes of a container. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec.h"

enum { MAX_HIERARCHIES = 17 }; /* each of v1, and v2 */

/* The cgroup of one container: on v2 one folder, on v1 one for each hierarchy that is needed, on
 * hybrid machines both. */
struct cgroup {
	struct hierarchy {
		char path[512];
		char list[128]; /* of v1: its controllers, as /proc/self/cgroup has them */
		int dir; /* O_CLOEXEC */
		bool v2;
		unsigned controllers; /* that can limit there: those of v1, or enabled for it */
		bool given; /* its path is: what is above it is others' */
	} hierarchies[MAX_HIERARCHIES];
	size_t n;
};

/* Makes the cgroup "box/ID", or ID if that is a path that begins with '/', at the top of a
 * hierarchy or in a cgroup delegated to box, and writes LIMITS before anything can run in it. A
 * limit that cannot be had is an error that names the controller, where it was looked for, and what
 * to do. On an error nothing is left. A machine that allows no cgroups has none (n is 0), unless
 * LIMITS asks for one. */
int cgroup_make(struct cgroup *cgroup, const char *id, const struct limits *limits);

/* Whether LIMITS agree with each other. */
int cgroup_check(const struct limits *limits);

/* Gives the running container ID, whose box is the process BOX, LIMITS in place of the OLD ones,
 * which stay in force where possible on an error. */
int cgroup_update(const char *id, pid_t box, const struct limits *limits, const struct limits *old);

/* Puts PID, which has joined CGROUP, also into what cgroup_update() has made for ID since that was
 * opened. */
int cgroup_follow(const struct cgroup *cgroup, const char *id, pid_t pid);

/* Whether there is any limit in LIMITS. */
bool cgroup_has_limits(const struct limits *limits);

/* A descriptor for CLONE_INTO_CGROUP, or -1 without fail() when no hierarchy is v2. */
int cgroup_clone_fd(const struct cgroup *cgroup);

/* Puts the calling process, which has one thread, into the v1 hierarchies (cgroups(7), "tasks"),
 * and with JOIN_V2 into that of v2. */
int cgroup_join(const struct cgroup *cgroup, bool join_v2);

/* Stops all processes in it, and waits for that: those that the kernel cannot stop within 5 seconds
 * are an error, and all go on. Or lets them go on. Needs v2 or the freezer of v1. */
int cgroup_freeze(const struct cgroup *cgroup, bool frozen);

/* Lets the processes of the cgroup of ID go on, if there is one. */
void cgroup_thaw(const char *id);

/* Returns -1 after failx() if the cgroup or one above it is frozen: a process that is put into it
 * would stop at once, and box would wait for that process for ever. */
int cgroup_check_runs(const struct cgroup *cgroup);

/* Lists the processes in it and below it, by their numbers. Returns how many, or -1 after fail().
 * The caller frees the list. */
ssize_t cgroup_pids(const struct cgroup *cgroup, pid_t **pids);

/* Kills every process in it, frozen ones too. */
int cgroup_kill(const struct cgroup *cgroup);

/* Kills every process in it, and removes it. */
int cgroup_remove(struct cgroup *cgroup);

/* Kills and removes what there is of the cgroup that cgroup_make() made for ID. EVERYWHERE: also
 * when it did so in a cgroup of v2 that is not delegated to this box. */
int cgroup_sweep(const char *id, bool everywhere);

/* Opens it, wherever it is. */
int cgroup_open(struct cgroup *cgroup, const char *id);
void cgroup_close(struct cgroup *cgroup);

/* Goes to a cgroup below CGROUP that is there already: PATH, or CONTROLLER[,CONTROLLER...]:PATH for
 * these hierarchies of v1 alone. */
int cgroup_go_below(struct cgroup *cgroup, const char *text);

/* Whether that of ID is frozen, or about to be. */
bool cgroup_frozen(const char *id);

/* What a container uses, by its cgroup. Without limits it may have none that counts memory or
 * tasks, on v1 nor CPU time: then these are the sums of what its processes say, which lack the time
 * of those that came from outside and have ended. */
struct usage {
	int64_t cpu; /* microseconds */
	int64_t memory; /* bytes, without those of files that can be dropped */
	int64_t limit; /* of memory: that of the container, or what the machine has */
	int64_t tasks; /* processes and threads */
};

/* Returns 1 when it has no process any more. */
int cgroup_usage(const char *id, struct usage *usage);

#endif
