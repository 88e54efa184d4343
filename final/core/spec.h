/* spec.h: what a container is to be: plain data. */
#ifndef SPEC_H
#define SPEC_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "id.h"
#include "list.h"

/* What mount_setattr(2) changes of a mount, and, if recursive, of those below it. */
struct mount_change {
	uint64_t set, clear; /* MOUNT_ATTR_* */
	uint64_t propagation; /* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE; 0: as it is */
	bool recursive;
};

/* A line of /proc/PID/uid_map or gid_map, and those of both. */
struct id_map {
	uint32_t inside, outside, count;
};
struct id_maps {
	const struct id_map *uids, *gids;
	size_t n_uids, n_gids;
};

/* Which mounts show files' owners as others, mount_setattr(2), "ID-mapped mounts". */
enum id_mapped { NOT_MAPPED, TOP_MAPPED, ALL_MAPPED };

/* A mount of the container. Bind mounts have no type, and their source is a path of the host. */
struct mount {
	const char *type; /* "tmpfs", "proc"...; NULL: a bind mount */
	const char *source; /* the path to bind; else the name shown in the mount table */
	const char *target; /* absolute, in the container; made where it is missing */
	const char *options; /* the file system's own: "size=64m,mode=1777", or NULL */
	uint64_t
		attributes; /* MOUNT_ATTR_* of mount_setattr(2); of all submounts, when recursive */
	bool recursive; /* bind the submounts of source, too */
	bool settled; /* source was found before, by a name without symlinks: none is followed */
	const char *text; /* not NULL: in place of source, a file of its own with this in it */
	bool optional; /* a kernel without type, or without source, is no error */
	struct mount_change changes[4]; /* after all that, in this order */
	size_t n_changes;
	bool copy_up; /* a new file system that gets a copy of what it covers */
	bool copy_mode; /* or the permissions of that alone */
	bool on_kernel_files; /* may be a bind mount on a file of /proc or /sys */
	enum id_mapped id_mapped; /* a bind mount; the inside of maps is what is on the disk */
	struct id_maps maps; /* none: those of the container's user namespace */
};

/* A device node of /dev. */
struct device {
	const char *path; /* in /dev: "null" */
	mode_t mode; /* S_IFCHR or S_IFBLK, and the permissions */
	unsigned major, minor;
};

/* A device node anywhere. */
struct node {
	struct device device; /* its path is absolute */
	uid_t uid;
	gid_t gid;
};

/* What of the cgroup's device controller is allowed, or not; the last rule that fits counts. */
struct device_rule {
	bool allow;
	char type; /* 'c', 'b'; 'a': both */
	int64_t major, minor; /* -1: all */
	char access[4]; /* of "rwm" */
};

/* A namespace that the container is to join. */
struct namespace_path {
	unsigned long type; /* CLONE_NEW* */
	const char *path;
};

/* A program that is run at a point of the container's life, see hooks.c. */
enum hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	N_HOOKS
};
struct hook {
	enum hook_kind kind;
	const char *path;
	char **argv, **env; /* NULL: path alone; none */
	int64_t timeout; /* seconds; 0: none */
};

/* One write to a file of the cgroup, see resources.c. */
struct setting {
	const char *name; /* of the specification, for messages: "memory.limit" */
	char *file[3], *text[3]; /* of v1, v2, and v2 where that is missing; NULL: it has none */
};

/* Limits in the words of the OCI specification. */
struct resources {
	struct setting *settings;
	size_t n_settings;
	struct device_rule *devices;
	size_t n_devices;
	int64_t memory, memory_swap, cpu_quota, cpu_period; /* 0: not named */
};

/* Limits of the container's cgroup; 0 or NULL: none, but for memory_swap. */
struct limits {
	int64_t memory; /* bytes */
	int64_t memory_swap; /* bytes of memory and swap together; -1: no limit; 0: as memory */
	int64_t pids; /* processes and threads */
	int64_t cpu_quota; /* microseconds of CPU time in each cpu_period */
	int64_t cpu_period; /* microseconds */
	const char *cpuset_cpus; /* "0-2,7" */
	bool all; /* controllers, even without a limit: see resources.c */
	bool there; /* the cgroup is already, at the top of v2, and a process keeps it */
};

struct rlimit_entry {
	const char *name; /* "nofile" */
	int resource; /* RLIMIT_* */
	struct rlimit limit;
};

/* Sets of capabilities, bit N for capability N of <linux/capability.h>. */
struct capabilities {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

/* Who answers the system calls that a filter asks about; see runtime-spec, "containerProcessState".
 */
struct listener {
	const char *path; /* of its unix socket */
	const char *metadata; /* NULL: none */
	char *text; /* the JSON that it is told, but for its end: PIDs */
	pid_t first; /* the container's first process; 0: it is this one */
};

/* What starting and joining a container take alike. A new one is all zero: what another process had
 * is never left in it. */
struct process {
	char **argv; /* argv[0] is looked up in the container's PATH */
	char **env; /* NAME=VALUE; HOME is added where it is missing */
	const char *cwd; /* absolute, made where it is missing */
	const char *user; /* UID, NAME, UID:GID, NAME:GROUP of its /etc/passwd and group; NULL: 0 */
	bool terminal; /* a new pty, whose other end container_start() hands out */
	unsigned short rows, columns; /* of that, in an engine's words; 0: not said */
	struct capabilities capabilities;
	bool no_new_privileges;
	struct rlimit_entry *rlimits;
	size_t n_rlimits;
	const gid_t *groups; /* in place of those of /etc/group, unless it is NULL */
	size_t n_groups;
	const mode_t *umask; /* NULL: 022 */
	const char *oom_score_adj; /* NULL: box's own */
	const struct sched_attr *scheduler; /* NULL: box's own */
	const int *io_priority; /* ioprio_set(2); NULL: box's own */
};

struct spec {
	char id[ID_LENGTH + 1]; /* the container's, and the name of its cgroup */

	/* the process */
	struct process process;
	bool init; /* box stays PID 1, and starts the process as its child */
	const struct sock_fprog *seccomp; /* NULL: unconfined */
	unsigned seccomp_flags; /* SECCOMP_FILTER_FLAG_*, besides box's own */
	const struct listener *listener; /* NULL: seccomp asks about none */
	const unsigned long *personality; /* personality(2); NULL: box's own */
	bool forget_caller; /* the kernel's defaults in place of box's own: see caller_forget() */
	bool keep_keyring; /* box's own; else it gets a new one, that is empty */
	unsigned preserve_fds; /* descriptors from 3 on that the process gets */
	bool detached; /* it has box's own stdio, and lives on when box ends */
	bool logged; /* stdout and stderr are pipes, which the caller reads: container->stdio */
	/* Pipes: the process waits for a byte of gate[0], and says by a struct message in gate[1]
	 * what then keeps it from exec. 0: it does not wait. */
	int gate[2];

	/* its root: an overlay, mounted in a namespace of its own; without upper, rootfs itself */
	const char *rootfs; /* the folder that it is mounted on, absolute */
	char **lower; /* the folders below, the topmost first, and NULL; absolute, or as */
	const char *upper, *work; /* what the container writes, relative to rootfs */
	bool temporary; /* that is thrown away after the run */
	uint64_t root_attributes; /* MOUNT_ATTR_* of the root alone: read-only, no devices */
	unsigned long root_propagation; /* MS_* of the root, at the end; 0: as it is */
	bool no_pivot; /* on a root that cannot be pivoted: the kernel's first one */

	/* what it sees */
	unsigned long namespaces; /* CLONE_NEW*; those that are not new are box's own */
	const struct namespace_path *joins;
	size_t n_joins;
	const char *mount_namespace, *user_namespace; /* to join, too; NULL: none */
	struct id_maps maps; /* of a new user namespace */
	const char *time_offsets; /* lines for timens_offsets, time_namespaces(7) */
	const char *hostname, *domainname;
	const struct pair *sysctls; /* by sysctl_path(): "net/ipv4/ip_forward" */
	size_t n_sysctls;
	struct mount *mounts; /* in this order, after the root */
	size_t n_mounts;
	const struct device *devices;
	size_t n_devices;
	const struct node *nodes; /* in place of devices */
	size_t n_nodes;
	const char *const *masked; /* paths that show nothing; those that are missing are skipped */
	const char *const *constant; /* paths made read-only; the same */

	struct limits limits;
	const char *cgroup; /* its path in each hierarchy, "/a/b"; NULL: "box/ID" */
	const struct resources *resources; /* NULL: none */

	const struct hook *hooks;
	size_t n_hooks;
	const char *hook_state; /* what they read on stdin, without the status and the PID; see
				   hooks.c */
};

#endif
