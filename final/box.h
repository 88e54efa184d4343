/*
 * box.h: what a container is to box (struct spec), and every public function, file by file.
 *
 *   argv -- box.c, run.c -- image.c, store.c --> struct spec --> container.c --> init.c --> exec
 *
 * Functions return -1 after fail() has noted why, unless their comment says otherwise; the program
 * prints failure() once. What runs inside the container does the same, and container.c fetches it.
 */
#ifndef BOX_H
#define BOX_H

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#define BOX_VERSION "0.7"

/* Docker's, and the shells'. 128 + N says that signal N killed the command. */
enum { EXIT_BOX = 125, EXIT_CANNOT_EXEC = 126, EXIT_NOT_FOUND = 127 };

/* An ID is 256 random bits; its first 12 digits are what people type, and the hostname. */
enum { ID_LENGTH = 64, SHORT_ID_LENGTH = 12 };

/* ---- struct spec: plain data, all that container.c and init.c know ---- */

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

struct pair {
	const char *name, *value;
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

/* ---- error.c: an error's text, noted where it happens, printed once ---- */

/* Who says it; box, unless main() says otherwise. */
extern const char *speaker;

/* Notes FORMAT, ": " and the text of errno. Keeps errno. Returns -1. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Notes FORMAT alone. Returns -1. */
int failx(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What was noted last: one line, no newline at its end; nothing of it moves a terminal's cursor. */
const char *failure(void);

/* Prints it on stderr: "box: TEXT". Returns EXIT_BOX. */
int report(void);

/* Says a line that is no error on stderr: "box: FORMAT". */
void warn_user(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- util.c: what several files need ---- */

/* Releases what a variable holds at the end of its scope. */
void close_fd(int *fd);
void free_pointer(void *pointer); /* a pointer to the pointer */
void close_file(FILE **file);
#define autoclose __attribute__((cleanup(close_fd)))
#define autofree __attribute__((cleanup(free_pointer)))
#define autofclose __attribute__((cleanup(close_file)))

/* Gives up what a variable holds to the caller: the end of its scope no longer releases it. */
int steal_fd(int *fd);
#define steal_pointer(pointer)                                                                     \
	({                                                                                         \
		__typeof__(*(pointer)) stolen_ = *(pointer);                                       \
		*(pointer) = NULL;                                                                 \
		stolen_;                                                                           \
	})

/* As asprintf(3); NULL after fail(). The caller frees it. */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes all SIZE bytes. */
int write_all(int fd, const void *data, size_t size);

/* Writes TEXT into the existing file NAME of the folder DIR (a descriptor, or AT_FDCWD). */
int write_file_at(int dir, const char *name, const char *text);

/* Makes NAME of the folder DIR a file of root's alone, with SIZE bytes of DATA. Whoever opens it
 * sees all of them, or all of what was there before; if it LASTS, after a power cut, too, which
 * takes a while on a disk. Who writes holds a lock, as NAME.new is the way. */
int replace_file_at(int dir, const char *name, const void *data, size_t size, bool lasts);

/* Reads the whole file FD, at most LIMIT bytes, with a NUL after it. The caller frees it. NULL
 * after fail(), which NAMEs it; longer files are an error (EFBIG), fifos and devices, too (EINVAL).
 */
char *read_file(int fd, const char *name, size_t limit);

/* The same for the file NAME of DIR. */
char *read_file_at(int dir, const char *name, size_t limit);

/* Removes NAME of DIR, and all below it, following no symlink and entering no other file system.
 * Returns 0 also when there is none. */
int remove_tree_at(int dir, const char *name);

/* Bytes on the disk of the files in the folder PATH and below: as far as can be seen. */
uint64_t tree_size(const char *path);

/* 32 random bytes as ID_LENGTH hexadecimal digits, and a NUL. */
void random_id(char id[ID_LENGTH + 1]);

/* Seconds of CLOCK_MONOTONIC, which nobody sets. */
double clock_now(void);

/* Sleeps for SECONDS, but not beyond DEADLINE, a time of clock_now(). Returns false, at once, when
 * DEADLINE has passed: so a caller looks once more after its last nap. A loop that counted naps
 * would wait too long in a process that was stopped, or had to wait for a CPU. */
bool nap(double seconds, double deadline);

/* Opens /dev/null as what is closed of 0, 1 and 2: the next file that is opened would be written to
 * as standard output. */
int open_standard_files(void);

/* Replaces what is no UTF-8, and what commands a terminal, by question marks. */
void make_printable(char *text);

/* Opens NAME as the root DIR shows it: absolute names, "..", and symlinks stay in DIR; magic links
 * of /proc are refused (openat2(2), RESOLVE_IN_ROOT). Returns the descriptor; errno only, no
 * fail().
 */
int open_in_root(int dir, const char *name, int flags, mode_t mode);

/* As realpath(3), for a name that is kept. NULL after fail(), also where /proc/PID/root or cwd
 * leads to what has no such name here: that process may have mounts, or a root, of its own. */
char *real_path(const char *path);

/* Opens PATH, relative to DIR, which had no symlink in it when it was found: one that somebody has
 * put there since is an error (ELOOP; openat2(2), RESOLVE_NO_SYMLINKS). errno only, no fail(). */
int open_settled(int dir, const char *path, int flags);

/* Fields of /proc/PID/stat, by their numbers in proc_pid_stat(5). */
enum {
	STAT_UTIME = 14, /* clock ticks: this, stime, and cutime and */
	STAT_CSTIME = 17, /* cstime of the children that were waited for */
	STAT_THREADS = 20,
	STAT_STARTTIME = 22, /* clock ticks after boot */
	STAT_ENV_START = 50, /* addresses, of the environment that it was executed with */
	STAT_ENV_END = 51,
	N_STAT
};

/* Reads them, from the third on. False when there is no such process. */
bool process_stat(pid_t pid, int64_t fields[N_STAT]);

/* A name of /proc/self/mountinfo as it is: there a blank is \040, a backslash \134. */
void unescape_octal(char *text);

/* The path of the program NAME that is installed with box: in the folder of box's own file, or in
 * ../libexec/box beside that. The caller frees it. NULL after fail(). */
char *helper_path(const char *name);

/* ---- signal.c: names of signals ---- */

/* The number of the signal that TEXT names: all of signal(7), in any case, with SIG or without;
 * RTMIN, RTMIN+N, RTMAX-N, RTMAX; or a number of at least LEAST. -1 after fail() for anything else.
 */
int parse_signal(const char *text, int least);

/* ---- outfile.c: files that box writes where its caller says ---- */

/* Opens PATH as the root folder ROOT shows it; -1: as the host does. errno only, no fail(). */
int open_path(int root, const char *path, int flags);

/* Opens the folder that PATH is in, and gives the name that it has there: "." for the root, and for
 * what has no name of its own. PATH has no slash at its end. errno only, no fail(). */
int open_parent(int root, const char *path);
const char *base_of(const char *path);

/* The place of a file that is to be written, or replaced. */
struct spot {
	int folder;
	char *name;
	char new[32]; /* what it is called until it is whole */
};

/* Finds the place of the file PATH, as open_path() has it. Symlinks are followed as a shell's ">"
 * does it, to a file that is not there yet, too. What is there must be a regular file: a device, a
 * fifo or a socket is an error, as to replace it may break the host. Returns 1 if PATH is a folder:
 * SPOT is empty then. To be closed after an error, too. */
int spot_find(int root, const char *path, struct spot *spot);
void spot_close(struct spot *spot);
#define autospot __attribute__((cleanup(spot_close)))

/* Makes the new file beside it, and returns its descriptor. Then either gives it the name, so that
 * it is seen as a whole, or removes it. PATH is for messages. */
int spot_create(struct spot *spot, const char *path, mode_t mode);
int spot_replace(const struct spot *spot, const char *path);
void spot_give_up(const struct spot *spot);

/* ---- image.c: IMAGE -> layers and configuration ---- */

/* An image, or a folder that is used as one. Freed by image_free(). */
struct image {
	char id[ID_LENGTH + 1]; /* a SHA-256, see import.c; "" for a folder */
	struct json_t *record; /* what import.c has written; it owns the texts below */
	const char *source; /* as it was given when it was unpacked */
	char *folder; /* a folder used as the only layer, without symlinks; NULL for others */
	char **layers; /* names below store->layers, the topmost first; NULL-terminated */
	size_t n_layers;
	/* the configuration; NULL or empty where the image says nothing */
	char **entrypoint, **cmd, **env;
	const char *workdir, *user, *stop_signal;
	const char *created; /* RFC 3339, UTC */
	uint64_t size; /* bytes of all layers, unpacked */
};

struct store;

/* Finds NAME: without a slash in it, the name, or the ID or at least 4 of its first digits, of an
 * image that was unpacked before; else a folder or an archive of the host. An archive is unpacked
 * unless it was already. FILE:TAG is one of several images in FILE. */
int image_get(struct store *store, const char *name, struct image *image);

/* Finds the image of a container that was made before, by what options_save() was told: an image's
 * whole ID, or the absolute path of a folder. No file in the working folder counts, whatever its
 * name. */
int image_get_saved(struct store *store, const char *saved, struct image *image);

/* Unpacks the archive or OCI layout FILE, and names it NAME (NULL: no name). */
int image_import(struct store *store, const char *file, const char *name, struct image *image);

/* Prints the table of images; with QUIET, their IDs alone. */
int image_list(struct store *store, bool quiet);

/* Removes the image NAME, and the layers that no other image has. An image in use is an error. */
int image_remove(struct store *store, const char *name);

/* Removes the images that no container has, and prints their IDs. Adds what that has freed to
 * BYTES. One that fails does not stop the others. */
int image_prune(struct store *store, uint64_t *bytes);

void image_free(struct image *image);

/* ---- store.c: what lies on the disk, and who uses it ---- */

/*
 * DATA (/var/lib/box, --data, $BOX_DATA), all of it for root alone, 0700:
 *   layers/HEX         one unpacked layer each, by the first 32 digits of its file's SHA-256;
 *                      HEX-root: an archive that was not of an image, unpacked without whiteouts;
 *                      HEX-over: a layer that was unpacked over those below it, see import.c;
 *                      extended attributes: trusted.box.digest, all digits; trusted.box.size, the
 *                      bytes that were written
 *   images/ID.json     one image each
 *   names/NAME         symlink to the ID
 *   files/KEY          symlink to the ID; KEY is a hash of which archive file (device, inode, size,
 *                      times) and which tag that was; a file that others than root can write
 *                      has a second KEY, of its SHA-256, and that one alone is trusted
 *   containers/ID/     upper, work; locked while the container lives
 *   tmp/               half unpacked; each folder locked by the process that fills it
 *   lock               flock(2): shared to use an image, exclusive to remove one
 */
struct store {
	char *path;
	int state; /* ROOT (/run/box, --root, $BOX_ROOT): ID.json for each container */
	int dir, layers, images, names, files, containers, live, tmp; /* descriptors, O_CLOEXEC */
};

/* Opens the store at PATH, and makes it where it is missing. Removes what a killed box left in it.
 * Both folders must be the user's, and nobody else may write there; -1 after noting why. */
int store_open(struct store *store, const char *path, const char *root);
void store_close(struct store *store);

/* Takes the lock of the whole store, LOCK_SH or LOCK_EX; never for long, as each start of a
 * container does. Closing what it returns releases it. */
int store_lock(const struct store *store, int operation);

/* The same for the layers: shared to count on those that are there, exclusive to remove some. */
int store_lock_layers(const struct store *store, int operation);

/* Makes a new folder of tmp, NAME, and locks it. Waits for another process that has one, until that
 * removes it. Returns its descriptor: closed, it is swept. */
int store_staging(const struct store *store, const char *name);

/* Opens the folder NAME of DIR, and makes it where it is missing. As box removes what lies there,
 * it may neither be a symlink nor a mount. Returns a descriptor, or -1 after noting why. */
int open_own_folder(int dir, const char *name);

/* Whether box gives such names: 64 digits, or a layer's, of 32 and perhaps a suffix. */
bool is_own_name(const char *name);

/* Removes what nobody holds a lock on from tmp, if it has one of box's names. */
void store_sweep(const struct store *store);

/* What is in the folder DIR, sorted, NULL-terminated, but "." and "..". NULL after fail(). */
char **list_folder(int dir);

/* The same without names that begin with '.'. */
char **store_names(int dir);
void free_list(char ***list);
#define autolist __attribute__((cleanup(free_list)))

/* The target of the symlink NAME of DIR. The caller frees it. NULL after fail(). */
char *store_read_link(int dir, const char *name);

/* Makes or replaces the symlink NAME of DIR, at once. */
int store_set_link(int dir, const char *name, const char *target);

/* ---- json.c: reads JSON that may be hostile: a value of the wrong type is none ---- */

typedef struct json_t json_t;

/* The text KEY of OBJECT; NULL when there is none, or it is "". */
const char *get_text(const json_t *object, const char *key);

/* The strings of the array KEY of OBJECT, NULL-terminated. They are OBJECT's; the list is the
 * caller's, to free. */
char **get_list(const json_t *object, const char *key);

/* Reads the file NAME, as the root folder ROOT shows it. It must have the SHA-256 EXPECTED (NULL:
 * any); DIGEST (or NULL) gets the one it has, and its size is added to BYTES (or NULL). NULL after
 * fail(). */
json_t *read_json(int root, const char *name, const char *expected, char digest[ID_LENGTH + 1],
	size_t *bytes);

/* ---- unpack.c: box-unpack at work, seen from box ---- */

enum { KEY_LENGTH = 160 };

/* Which file FD is, and which of its contents: it has another key after any change. */
int file_key(int fd, const char *name, char key[KEY_LENGTH]);

/* Whether a signal waits by which the user wants box to end: SIGINT, SIGTERM or SIGHUP, which are
 * blocked while something is imported, copied or packed. */
bool interrupted(void);

/* Into what an archive is unpacked. */
struct unpack {
	int folder;
	bool layer; /* of an image: whiteouts have a meaning */
	bool over; /* over other layers; else the archive must name the folders of all its files */
	const char *path; /* of the folder, absolute; with */
	const struct overlay *below; /* those layers, named from the folder; NULL: none */
};

/* Gives the SHA-256 of the file FD, which is read to its end. NAME is for messages. */
int file_digest(int fd, const char *name, char digest[ID_LENGTH + 1]);

/* What may still be unpacked. Each entry counts 4096 bytes, and its name, target and attributes,
 * besides its data; holes in sparse files do not. */
struct quota {
	uint64_t bytes, entries;
};

/* Unpacks the file ARCHIVE into a folder that is empty. QUOTA becomes what it leaves of that; more
 * is an error. Gives the SHA-256 of the bytes that were unpacked, whatever happens to the file
 * meanwhile, and how many bytes of data were written. NAME is for messages. Returns 1 if it is a
 * layer that must be unpacked over those below; the folder is then to be thrown away. */
int unpack(int archive, const struct unpack *into, const char *name, struct quota *quota,
	char digest[ID_LENGTH + 1], uint64_t *bytes);

/* Writes what is in FOLDER to the file ARCHIVE, as a tar; with LAYER, with an image's whiteouts for
 * the overlay's marks. NAME is for messages. */
int pack(int folder, bool layer, const char *name, int archive);

/* One end of a copy: NAME in FOLDER. ROOT is that of the container which the folder is in, or -1:
 * the folder is the host's, and all that is seen of it. FOLDER -1: an archive, stdin or stdout, in
 * which the file is called NAME. */
struct end {
	int folder, root;
	const char *name; /* "." for all that is in the folder */
};

/* Copies a file, or a folder with all below it. What is in the target stays, but files of the same
 * name; a folder is not replaced by a file, nor a file by a folder. Owners become root, and set-ID
 * bits are dropped, unless KEEP_OWNERS. */
int copy(const struct end *from, const struct end *to, bool keep_owners);

/* Whether the folder FD of a layer hides what lower ones have there. */
bool is_opaque(int fd);

/* BYTES for people: "1.5 MB"; of memory, "1.5 MiB". Return TEXT. */
const char *human_size(uint64_t bytes, char text[16]);
const char *memory_size(uint64_t bytes, char text[16]);

/* ---- layout.c: image layouts: OCI's, and that of docker save ---- */

/* This machine's, by the name that images have for it: Go's. */
#if defined(__x86_64__)
#define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#elif defined(__riscv)
#define ARCHITECTURE "riscv64"
#elif defined(__s390x__)
#define ARCHITECTURE "s390x"
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE "ppc64le"
#elif defined(__loongarch64)
#define ARCHITECTURE "loong64"
#elif defined(__arm__)
#define ARCHITECTURE "arm"
#elif defined(__i386__)
#define ARCHITECTURE "386"
#else
#define ARCHITECTURE "unknown"
#endif

struct layer {
	char digest[ID_LENGTH + 1]; /* SHA-256 of its file */
	char name[48]; /* below store->layers; begins with the first 32 digits of key */
	char key[ID_LENGTH]; /* its digest; if it needs those below, one of all up to it */
	const char *file; /* in the layout; NULL: the blob DIGEST */
	int staged; /* the number of its folder in the staging folder, or -1: already in place */
	uint64_t bytes;
};

struct layout {
	int root; /* the folder */
	char *tag; /* of the image that is wanted; NULL: there must be but one */
	char id[ID_LENGTH + 1];
	struct layer *layers; /* the lowest first */
	size_t n_layers;
	json_t *config; /* NULL: none */
	json_t *manifest; /* docker save's: the digests are of layers that are not compressed */
};

/* Reads the layout in layout->root. Returns 1, or 0 if it is none, but a root filesystem. */
int layout_read(struct layout *layout);
void layout_free(struct layout *layout);

/* ---- import.c: an archive or a layout -> an image of the store ---- */

/* The length of FILE in FILE or FILE:TAG; 0 when there is no such file. */
size_t file_length(const char *name);

/* Imports FILE or FILE:TAG, unless it was before. Gives its ID; or "" if it is a folder that is a
 * root filesystem. */
int import_file(struct store *store, const char *name, char id[ID_LENGTH + 1]);

/* ---- state.c: the containers that there are ---- */

/* A container's place on the disk: a folder of store->containers. */
struct place {
	char id[ID_LENGTH + 1];
	char *upper, *work; /* as the fields of struct spec */
	int dir; /* the folder; locked while the container lives, which the kernel ends with box */
};

/* Makes the place of a new container, with a new ID, and locks it. IMAGE (an ID, or "") cannot be
 * removed while it is there. NAME (or NULL) must be free. TEMPORARY: if box is killed, the next one
 * removes it. */
int place_make(struct store *store, const char *image, const char *name, bool temporary,
	struct place *place);

/* Opens the place ID. With LOCK it must not be running, and is locked then; what a killed box has
 * left of processes and cgroups is removed. */
int place_open(struct store *store, const char *id, bool lock, struct place *place);

/* Notes in its file "status" that a box has begun, or duly ended, a run of the container. Between
 * the two it says -1; if the place is not locked then, that box was killed. */
int place_begin(struct store *store, const struct place *place);
int place_end(struct store *store, const struct place *place, int status);

/* Removes it, its state, all that the container wrote, and what is left of its cgroup. */
int place_remove(struct store *store, struct place *place);
void place_close(struct place *place);

enum phase { PHASE_CREATED, PHASE_RUNNING, PHASE_EXITED };

/* What is known of a container: ROOT/ID.json. */
struct state {
	char id[ID_LENGTH + 1];
	char name[256]; /* "" for none */
	char *image, *command; /* to be read; not exact where they are not UTF-8 */
	enum phase phase;
	bool paused; /* as its cgroup says */
	int exit_status; /* when it has exited */
	pid_t pid; /* of its PID 1, while it runs */
	uint64_t pid_start; /* when that started, in clock ticks after boot: proc_pid_stat(5) */
	pid_t box; /* that runs it */
	uint64_t box_start;
	int64_t created; /* microseconds since 1970: two made in a second have an order */
	int64_t started, finished; /* seconds since 1970; 0: not yet */
};

/* Writes the file anew, or leaves the old one as it is. For who has the place's lock alone. */
int state_write(struct store *store, const struct state *state);

/* Reads it. A container whose box is dead, or that ran before the machine was started anew, has
 * exited, whatever the file says. */
int state_read(struct store *store, const char *id, struct state *state);
void state_free(struct state *state);

/* Notes PID, and this process as the box that runs it. */
int state_set_pid(struct state *state, pid_t pid);

/* Another one after each start of the machine: then no PID of before means anything. */
const char *boot_id(void);

/* Clock ticks after boot when PID started, proc_pid_stat(5); 0 if there is none. With the PID it
 * names a process for as long as the machine runs: a PID alone is soon another's. */
uint64_t start_time(pid_t pid);

/* A pidfd of the running container's PID 1; an error when it does not run, or PID is another's. */
int state_pidfd(const struct state *state);

/* The ID of the container with a NAME, an ID, or the first digits of one. errno is then
 * ENOENT when there is none, EINVAL when there are several. */
int state_find(struct store *store, const char *name, char id[ID_LENGTH + 1]);

/* TEXT (NULL: "") as JSON, which is UTF-8: names and arguments that are not get question marks. */
json_t *json_any(const char *text);

/* Calls EACH with every container, the newest first; unless they may have ENDED, with those alone
 * that a box has to do with: to look at them takes no longer among a thousand others. */
int state_each(struct store *store, bool ended, int (*each)(struct store *, struct state *, void *),
	void *data);

/* Ends what box processes that were killed have left: their cgroups with all processes in them; and
 * removes the places of those started with --rm. Living ones stay. */
int sweep(struct store *store);

/* ---- cgroup.c: limits, and a handle on all processes of a container ---- */

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

/* ---- oom.c: processes that were killed for the limit of memory ---- */

/* A descriptor for oom_kills(), which the caller closes; -1, without fail(), where no hierarchy of
 * CGROUP counts memory. */
int oom_open(const struct cgroup *cgroup);

/* How many there were, as memory.events or memory.oom_control says; 0 if FD is -1. */
int64_t oom_kills(int fd);

/* ---- security.c: what the command may do ---- */

/* Docker's default set: CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP
 * NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP. */
#define DEFAULT_CAPABILITIES UINT64_C(0xa80425fb)

/* Every capability that this kernel has, and that box can give. */
uint64_t capabilities_all(void);

/* Applies --cap-add or --cap-drop NAME ("NET_ADMIN", "cap_net_admin", "ALL") to SET. */
int capabilities_change(uint64_t *set, const char *name, bool add);

/* "CAP_CHOWN" for 0; the caller frees it. NULL: none. */
char *capability_name(int capability);

/* Leaves the caller's keys: a new, empty session keyring. */
int session_keyring(void);

/* The filter with the effect of Docker's default profile for a process with CAPABILITIES: built in
 * for the default set, else compiled by box-seccomp and kept below DATA. It lives as long as box.
 */
const struct sock_fprog *seccomp_filter(uint64_t capabilities, const char *data);

/* The filter of an OCI PROFILE (the JSON of linux.seccomp), compiled by box-seccomp and kept in
 * FOLDER; the same. */
const struct sock_fprog *seccomp_profile(const char *profile, const char *folder);

/* The filter that is to be installed (filter.filter is NULL: none), and what box's own calls show
 * to pass by it; 0: nothing, they are filtered as all others. */
struct guard {
	struct sock_fprog filter;
	uint64_t cookie;
};

/* Becomes UID, GID with GROUPS, with the spec's capabilities, no_new_privileges and filter; but
 * with no_new_privileges filter_last() installs the filter: the last steps before exec. A filter's
 * listener is passed on by init_pass_listener(). */
int filter_last(const struct spec *spec, const struct guard *guard);
int drop_privileges(const struct spec *spec, const struct guard *guard, uid_t uid, gid_t gid,
	const gid_t *groups, size_t n);

/* Goes on as box from a read-only mount of its own file, so that no process of a container can
 * write into that through /proc/PID/exe (CVE-2019-5736). Returns only when box already is, or on
 * error. argv[0] is the path of that file from then on: see helper_path(). */
int protect_own_file(char *argv[]);

/* ---- exempt.c: calls of box that a filter lets pass ---- */

/* Makes GUARD of FILTER, with a new cookie: what a joining process calls by own_call() from the
 * filter's installation to its exec is not filtered, as long as it is one of the few calls of the
 * list there. The kernel ignores the arguments that a call has not got (seccomp(2) shows them). */
int exempt_own_calls(const struct sock_fprog *filter, struct guard *guard);

/* syscall(2) with the guard's cookie, for calls of at most three arguments. */
long own_call(const struct guard *guard, long nr, long a, long b, long c);

/* The same for clone(2) with FLAGS, without a new stack. */
long own_clone(const struct guard *guard, long flags);

/* ---- user.c: names of the image's /etc/passwd and /etc/group ---- */

/* Whether TEXT is a number that can be an ID, put into ID: digits alone, and below 2^32 - 1, which
 * stands for "none", chown(2). Notes no error. */
bool parse_id(const char *text, uint32_t *id);

struct user {
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	char home[4096];
};

/* The host's name of UID, or its number. Not by getpwuid(3): it loads libraries, and box is static.
 */
void user_name(uid_t uid, char name[64]);

/* Looks up NAME (spec->user) in the files of ROOT, a descriptor of the root folder. user_free()
 * frees what is in USER, on an error, too. */
int user_find(int root, const char *name, struct user *user);
void user_free(struct user *user);

/* ---- mounts.c: volumes and file systems; called by init.c ---- */

/* Takes the bind mounts of spec, attached nowhere: trees[i] for mounts[i], -1 for an optional one
 * that is missing, and for a source in the container's own root, which mounts_attach() takes.
 * Called while names still lead to the host, and by its root. Then makes the other mounts, as the
 * root that is to own them; files of spec->mounts[i].text in SCRATCH, and /proc of the PID
 * namespace PIDS, unless that is -1. ID-mapped ones are taken by mount_take_mapped() instead, one
 * by one, with a descriptor of the user namespace USERS: that takes privileges over the file
 * system, which are the host's (mount_setattr(2)). */
int mounts_take(const struct spec *spec, int trees[]);
int mount_take_mapped(const struct spec *spec, const struct mount *mount, int users);
int mounts_make(
	const struct spec *spec, const struct cgroup *cgroup, int pids, int scratch, int trees[]);

/* Whether the kernel can mount a /proc of another PID namespace, as PIDS of mounts_make(). */
bool mounts_know_pids(void);

/* Attaches them below ROOT, the container's, and closes them, but for each tmpfs that is to be
 * read-only: mounts_restrict() makes it so, and closes it, when all is in it. */
int mounts_attach(const struct spec *spec, int root, int scratch, int trees[]);
int mounts_restrict(const struct spec *spec, int trees[]);

/* In masks.c: hides spec->masked, and makes spec->constant read-only; each place once. */
int mounts_mask(const struct spec *spec);

/* The new mount calls by their names, for descriptors; errno only, no fail(). A copy or a new mount
 * is attached nowhere yet. ATTRIBUTES are MOUNT_ATTR_* of mount_setattr(2). */
int mount_new(const char *type, const char *source, const char *options, uint64_t attributes);
int mount_copy(int dir, const char *path, bool recursive);
int mount_restrict(int tree, uint64_t attributes, bool recursive);
int mount_change(int tree, const struct mount_change *change);
int mount_attach(int tree, int target);

/* ---- box-unpack-over.c: a layer that is unpacked over those below it ---- */

/* What the layer has, and what it has changed the times of: see tsearch(3). */
struct over {
	void *places;
	uint64_t folders; /* that were made or, as lower layers have them, copied, on the way */
};

/* Whether a layer that has a file NAME, a hard link to LINK or no link (NULL), needs those below:
 * it has not named the file's folders before, as folders, or the link is not to a file of its own.
 * A whiteout stands for no file. Called in the layer's folder, where nothing else lies. */
bool over_is_needed(const char *name, const char *link);

/* Gives the path to write NAME to, which the caller frees; NULL: an error. Symlinks on the way are
 * followed as those of / are; folders that are missing are made. LINK (or NULL): it will be a hard
 * link, for which the kernel copies COPIED bytes. */
char *over_enter(struct over *over, const char *name, const char *link, uint64_t *copied);

/* Removes what lower layers have as NAME and below; the folder NAME stays if it is OPAQUE. */
int over_whiteout(struct over *over, const char *name, bool opaque);

/* Restores times. To be called when all is written. */
int over_finish(const struct over *over);

/* ---- overlay.c: folders, one over the other, as one mount ---- */

struct overlay {
	int dir; /* what names are relative to */
	char *const *lower; /* names of folders that are read, the topmost first; NULL at the end */
	const char *upper, *work; /* of the folder that is written, and of one of the kernel's */
	const char *options; /* of the kernel's overlayfs.rst, not empty */
};

/* Mounts it on TARGET, absolute. Changes the working folder. At most 500 are read. */
int overlay_mount(const char *target, const struct overlay *overlay);

/* Returns -1 if no overlay can write to the folder FD, as it lies on an overlay itself: in another
 * container, or on a system that runs from a CD. */
int overlay_check(int fd);

/* ---- rootfs.c: the container's root and its /dev; called by init.c ---- */

/* Mounts the root on spec->rootfs, and opens it. For an overlay *SCRATCH becomes the descriptor of
 * a tmpfs from which single files can be mounted; it is gone when the root is entered. Else it is
 * -1. */
int rootfs_mount(const struct spec *spec, int *scratch);

/* Makes ROOT, that is it, the root of the mount namespace, and lets go of the old one. */
int rootfs_enter(const struct spec *spec, int root);

/* covered.c: opens the table of mounts, while /proc is there; and, when a new root has been moved
 * onto ours, takes away what else is mounted on ours. Else a user namespace inside could mount
 * /proc and /sys: the kernel lets it where the mount namespace has these with nothing masked, seen
 * or not (mount_too_revealing() in fs/namespace.c). */
int covered_open(FILE **mounts);
int covered_drop(FILE *mounts);

/* Sets spec->root_attributes, when all that the root lacked has been made. */
int rootfs_restrict(const struct spec *spec);

/* Opens PATH below ROOT as open_in_root does, with O_PATH. Folders that are missing are made, and
 * at its end a folder or an empty file. errno only, no fail(). */
int make_in_root(int root, const char *path, bool folder);

/* Fills DEV, a tmpfs for /dev that is attached nowhere yet, with links, and with files for the
 * nodes of spec->devices. Then, when it is attached, mounts the nodes on them, made in SCRATCH. */
int dev_fill(int dev, const struct spec *spec);
int dev_mount_nodes(int dev, const struct spec *spec, int scratch);

/* ---- tty.c: the terminal of -t ---- */

/* Opens a new pty of the container's devpts, makes its one end stdin, stdout and stderr, and
 * returns the other end. With CONSOLE it is /dev/console, too. Called inside. A session's leader
 * then makes stdin its controlling terminal. */
int terminal_open(bool console);

/* Waits until the terminal on stdin is ours: in the background we are stopped, as any job. */
int terminal_claim(void);

/* Puts the terminal on stdin into raw mode until the program ends, however it ends but by SIGKILL.
 */
int terminal_raw(void);

/* Gives the terminal its old settings back. With WRITING, output still goes through as it is, since
 * more of it is to come; the next call gives that setting back, too. */
void terminal_restore(bool writing);

/* Gives the pty MASTER the size of the terminal on stdin, if that is one. */
void terminal_resize(int master);

/* Opens the other end of MASTER, or returns -1. */
int terminal_peer(int master);

/* ---- container.c: starts, watches, ends ---- */

struct container {
	const struct spec *spec;
	struct cgroup cgroup;
	pid_t pid;
	int pidfd;
	int socket; /* to init.c: SEQPACKET, see there */
	int master; /* the other end of the container's terminal, or -1 */
	int stdio[3]; /* the other ends of the pipes that it has there; -1: it has box's own file */
	int listener; /* of its filter of system calls, until that is passed on; or -1 */
	int ending; /* of ending_signals(), which no wait for the child leaves out */
	bool joined; /* by container_join(): not the container's PID 1 */
	bool outside; /* what makes it is not in the PID namespace that the process joins */
	int oom; /* of one that has joined: see oom_open(); else -1 */
	int64_t oom_kills; /* before it did */
};

/* One that is none yet, and may be destroyed. */
extern const struct container no_container;

/* Makes the container, up to the moment before its process is executed. On an error nothing of it
 * is left. SPEC must live as long as the container. */
int container_create(struct container *container, const struct spec *spec);

/* Executes the process. On an error *STATUS is EXIT_NOT_FOUND, EXIT_CANNOT_EXEC or EXIT_BOX. */
int container_start(struct container *container, int *status);

/* Starts another process in the running container whose PID 1 PIDFD is: argv, env, cwd, user,
 * terminal, capabilities, no_new_privileges and seccomp of SPEC. It is in the container's CGROUP.
 * Until container_start() the pid is that of a helper, which the process takes all from. Goes on
 * with container_start() and container_wait(). */
int container_join(struct container *container, const struct spec *spec, int pidfd,
	const struct cgroup *cgroup);

/* Opens the root of a container that does not run: its own, and the bind mounts of SPEC. They are
 * there until container_destroy(). Returns the descriptor. */
int container_mount(struct container *container, const struct spec *spec);

/* Sends SIGNAL to the PID 1 that PID and PIDFD name; SIGKILL in place of one that would end any
 * other process, where PID 1 does not handle it. */
int container_kill(pid_t pid, int pidfd, int signal);

/* Whether SIGNAL asks a program to end: SIGTERM, SIGINT, SIGHUP and SIGQUIT. */
bool asks_to_end(int signal);

/* Opens a signalfd for those of the blocked signals that do. Returns it, or -1. */
int ending_signals(void);

/* Handles one of the signals that the signalfd FD tells of: most are sent on to the process.
 * Returns its number, or 0 if there was none. */
int container_signal(const struct container *container, int fd);

/* Lets go of a container that is to live on. */
void container_release(struct container *container);

/* Ends all processes, and removes what the container has outside of its namespaces. */
int container_destroy(struct container *container);

/* ---- relay.c: what the command reads and writes ---- */

/* Makes the pipes that the container gets in place of the caller's files: PIPES has its ends, -1
 * where it needs none, and container->stdio box's. */
int make_pipes(struct container *container, int pipes[3]);

/* Makes PIPES stdin, stdout and stderr, in the container's first process. */
void use_pipes(const int pipes[3]);
void close_pipes(int pipes[3]);

/* Bytes that the pipe FD has now; for a pty, the most that it can hold. 0: none, or FD is neither.
 */
int unread_bytes(int fd);

/* Bytes on their way from one descriptor to another, which are both the flow's. */
struct flow {
	bool open;
	int from, to;
	bool keys; /* FROM is the caller's terminal */
	bool spliced; /* both are pipes: nothing is copied */
	bool receives, sends; /* FROM, TO is a socket */
	bool blocks; /* TO does, so it gets little at once */
	bool watched; /* when nobody reads TO any more, FROM's writer is told at once */
	bool full; /* TO is waited for, not FROM */
	int64_t left; /* bytes still to be taken from FROM; -1: all up to its end */
	char *data; /* that were read; from start to end they are not written yet */
	size_t start, end;
};

/* Those from stdin, and to stdout and stderr. All 0: none. */
struct relay {
	struct flow flows[3];
	int signals; /* a signalfd */
	double deadline; /* of clock_now(); 0: none */
};

/* Forwards the blocked SIGNALS and copies bytes (with a terminal, of stdin only with INPUT), until
 * the process has ended. Output never blocks it: what nobody has taken by then is in RELAY. Returns
 * the process's exit status, as a shell would. */
int container_wait(
	struct container *container, const sigset_t *signals, bool input, struct relay *relay);

/* Waits until the rest of the output is written, or nobody reads it, or a signal that would end box
 * has come, and a second has gone. To be called when the container is gone, with nothing locked: a
 * reader may take its time. */
void relay_finish(struct relay *relay);

/* ---- message.c: what container.c and init.c tell each other, over a SEQPACKET socket ---- */

/*
 *   container.c   init.c
 *            <--  READY    namespaces are joined, but not that of PIDs; if there is one to join
 *   GO       -->           the child is in its cgroup, and may begin
 *   MOUNT    -->           an ID-mapped mount, attached nowhere; for each there is, in their order
 *            <--  PID      of the first process, when a helper had to join its namespaces
 *            <--  HOOKS    what is mounted, is, and the old root still there; with hooks alone
 *   GO       -->           these have run
 *            <--  READY    the inside is made; with the terminal's other end
 *   START    -->           drop privileges and exec
 *            <--  LISTENER of the filter of system calls, by its number; with one alone
 *   GO       -->           who answers has it; if the process is to be seen by others: box has it
 *            <--  PID      of the process that others see: it joins PIDs, or a container
 *   GO       -->           box knows it, and who answers has the listener
 *            <--  READY    all is ready for exec, and waits at the gate; with that alone
 *            <--  (end)    exec closed the socket: the command runs
 *
 * ERROR may come in place of READY and of the end. To the child, the end is never "go": it means
 * that box has died.
 */
enum message_kind {
	MESSAGE_NONE,
	MESSAGE_GO,
	MESSAGE_MOUNT,
	MESSAGE_PID,
	MESSAGE_HOOKS,
	MESSAGE_READY,
	MESSAGE_START,
	MESSAGE_LISTENER,
	MESSAGE_ERROR
};

struct message {
	enum message_kind kind;
	int status; /* of an error: the exit status for it; of PID, LISTENER: that */
	char text[1024];
};

/* Sends the SIZE bytes TEXT, with the descriptor FD unless that is -1. Returns -1 with errno,
 * without fail(). */
int send_descriptor(int socket, const void *text, size_t size, int fd);

/* The same, to the process that listens at the unix socket PATH. */
int send_to_socket(const char *path, const void *text, size_t size, int fd);

/* Makes ADDRESS that of the unix socket PATH, which may be longer than an address can be (unix(7)):
 * by *FILE then, which the caller closes when it has connected; else that is -1. -1 with errno. */
struct sockaddr_un;
int socket_address(const char *path, struct sockaddr_un *address, int *file);

/* Sends MESSAGE, with the descriptor FD unless that is -1. Returns -1 with errno, without fail().
 */
int message_send(int socket, const struct message *message, int fd);

/* Receives one. *FD is what came with it, or -1. Returns false at the end of the connection. */
bool message_receive(int socket, struct message *message, int *fd);

/* ---- init.c: the container's first process ---- */

/* The child of clone3, already in its v2 cgroup if BORN_INSIDE. Ends by exec or _exit. OUTSIDE: it
 * is in none of the namespaces yet, and never in the PID namespace that SPEC joins, as join_main().
 */
_Noreturn void init_main(const struct spec *spec, const struct cgroup *cgroup, bool born_inside,
	bool outside, int socket);

/* The same for a helper that joins the container of PIDFD, which does not see it. With the rights
 * that the process is to have, it starts that as box's own child, sends its PID, and ends. */
_Noreturn void join_main(const struct spec *spec, const struct cgroup *cgroup, bool born_inside,
	int pidfd, int socket);

/* The same for a process that only keeps the mounts of a container which does not run. */
_Noreturn void mount_main(const struct spec *spec, int socket);

/* In them: has box pass the filter's listener FD on, and closes it. */
int init_pass_listener(const struct guard *guard, int fd);

/* ---- program.c: the program of a process ---- */

/* Finds NAME as program_execute() will, in the words that engines know; on failure errno is ENOENT
 * or EACCES, but for a NAME with a slash. */
int program_find(const char *name);

/* Executes argv[0], looked up in PATH of environ unless it has a slash. Comes back only with a
 * failure, and the errno that says why: of what is not found, ENOENT or ENOTDIR. */
int program_execute(char **argv);

/* ---- caller.c: what a process inherits, and a container does not ---- */

/* Gives the calling process, before it joins anything, all CPUs, and unless AFFINITY_ALONE the
 * kernel's default scheduling, I/O priority, timer slack, personality and oom_score_adj; as far as
 * it may. */
void caller_forget(bool affinity_alone);

/* The environment of box's caller, where the kernel has put it in the calling process: one inside
 * with CAP_SYS_PTRACE would find it there. It is to be found while /proc is that of our own PID
 * namespace, and to be forgotten when no hook needs it any more. */
struct environment {
	char *start;
	size_t size;
};
int environment_find(struct environment *environment);
void environment_forget(const struct environment *environment);

/* ---- namespaces.c: those that a container joins, and the users of its own ---- */

/* Joins spec->joins, for the child that is born next, and notes the caller's own in OWN, to which
 * namespaces_leave() returns. */
struct own_namespaces {
	unsigned long types[8];
	int fds[8];
	size_t n;
};
int namespaces_enter(const struct spec *spec, struct own_namespaces *own);
int namespaces_leave(struct own_namespaces *own);

/* Joins these, and those that the caller cannot leave again: its names and rights are others then.
 */
int namespaces_enter_for_good(const struct spec *spec);

/* The path of the PID namespace that SPEC joins; NULL: none. */
const char *namespaces_joined_pids(const struct spec *spec);

/* Joins all but that one, and makes those that are new. Returns a descriptor of it, with which
 * namespaces_enter_pids() has it ready for the child that is born next. */
int namespaces_enter_but_pids(const struct spec *spec);
int namespaces_enter_pids(const struct spec *spec, int pids);

/* Whether the container's users are not box's own. */
bool namespaces_users(const struct spec *spec);

/* CLONE_NEWUSER and CLONE_NEWTIME, where the container has a namespace of its own: to join the
 * user namespace that one is in is an error, setns(2), and before Linux 5.6 there are none of time.
 */
int namespaces_own(const struct spec *spec);

/* A descriptor of a user namespace with MAPS; of that of PID, if there are none. */
int namespaces_open_users(const struct id_maps *maps, pid_t pid);

/* Does what PID, which waits, may not do itself: its ID maps, and process_priorities(). Refuses to
 * set what the host's namespaces have: its hostname, sysctls. */
int namespaces_prepare(const struct spec *spec, pid_t pid);

/* Becomes root of the new user namespace, which has its maps. */
int namespaces_become_root(const struct spec *spec);

/* The name that the namespaces of TYPE, CLONE_NEW*, have in /proc/PID/ns. */
const char *namespace_name(unsigned long type);

/* ---- sysctl.c: the kernel's settings that a container may have of its own ---- */

/* NAME below /proc/sys: its first separator, '.' or '/', says how the names are divided, as with
 * sysctl(8); the other one is then a dot in a name, as interfaces may have it. NULL after fail().
 * The caller frees it. */
char *sysctl_path(const char *name);

/* The kind of namespace, CLONE_NEW*, in which PATH is set; 0: the whole machine. */
unsigned long sysctl_namespace(const char *path);

/* Sets the spec's sysctls, by the container's /proc. */
int sysctls_write(const struct spec *spec);

/* ---- process.c: what is set of a process before it is executed ---- */

/* Gives PID (0: the caller) the limits of PROCESS. In a user namespace box calls this, as a process
 * there cannot raise its own. The helper that makes a JOINED process counts as one of the user's
 * processes itself (getrlimit(2), RLIMIT_NPROC), so the limit is one higher until
 * process_limit_joined(). */
int process_limits(const struct process *process, pid_t pid, bool joined);

/* Sets the limit of processes to its real value again. The process itself calls this; GUARD exempts
 * the call from its filter. */
int process_limit_joined(const struct process *process, const struct guard *guard);

/* Sets PID's oom_score_adj, scheduler and I/O priority, as PROCESS has them. */
int process_priorities(const struct process *process, pid_t pid);

/* ---- hooks.c: programs at points of a container's life ---- */

/* Runs the hooks of KIND, which read on stdin what the container is: STATUS and PID. One that fails
 * ends it. */
int hooks_run(const struct spec *spec, enum hook_kind kind, const char *status, pid_t pid);
bool hooks_any(const struct spec *spec, enum hook_kind from, enum hook_kind to);

/* ---- resources.c: the OCI specification's limits -> files of cgroups ---- */

/* Sets NAME ("memory.limit") to NUMBER, or to TEXT. Unknown ones are an error. */
int resource_number(struct resources *resources, const char *name, int64_t number);
int resource_text(struct resources *resources, const char *name, const char *text);

/* The same for a file of its own in v1 and in v2 (NULL: none). */
int resource_files(struct resources *resources, const char *name, const char *v1,
	const char *v1_text, const char *v2, const char *v2_text);

/* A weight, as v1 has it, of all block devices, or of DEVICE ("8:0 "). */
int resource_weight(struct resources *resources, const char *name, const char *v1, const char *v2,
	const char *device, int64_t number);

/* Completes what a limit that is named needs of one that is not, which stays as CGROUP has it.
 * Returns -1 after failx(), before anything is written, if memory and swap do not fit together. */
int resources_settle(const struct cgroup *cgroup, struct resources *resources);

/* Writes them. A limit for which no hierarchy has a file is an error. */
int resources_write(const struct cgroup *cgroup, const struct resources *resources);

/* ---- devices.c: the cgroup's device controller, and nodes of any path ---- */

int devices_control(const struct cgroup *cgroup, const struct device_rule *rules, size_t n);

/* The host's nodes, where a user namespace may not make any: trees, attached nowhere; or -1. */
int devices_take(const struct spec *spec, int trees[]);

/* Makes spec->nodes, and the usual symlinks, below ROOT. */
int devices_make(const struct spec *spec, int root, int trees[]);

/* ---- cgroupfs.c: what a container sees of its cgroups ---- */

/* A tree for a mount of type cgroup. */
int cgroupfs_take(const struct spec *spec, const struct cgroup *cgroup, const struct mount *mount);

/* ---- copyup.c ---- */

/* Copies what is in the folder FROM to the folder TO. */
int copy_up(int from, int to);

/* ---- options.c: what box run was asked for ---- */

/* A list that grows; a NULL at its end. */
struct strings {
	char **list;
	size_t n;
};

struct options {
	struct spec spec; /* what options say of it directly */
	const char *folder; /* the working folder that they were given in; NULL: this one */
	const char *image;
	char **command; /* NULL-terminated */
	const char *name, *hostname, *entrypoint, *user, *workdir;
	bool help, interactive, privileged, host_network, unconfined, read_only, remove, detach;
	struct strings env, file_env, cap_add, cap_drop;
	struct strings lines; /* the options but --env and --env-file */
	const char *stop_signal;
	struct mount *volumes;
	size_t n_volumes;
	struct rlimit_entry *rlimits;
	int64_t shm_size, log_size;
};

/* Reads ARGV, which starts with "run", into OPTIONS, all zero before. */
int options_parse(struct options *options, int argc, char *argv[]);

/* Adds those of ARGV, which starts with "update" and has no IMAGE, to OPTIONS. */
int options_update(struct options *options, int argc, char *argv[]);

/* Whether there is a limit among OPTIONS, and nothing else. */
int options_check_limits(const struct options *options);

/* Takes NAME, the image's, as if --stop-signal had said it. OPTIONS keep the pointer. */
int options_stop_signal(struct options *options, const char *name);

/* Keeps them in the file "options" of the folder DIR, with IMAGE (an ID, or a folder's path) as the
 * image; and reads them again, as if from the command line, in the working folder they were given
 * in, which does not become the caller's. */
int options_save(const struct options *options, const char *image, int dir);
int options_load(struct options *options, int dir);

/* Prints the list of options. */
int options_help(void);

int add_string(struct strings *strings, const char *text);

/* Sets a variable: NAME=VALUE, or NAME with the caller's value. */
int add_env(struct strings *env, const char *text);

/* A number of at least 1, with a unit of powers of 1024 after it or none: 64, 64m, 64MB, 64MiB.
 * Returns -1 after fail(). */
int parse_size(const char *text, int64_t *size);

/* ---- log.c: what a container in the background has written ---- */

/* Its two files lie in the container's folder DIR: log, and log.1 that was before it. A line is
 * "TIME stdout|stderr F|P TEXT", Kubernetes' format; P: its end follows. */
struct log {
	int dir, fd;
	int64_t size, max_size; /* bytes, of one file */
	int64_t whole; /* up to here, every line has its end */
	bool lost[2]; /* of stdout, stderr: the line is, up to its end */
};

int log_open(struct log *log, int dir, int64_t max_size);

/* Adds what was written to stdout (STREAM 1) or stderr (2). Lines that the disk does not take are
 * lost, as a whole: the container goes on. */
void log_write(struct log *log, int stream, const char *data, size_t size);
void log_close(struct log *log);

/* Prints the last TAIL lines (-1: all), with their TIMES, and then waits for more as long as ALIVE
 * says so, if that is not NULL. */
int log_print(int dir, int64_t tail, bool times, bool (*alive)(void *data), void *data);

/* ---- monitor.c: what stays with a container in the background ---- */

/* Calls FUNCTION(DATA, BOX) in a process of its own, which holds nothing of the caller's terminal
 * or pipes, and waits until that has called background_tell(BOX, STATUS): 0, or what is not well
 * after fail(). Reports that, and returns STATUS. */
int background(void (*function)(void *data, int box), void *data);
void background_tell(int box, int status);

/* Starts a monitor, which runs the container of OPTIONS, keeps its log, and notes how it ends. The
 * place and its lock are the monitor's from then on. Returns the exit status: not 0 when the
 * container could not be started, which the monitor has told us. */
int monitor_start(
	struct store *store, struct place *place, struct state *state, struct options *options);

/* Notes in the state that the container of CONTAINER runs, or has ended with STATUS and is
 * destroyed; with KEEP the state outlives it. note_end() returns the status: another one if
 * something went wrong. */
int note_start(struct store *store, struct state *state, const struct container *container);
int note_end(struct store *store, const struct place *place, struct state *state,
	struct container *container, int status, bool keep);

/* ---- run.c: box run's options -> struct spec ---- */

/* Where things lie; from the options before the command, or the environment. */
struct places {
	const char *data; /* --data, $BOX_DATA, /var/lib/box */
	const char *root; /* --root, $BOX_ROOT, /run/box */
};

/* Opens the store of PLACES; only root may. */
int places_open(const struct places *places, struct store *store);

/* Makes a spec of OPTIONS, for a container of IMAGE in PLACE. */
int make_spec(struct options *options, const struct image *image, struct store *store,
	const struct place *place);

/* What is kept of a container that there is. */
struct kept {
	struct place place;
	struct options options;
	struct image image;
};

/* Opens the container ID, and makes its spec; with LOCK as place_open() does. To be closed after an
 * error, too. */
int kept_open(struct store *store, const char *id, bool lock, struct kept *kept);
void kept_close(struct kept *kept);

/* The image, and the spec, of a container that there is and whose OPTIONS are loaded. */
int load_container(struct store *store, const struct place *place, struct options *options,
	struct image *image);

/* Blocks the signals that box handles, and gives those that are its to handle. */
void block_signals(sigset_t *signals);

/* Makes stdin what -i and -t of OPTIONS say. */
int set_stdin(const struct options *options);

/* box run, box start. ARGV starts with the command's name. They return the exit status. */
int command_run(const struct places *places, int argc, char *argv[]);
int command_start(const struct places *places, int argc, char *argv[]);

/* ---- life.c: commands on containers that there are; the same ---- */

int command_stop(const struct places *places, int argc, char *argv[]);
int command_kill(const struct places *places, int argc, char *argv[]);
int command_wait(const struct places *places, int argc, char *argv[]);
int command_rm(const struct places *places, int argc, char *argv[]);
int command_pause(const struct places *places, int argc, char *argv[]);
int command_prune(const struct places *places, int argc, char *argv[]);

/* One container of such a command, opened. */
struct target {
	struct store *store;
	struct state state;
	const char *name; /* as it was given */
	void *data; /* the command's */
	double deadline; /* of clock_now(), for what it was told */
	int fd; /* closed with it; -1: none */
};

int open_target(struct store *store, const char *name, struct target *target);

/* Calls ACT for each of NAMES, and goes on after one fails. Returns the exit status. */
int each_container(
	const struct places *places, char *names[], int (*act)(struct target *), void *data);

/* A whole number of at least LEAST. */
int parse_count(const char *text, int64_t least, int64_t *count);

/* Waits until the box that runs the container has cleaned up, or clock_now() is DEADLINE (0: only
 * looks; INFINITY: however long). Returns 1 if it has not. */
int wait_for_end(struct target *target, double deadline);

/* ---- freeze.c: a container that stands still while box works on it ---- */

/* One that is frozen, by a process that thaws it as soon as box ends, even by SIGKILL. */
struct freeze {
	const char *id;
	pid_t keeper;
	int life; /* a socket, of which the keeper has the other end */
	bool mine; /* not paused before */
};

/* Freezes the container ID, unless `box pause` has done so: then it stays as it is. Waits for
 * others that do the same, and for `box pause` and `box unpause`; a signal of ending_signals() ends
 * that. -1 after noting why. */
int freeze_begin(struct freeze *freeze, const char *id);

/* Thaws the container. Returns -1 after noting it if another command, such as `box stop`, had
 * thawed it before, or if the keeper had died. */
int freeze_end(struct freeze *freeze);

/* Freezes ID, or thaws it, for as long as the user likes. Waits as freeze_begin() does. Returns 1
 * if it is so already. */
int freeze_stay(const char *id, bool frozen);

/* ---- flags.c: options of all command lines ---- */

/* As getopt_long(3), but a long option is matched as a whole, and what is not right is refused by
 * '?' after fail(): WHO is "box run", and optind 0 before the first. */
int next_flag(
	int argc, char *argv[], const char *who, const char *letters, const struct option *longs);

/* Reads the options of a command of box; SET gets the letter and the value. Returns the operands,
 * or NULL after fail(). */
char **parse_flags(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data);

/* The same for a command that takes one container: a second operand is an error. */
char **parse_one(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data);

/* SET of a command without options. */
int set_nothing(void *data, int letter, const char *value);

/* SET of a command that has one option, without a value: DATA is a bool. */
int set_true(void *data, int letter, const char *value);

/* ---- show.c: what is known of them, and what they have written; the same ---- */

/* "json" or "table". */
int parse_format(const char *text, bool *json);

int command_ps(const struct places *places, int argc, char *argv[]);
int command_logs(const struct places *places, int argc, char *argv[]);
int command_inspect(const struct places *places, int argc, char *argv[]);
int command_top(const struct places *places, int argc, char *argv[]);

/* LIST (NULL: empty) as JSON, by json_any(). */
json_t *json_list(char **list);

/* ---- stats.c, update.c, exec.c, copy.c, diff.c, commit.c: the same ---- */

int command_stats(const struct places *places, int argc, char *argv[]);

int command_update(const struct places *places, int argc, char *argv[]);
int command_exec(const struct places *places, int argc, char *argv[]);
int command_cp(const struct places *places, int argc, char *argv[]);
int command_diff(const struct places *places, int argc, char *argv[]);
int command_commit(const struct places *places, int argc, char *argv[]);

/* What a container has written, and what lies below it. */
struct written {
	struct kept kept;
	int upper; /* its own folder */
	int *layers; /* those below, the topmost first */
	size_t n_layers;
};

/* Opens it. One that does not run cannot be started meanwhile. To be closed after an error, too. */
int written_open(struct target *target, struct written *written);
void written_close(struct written *written);

/* ---- value.c: JSON that is to be right: errors name what is wrong by its path ---- */

/* A place in a document. */
struct value {
	const json_t *json;
	const struct value *up; /* NULL: the whole, and key is the document's name */
	const char *key; /* NULL: item number index of an array */
	size_t index;
};

/* Notes "config.json: process.args[1]: WHAT". Returns -1. */
int value_bad(const struct value *value, const char *what);

/* Reads KEY of OBJECT, where null is as if it were not there. They return 1, or 0 if there is none,
 * which is an error if it is REQUIRED, or -1 after fail(). */
enum required { OPTIONAL, REQUIRED };
int value_object(const struct value *object, const char *key, enum required, struct value *member);
int value_array(const struct value *object, const char *key, enum required, struct value *member);
int value_text(const struct value *object, const char *key, enum required, const char **text);
int value_number(const struct value *object, const char *key, enum required, int64_t least,
	int64_t most, int64_t *number);
int value_bool(const struct value *object, const char *key, bool *truth);

/* An array of strings, NULL-terminated; with PATHS they must be absolute. */
int value_list(const struct value *object, const char *key, bool paths, char ***list);

/* The object KEY, all of whose members must be strings. */
int value_pairs(const struct value *object, const char *key, struct pair **pairs, size_t *n);

/* The number of items, and item I, which must be an object. */
size_t value_length(const struct value *array);
int value_item(const struct value *array, size_t i, struct value *item);

/* The same, for the member KEY that is known to be there. */
struct value value_at(const struct value *object, const char *key);

/* The index of TEXT in NAMES, NULL-terminated; or -1 after fail(), for the member KEY of OBJECT. */
int value_choice(
	const struct value *object, const char *key, const char *text, const char *const names[]);

/* ---- oci.c, oci-mounts.c, oci-linux.c: config.json -> struct spec ---- */

struct bundle {
	struct spec spec; /* but for id, seccomp, gate, detached and what is preserved */
	struct process own; /* of config.json; exec and the caller change that of spec */
	struct listener listener; /* but for text and first */
	json_t *json, *process; /* own the texts of spec */
	const char *folder; /* relative paths begin here */
	char *annotations; /* JSON; NULL: none */
	json_t *seccomp; /* linux.seccomp, or NULL */
	struct resources resources;
	const char *slice, *unit; /* of systemd's form of cgroupsPath; NULL: it has not got it */
};

/* Reads the TEXT of config.json of the bundle in FOLDER. What a spec needs is allocated, and lives
 * as long as the program. */
int oci_read(struct bundle *bundle, const char *text, const char *folder);

/* Reads a process of its own, as process.json of exec, in place of that of config.json. */
int oci_read_process(struct bundle *bundle, const char *text, const char *name);

/* Reads the JSON of resources, as update -r takes it. */
int oci_read_resources(struct resources *resources, const char *text, const char *name);

/* Parts of it. */
int oci_process(struct process *to, const struct value *process);
int oci_mounts(struct bundle *bundle, const struct value *config);
int oci_linux(struct bundle *bundle, const struct value *config);
int oci_resources(struct resources *resources, const struct value *object);
int oci_seccomp(struct bundle *bundle, const struct value *linux_part);
int oci_id_maps(const struct value *object, struct id_maps *maps);
const char *oci_absolute(const struct bundle *bundle, const char *path);

/* ---- oci-state.c: the containers of box-oci: folders ROOT/ID ---- */

enum { MAX_OCI_ID = 1024 };

/* What state.json says, and status, which is found out anew each time. */
struct oci {
	char id[MAX_OCI_ID + 1];
	const char *root;
	int dir; /* ROOT/ID */
	bool locked; /* by us */
	json_t *json; /* owns the texts */
	const char *bundle, *rootfs, *created, *cgroup, *version;
	const char *unit; /* of systemd, whose cgroup it is; NULL: none */
	const json_t *annotations;
	pid_t pid; /* 0: not yet */
	uint64_t start;
	bool own_pids; /* has a PID namespace of its own, which ends with its PID 1 */
	enum oci_status { OCI_CREATING, OCI_CREATED, OCI_RUNNING, OCI_PAUSED, OCI_STOPPED } status;
};
extern const char *const oci_status_names[];

/* Makes the folder of a new container, and locks it; and its two fifos. */
int oci_make(struct oci *oci, const char *root, const char *id);
int oci_make_gate(const struct oci *oci, int gate[2]);

/* Opens that of one that there is; with LOCK, no other command changes it meanwhile. */
int oci_open(struct oci *oci, const char *root, const char *id, bool lock);
void oci_close(struct oci *oci);
#define autooci __attribute__((cleanup(oci_close)))

/* Whether there is one. */
bool oci_exists(const char *root, const char *id);

/* Writes state.json, or another FILE, at once. */
int oci_write(struct oci *oci);
int oci_write_file(const struct oci *oci, const char *file, const char *text);

/* Looks what it does now. */
void oci_look(struct oci *oci);

/* Its state, as the specification has it, and as list has it. */
json_t *oci_state(const struct oci *oci);

/* A pidfd of its first process. */
int oci_pidfd(const struct oci *oci);

/* Lets its process go on to exec. */
int oci_open_gate(struct oci *oci);

/* The processes in its cgroup, and how many; -1 after fail(). */
ssize_t oci_pids(const struct oci *oci, pid_t **pids);

/* Removes its unit, and its folder. */
int oci_remove(struct oci *oci);

/* Calls EACH with all that there are, by their names' order. */
int oci_each(const char *root, int (*each)(struct oci *oci, void *data), void *data);

/* ---- oci-notify.c: NOTIFY_SOCKET, sd_notify(3) ---- */

/* With the variable, gives the container that is to be created the folder of a socket, and its
 * name. */
int notify_prepare(const struct oci *oci, struct spec *spec);

struct notify {
	int socket; /* the container's; -1: none */
	int host, pidfd; /* what the variable names, and the first process */
	pid_t pid; /* its */
};
#define no_notify                                                                                  \
	(struct notify)                                                                            \
	{                                                                                          \
		-1, -1, -1, 0                                                                      \
	}

/* Opens them, before the process starts, if create and this command have the variable. */
int notify_listen(const struct oci *oci, struct notify *notify);
void notify_close(struct notify *notify);
#define autonotify __attribute__((cleanup(notify_close)))

/* Waits until the container says READY=1, and passes that on with its PID, or until its process has
 * ended. notify_serve() lets a child do so, without the PID: the service's process stays. */
int notify_wait(const struct notify *notify);
int notify_serve(const struct notify *notify);

/* ---- oci-systemd.c: cgroups that are systemd's scopes ---- */

/* Reads TEXT, systemd's form of cgroupsPath, into BUNDLE. */
int scope_read(struct bundle *bundle, const struct value *member, const char *text);

/* With --systemd-cgroup, names the container's unit, and its cgroup. */
int scope_name(struct oci *oci, struct bundle *bundle, const char *unique);

/* Starts that unit, if there is to be one. The child KEEPER (0: none) is in it, until the container
 * is, and it is released. */
int scope_start(struct oci *oci, const struct bundle *bundle, pid_t *keeper);
void scope_release(pid_t keeper);

/* Tells systemd of other limits. */
int scope_update(const struct oci *oci, const struct resources *resources);

/* Ends it, when no process is left in it, and waits until systemd knows no more of it. */
int scope_stop(const struct oci *oci);

/* ---- oci-show.c: spec, features, events ---- */

int oci_print_spec(const char *folder);
int oci_print_features(void);
int oci_print_events(const struct oci *oci);

/* The names of what is supported, for features. */
extern const char *const oci_namespace_names[]; /* and CLONE_NEW* of each */
extern const unsigned long oci_namespace_types[];
void oci_print_mount_options(json_t *array);

/* ---- oci-commands.c: those of box-oci ---- */

/* Of the runtime specification. */
#define SPEC_VERSION "1.2.0"

enum { EXEC_FAILED = 255 };

/* The command line. */
extern struct oci_line {
	const char *root, *log; /* of all commands */
	bool log_json, debug, systemd;
	const char *bundle, *console, *pid_file, *process, *cwd, *user, *format, *resources;
	const char *interval;
	int preserve_fds;
	bool no_pivot, keep_keyring, detach, keep, terminal, no_new_privs, all, force, quiet, stats;
	bool ignore_paused;
	struct strings env, caps, gids, cgroups;
	struct resources limits;
	char **words; /* what is left: ID... */
	int n_words;
} oci_line;

/* Tells what has failed, on stderr and in --log. Returns STATUS. */
int report_oci(int status);

/* With --debug: tells what is done. */
void debug_oci(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* They return the exit status, or -1 after fail(). */
int oci_command_create(void);
int oci_command_start(void);
int oci_command_run(void);
int oci_command_exec(void);
int oci_command_state(void);
int oci_command_kill(void);
int oci_command_delete(void);
int oci_command_list(void);
int oci_command_ps(void);
int oci_command_pause(void);
int oci_command_resume(void);
int oci_command_update(void);
int oci_command_events(void);
int oci_command_spec(void);

#endif
