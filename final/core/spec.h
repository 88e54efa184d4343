/* spec.h: the description of a container to be made, as plain data. The caller of core/ owns
 * everything to which it points. */
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

/* What mount_setattr(2) is to change of a mount, and if recursive, of the mounts below it. */
struct mount_change {
	uint64_t set, clear; /* MOUNT_ATTR_* */
	uint64_t propagation; /* MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE; 0: unchanged */
	bool recursive;
};

/* A line of /proc/PID/uid_map or gid_map (user_namespaces(7)), and all lines of both files. */
struct id_map {
	uint32_t inside, outside, count;
};
struct id_maps {
	const struct id_map *uids, *gids;
	size_t n_uids, n_gids;
};

/* Whether a mount shows the files' owners as other users (mount_setattr(2), "ID-mapped mounts"):
 * not at all, without the mounts below it, or with them. */
enum id_mapped { NOT_MAPPED, TOP_MAPPED, ALL_MAPPED };

/* A mount of the container. A bind mount has no type, and its source is a path of the host. */
struct mount {
	const char *type; /* "tmpfs", "proc"...; NULL: a bind mount, or a new file with text */
	/* the host's path to bind; otherwise the name to show in the mount table */
	const char *source;
	const char *target; /* absolute, in the container; made where it is missing */
	const char *options; /* the file system's own: "size=64m,mode=1777", or NULL */
	/* MOUNT_ATTR_*, see mount_setattr(2); if recursive, also for all submounts */
	uint64_t attributes;
	bool recursive; /* bind the submounts of source as well */
	bool settled; /* source is a resolved path: a symlink in it is an error */
	const char *text; /* not NULL: mount a new file with this text, in place of source */
	/* it is no error if the kernel lacks type, or if source or target is missing */
	bool optional;
	struct mount_change changes[4]; /* made last to the mount, in this order */
	size_t n_changes;
	bool copy_up; /* a new file system gets a copy of the folder that it covers */
	bool copy_mode; /* a new file system gets the permissions of the folder that it covers */
	bool on_kernel_files; /* a bind mount on a file of /proc or /sys is allowed */
	/* a bind mount that box takes: the first process, root of another user namespace, cannot
	 * look into all folders of the host */
	bool by_box;
	/* for a bind mount: "inside" in maps are the IDs on the disk */
	enum id_mapped id_mapped;
	struct id_maps maps; /* empty: the maps of the container's user namespace */
};

/* A device node of /dev. */
struct device {
	const char *path; /* relative to /dev: "null" */
	mode_t mode; /* S_IFCHR or S_IFBLK (in a struct node also S_IFIFO), and the permissions */
	unsigned major, minor;
};

/* A device node at any path, with its owner. */
struct node {
	struct device device; /* here the path is absolute */
	uid_t uid;
	gid_t gid;
};

/* A rule of the cgroup's device controller, which allows or denies devices. Of the rules that fit a
 * device, the last one counts. */
struct device_rule {
	bool allow;
	char type; /* 'c': character devices; 'b': block devices; 'a': both */
	int64_t major, minor; /* -1: all */
	char access[4]; /* some of the letters of "rwm": read, write, make the node */
};

/* A namespace that the container is to join. */
struct namespace_path {
	unsigned long type; /* CLONE_NEW* */
	const char *path;
};

/* The points of a container's life at which programs are run, see hooks_run(). */
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
	/* argv NULL: only path; env NULL: the environment of the process that runs the hook */
	char **argv, **env;
	int64_t timeout; /* seconds; 0: no timeout */
};

/* A text that is to be written to a file of the cgroup, see resources.c. */
struct setting {
	const char *name; /* the specification's name of the limit, for messages: "memory.limit" */
	/* [0] for v1; [1] for v2; [2] for v2 if file[1] does not exist; NULL: no such file */
	char *file[3], *text[3];
};

/* Limits of the OCI runtime specification. */
struct resources {
	struct setting *settings;
	size_t n_settings;
	struct device_rule *devices;
	size_t n_devices;
	/* bytes, bytes, microseconds, microseconds; 0: not named */
	int64_t memory, memory_swap, cpu_quota, cpu_period;
};

/* Limits of the container's cgroup that box has options for, and how the cgroup is made; struct
 * resources has those of config.json. 0 or NULL is no limit, except for memory_swap. */
struct limits {
	int64_t memory; /* bytes */
	/* bytes of memory and swap together; -1: no limit; 0: the same as memory */
	int64_t memory_swap;
	int64_t pids; /* processes and threads */
	int64_t cpu_quota; /* microseconds of CPU time in each cpu_period */
	int64_t cpu_period; /* microseconds */
	const char *cpuset_cpus; /* "0-2,7" */
	bool all; /* use all hierarchies and controllers, even without a limit: for resources.c */
	/* systemd has made the cgroup, at the top of v2, and a process in it keeps it */
	bool there;
};

struct rlimit_entry {
	const char *name; /* "nofile" */
	int resource; /* RLIMIT_* */
	struct rlimit limit;
};

/* Sets of capabilities: bit N stands for capability N of <linux/capability.h>. */
struct capabilities {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

/* The program that answers the system calls about which a filter asks (runtime-spec,
 * config-linux.md, "containerProcessState"). */
struct listener {
	const char *path; /* the path of its unix socket */
	const char *metadata; /* listenerMetadata of config.json; NULL: none */
	char *text; /* the JSON to send to it, without its end: pass_listener() adds the PIDs */
	/* the PID of the container's first process; 0: the process with the filter is the first */
	pid_t first;
};

/* ---- the parts of struct spec ---- */

/* What exec needs, for a container's first process as well as for a process that joins a container.
 * A new struct process must be all zero, so that it keeps nothing of another process. */
struct process {
	char **argv; /* NULL-terminated; argv[0] is looked up in the container's PATH */
	char **env; /* NAME=VALUE, NULL-terminated; HOME is added if it is missing */
	const char *cwd; /* the working folder: absolute, made if it is missing */
	/* UID, NAME, UID:GID or NAME:GROUP, with the names of the image; NULL: 0 */
	const char *user;
	bool terminal; /* it gets a new pty; box's end is container->master */
	bool logged; /* its stdout and stderr are pipes that the caller reads: container->stdio */
	bool forget_caller; /* give it the kernel's defaults: see caller_forget() */
	struct capabilities capabilities;
	bool no_new_privileges;
	const struct sock_fprog *seccomp; /* the filter of system calls; NULL: none */
	struct rlimit_entry *rlimits;
	size_t n_rlimits;

	/* What only box-oci sets. */
	bool detached; /* it has box's own stdio, and goes on when box ends */
	/* the size of the terminal, if config.json has one; 0: none */
	unsigned short rows, columns;
	/* not NULL: its supplementary groups, in place of the groups in /etc/group */
	const gid_t *groups;
	size_t n_groups;
	const mode_t *umask; /* NULL: 022 */
	const char *oom_score_adj; /* NULL: unchanged, as box's caller has it */
	const struct sched_attr *scheduler; /* NULL: unchanged */
	const int *io_priority; /* as ioprio_set(2) takes it; NULL: unchanged */
	const unsigned long *personality; /* as personality(2) takes it; NULL: unchanged */
	unsigned seccomp_flags; /* SECCOMP_FILTER_FLAG_*, in addition to those that box sets */
	/* not NULL: the filter asks this program about system calls */
	const struct listener *listener;
	/* it keeps the caller's session keyring; otherwise it gets a new, empty one */
	bool keep_keyring;
	unsigned preserve_fds; /* how many descriptors from 3 on it gets from box */
};

/* The container's root: an overlay; if upper is NULL, the folder itself. */
struct root {
	const char *path; /* an absolute path: the folder on which the root is mounted */
	/* the image's folders, the topmost first; NULL-terminated; absolute or relative to path */
	char **lower;
	/* the folders for what the container writes, relative to path */
	const char *upper, *work;
	/* not NULL: the absolute paths of the folders that have all of the above in them; the IDs
	 * on the disk are those of the container's new user namespace; NULL-terminated */
	char **mapped;
	bool outside; /* box mounts the overlay in its own mount namespace: see fuse.h */
	bool temporary; /* what the container writes is thrown away after the run */
	/* MOUNT_ATTR_* of the root's mount alone: read-only, no devices */
	uint64_t attributes;
	/* the propagation (MS_*) that the root's mount gets at the end; 0: unchanged */
	unsigned long propagation;
	bool no_pivot; /* do not use pivot_root(2), which cannot replace the kernel's first root */
};

/* The namespaces of the container. For each type of which it neither has a new one nor joins one,
 * it stays in box's own. */
struct namespaces {
	unsigned long made; /* CLONE_NEW* of new ones, without CLONE_NEWTIME: see time_offsets */
	/* existing ones to join, except mount and user namespaces */
	const struct namespace_path *joins;
	size_t n_joins;
	/* the paths of an existing mount and user namespace to join; NULL: none */
	const char *mount, *user;
	struct id_maps maps; /* the maps of a new user namespace; empty: no new one */
	/* lines for timens_offsets of a new time namespace, see time_namespaces(7); NULL: none */
	const char *time_offsets;
};

struct hooks {
	const struct hook *list;
	size_t n;
	/* the JSON that hooks read on stdin, without the braces, the status and the PID */
	const char *state;
};

/* What only an engine of the OCI specification asks for. */
struct oci_extras {
	/* Two fifos. Before exec, the process waits until it can read a byte from gate[0]. If an
	 * error follows, the process writes it to gate[1], as a struct message. gate[0] is 0: the
	 * process does not wait. */
	int gate[2];
	const char *domainname;
	const struct pair *sysctls; /* with names of sysctl_path(): "net/ipv4/ip_forward" */
	size_t n_sysctls;
	const struct node *nodes; /* in place of spec->devices */
	size_t n_nodes;
	const struct resources *resources; /* NULL: none */
	struct hooks hooks;
};

extern const struct oci_extras no_oci_extras; /* all zero */

struct spec {
	char id[ID_LENGTH + 1]; /* the container's ID, which is also the name of its cgroup */
	struct process process;
	bool init; /* a copy of box stays as PID 1, and starts the process as its child */

	struct namespaces namespaces;
	const char *hostname; /* NULL: unchanged */
	const char *cgroup; /* its path in each hierarchy, "/a/b"; NULL: "/box.ID" */
	struct limits limits;

	struct root root;
	struct mount *mounts; /* mounted in this order, after the root */
	size_t n_mounts;
	const struct device *devices; /* the nodes of the /dev that box makes */
	size_t n_devices;
	const char *const *masked; /* paths to hide, NULL-terminated; a missing one is skipped */
	/* paths to make read-only, NULL-terminated; a missing one is skipped */
	const char *const *constant;

	const struct oci_extras *oci; /* never NULL: &no_oci_extras, if the caller needs none */
};

#endif
