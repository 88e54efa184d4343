/* security.c: what the command may do: capabilities, system calls, and box's own file. */
#define _GNU_SOURCE
#include "box.h"

#include <ctype.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <sha2.h>
#include <spawn.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* ---- capabilities ---- */

uint64_t capabilities_all(void)
{
	uint64_t set = 0;
	int has;

	/* Not what the kernel has, but what is left to us: in a container that can be less. */
	for (int i = 0; i < 64 && (has = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++)
		set |= (uint64_t)has << i;
	return set;
}

int capabilities_change(uint64_t *set, const char *name, bool add)
{
	autofree char *full =
		format_text("%s%s", strncasecmp(name, "CAP_", 4) == 0 ? "" : "cap_", name);
	uint64_t change = strcasecmp(name, "ALL") == 0 ? capabilities_all() : 0;
	cap_value_t value;

	if (!full)
		return -1;
	if (!change && (isdigit((unsigned char)*name) || cap_from_name(full, &value) < 0))
		return failx("capability %s: there is none of this name", name);
	change = change ?: UINT64_C(1) << value;
	*set = add ? *set | change : *set & ~change;
	return 0;
}

char *capability_name(int capability)
{
	char *name = cap_to_name(capability);
	char *copy = name ? strdup(name) : NULL;

	for (char *c = copy; c && *c; c++)
		*c = (char)toupper((unsigned char)*c);
	cap_free(name);
	return copy;
}

/* ---- the filter of system calls ---- */

static struct sock_filter default_filter[] = {
#include "seccomp.inc"
};

/* A new box, or a newer libseccomp, makes another default filter: a filter of before is then not
 * looked for. FNV-1a. */
static uint64_t default_filter_hash(void)
{
	const unsigned char *bytes = (const unsigned char *)default_filter;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(default_filter); i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Reads the filter in the file FD; -1 without fail() when there is none. */
static int read_filter(int fd, struct sock_fprog *filter)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	/* Half written before a crash, or not by us. */
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) ||
		st.st_size <= 0 || st.st_size % sizeof(*filter->filter) ||
		(size_t)st.st_size > BPF_MAXINSNS * sizeof(*filter->filter))
		return -1;
	if (!(filter->filter = malloc(st.st_size)))
		return -1;
	filter->len = st.st_size / sizeof(*filter->filter);
	return pread(fd, filter->filter, st.st_size, 0) == st.st_size ? 0 : -1;
}

/* Runs box-seccomp with ARGUMENT; IN (or -1) is its stdin, OUT its stdout. */
static int run_compiler(char *argument, int in, int out)
{
	autofree char *program = helper_path("box-seccomp");
	char *argv[] = {program, argument, NULL}, *env[] = {NULL};
	posix_spawn_file_actions_t actions;
	int error, status;
	pid_t pid;

	if (!program)
		return -1;
	posix_spawn_file_actions_init(&actions);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	error = posix_spawn(&pid, program, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	errno = error;
	if (error || waitpid(pid, &status, 0) < 0)
		return fail("%s", program);
	return status == 0 ? 0 : failx("%s failed", program);
}

/* Compiles the filter, and keeps it as NAME of the folder DIR. */
static int make_filter(char *argument, int in, int dir, const char *name, struct sock_fprog *filter)
{
	autofree char *new = format_text("%s.%d", name, getpid());
	autoclose int fd = -1;
	int result;

	if (!new)
		return -1;
	fd = openat(dir, new, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail("seccomp/%s", new);
	result = run_compiler(argument, in, fd);
	if (result == 0 && (read_filter(fd, filter) < 0 || fsync(fd) < 0))
		result = failx("seccomp/%s: not a filter", new);
	if (result == 0 && renameat(dir, new, dir, name) < 0)
		result = fail("seccomp/%s", name);
	if (result < 0)
		unlinkat(dir, new, 0);
	return result;
}

/* The filter NAME of FOLDER, which is compiled when it is not there. It lives as long as box. */
static const struct sock_fprog *get_filter(
	char *argument, int in, const char *folder, const char *name)
{
	static struct sock_fprog filter;
	autoclose int dir = -1, file = -1;
	struct stat st;

	mkdir(folder, 0700); /* where it cannot be made, open says why */
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0) {
		fail("%s", folder);
		return NULL;
	}
	/* --root of box-oci may be in /tmp. Who may write into the folder can give a filter the
	 * name of another one. */
	if (st.st_uid != geteuid() || (st.st_mode & 022)) {
		failx("%s: another user can write into it", folder);
		return NULL;
	}
	file = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (read_filter(file, &filter) < 0 && make_filter(argument, in, dir, name, &filter) < 0)
		return NULL;
	return &filter;
}

const struct sock_fprog *seccomp_filter(uint64_t capabilities, const char *data)
{
	static const struct sock_fprog standard = {LENGTH(default_filter), default_filter};
	autofree char *folder = format_text("%s/seccomp", data);
	autofree char *mask = format_text("%llx", (unsigned long long)capabilities);
	autofree char *name = format_text(
		"%s-%016llx", mask ? mask : "", (unsigned long long)default_filter_hash());

	if (capabilities == DEFAULT_CAPABILITIES)
		return &standard;
	if (!folder || !mask || !name)
		return NULL;
	mkdir(data, 0700);
	return get_filter(mask, -1, folder, name);
}

const struct sock_fprog *seccomp_profile(const char *profile, const char *folder)
{
	char digest[SHA256_DIGEST_STRING_LENGTH], argument[] = "--oci";
	autofree char *name = NULL;
	autoclose int in = memfd_create("profile", MFD_CLOEXEC);

	SHA256Data((const uint8_t *)profile, strlen(profile), digest);
	name = format_text("%s-%016llx", digest, (unsigned long long)default_filter_hash());
	if (!name || in < 0 || write_all(in, profile, strlen(profile)) < 0 ||
		lseek(in, 0, SEEK_SET) < 0) {
		fail("the profile of system calls");
		return NULL;
	}
	return get_filter(argument, in, folder, name);
}

/* ---- the last steps before exec ---- */

int session_keyring(void)
{
	/* ENOSYS: a kernel without keys; EPERM: box runs in a container that may not use them. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS &&
		errno != EPERM)
		return fail("new session keyring");
	return 0;
}

static int set_capabilities(
	const struct guard *guard, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{effective, permitted, inheritable},
		{effective >> 32, permitted >> 32, inheritable >> 32},
	};

	return own_call(guard, SYS_capset, (long)&header, (long)data, 0) < 0
		       ? fail("set the capabilities")
		       : 0;
}

/* What the calling process may have in its sets. */
static int get_permitted(uint64_t *permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return fail("get the capabilities");
	*permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

/* Names a capability of WANTED that is not PERMITTED: in a container box has not got all itself. */
static int check_permitted(uint64_t wanted, uint64_t permitted)
{
	uint64_t missing = wanted & ~permitted;
	char *name; /* this process is about to end */

	if (!missing)
		return 0;
	name = cap_to_name(__builtin_ctzll(missing));
	return failx("capability %s: box has not got it itself", name ? name : "?");
}

static int limit_bounding_set(uint64_t bounding)
{
	uint64_t drop = capabilities_all() & ~bounding;

	for (int i = 0; i < 64; i++)
		if ((drop >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return fail("drop a capability");
	return 0;
}

static int set_ambient(uint64_t ambient)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return fail("ambient capabilities");
	for (int i = 0; i < 64; i++)
		if ((ambient >> i & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return fail("ambient capabilities");
	return 0;
}

/* Becomes UID, GID, and keeps the permitted capabilities. */
static int become(const struct spec *spec, uid_t uid, gid_t gid, const gid_t *groups, size_t n)
{
	int with_box = spec->detached ? 0 : SIGKILL;

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail("keep the capabilities");
	if (setgroups(n, groups) < 0 || setresgid(gid, gid, gid) < 0)
		return fail("set the groups");
	if (setresuid(uid, uid, uid) < 0)
		return fail("set the user");
	/* The kernel forgot it at the change of user, prctl(2); a killed box must end us still. */
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, with_box) < 0)
		return fail("set the user");
	return 0;
}

static int install(const struct spec *spec, const struct guard *guard)
{
	/* SPEC_ALLOW, as runc: kernels before 5.16 else slow the whole process down. */
	unsigned flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW | spec->seccomp_flags;
	int fd;

	if (!guard->filter.filter)
		return 0;
	flags |= spec->listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
	if ((fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &guard->filter)) < 0)
		return fail("filter of system calls");
	return spec->listener ? init_pass_listener(guard, fd) : 0;
}

int filter_last(const struct spec *spec, const struct guard *guard)
{
	return spec->process.no_new_privileges ? install(spec, guard) : 0;
}

/*
 * Each step needs what a later one takes: the bounding set CAP_SETPCAP, the groups CAP_SETGID, the
 * filter CAP_SYS_ADMIN. The change of user empties the effective set, so that all that is permitted
 * is made effective again. With no_new_privs the filter needs no capability, and comes last: a
 * strict one then need not allow capset. Without it (Docker's default) it must, as with runc,
 * unless GUARD lets box's own calls pass.
 */
int drop_privileges(const struct spec *spec, const struct guard *guard, uid_t uid, gid_t gid,
	const gid_t *groups, size_t n)
{
	const struct capabilities *to = &spec->process.capabilities;
	/* execve(2) leaves another user than 0 no more, but box may stay, as --init. */
	uint64_t kept = uid == 0 ? ~UINT64_C(0) : to->ambient;
	uint64_t permitted = 0;

	if (limit_bounding_set(to->bounding) < 0 || become(spec, uid, gid, groups, n) < 0 ||
		get_permitted(&permitted) < 0 || check_permitted(to->permitted, permitted) < 0 ||
		set_capabilities(guard, permitted, permitted, to->inheritable) < 0 ||
		set_ambient(to->ambient) < 0)
		return -1;
	if (!spec->process.no_new_privileges && install(spec, guard) < 0)
		return -1;
	if (set_capabilities(guard, to->effective & kept, to->permitted & kept, to->inheritable) <
		0)
		return -1;
	if (spec->process.no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("no_new_privs");
	return 0;
}

/* ---- box's own file ---- */

int protect_own_file(char *argv[])
{
	static char path[PATH_MAX];
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
	autoclose int file = open("/proc/self/exe", O_PATH | O_CLOEXEC), clone = -1;
	struct statvfs st;

	if (file < 0 || fstatvfs(file, &st) < 0)
		return fail("/proc/self/exe");
	/* Before Linux 6.14 execveat(2) names a process by the number of the descriptor. */
	prctl(PR_SET_NAME, "box");
	if (st.f_flag & ST_RDONLY)
		return 0;
	/* As the file is opened by its descriptor, it may have been replaced since we started. */
	clone = syscall(
		SYS_open_tree, file, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (clone < 0 || syscall(SYS_mount_setattr, clone, "", AT_EMPTY_PATH, &attributes,
				 sizeof(attributes)) < 0)
		return fail("mount box's own file read-only");
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return fail("/proc/self/exe");
	argv[0] = path;
	/* The mount lives as long as the program that runs from it. This second start costs half a
	 * millisecond, of which the mount is a tenth. */
	syscall(SYS_execveat, clone, "", argv, environ, AT_EMPTY_PATH);
	return fail("execute box from a read-only mount");
}
