/* box, step 14: runs commands over root filesystems, for ordinary users, too.
 * cc -o box box.c -larchive */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/veth.h>
#include <locale.h>
#include <mntent.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Docker's, and the shells'. 128 + N says that signal N killed the command. */
enum { EXIT_BOX = 125, EXIT_CANNOT_EXEC = 126, EXIT_NOT_FOUND = 127 };

static const char usage[] =
	"usage: box run [OPTION]... ROOTFS COMMAND [ARG...]\n"
	"       box ps\n"
	"       box exec BOX COMMAND [ARG...]\n"
	"ROOTFS is a folder, or an archive of one, which is unpacked the first time.\n"
	"  -v, --volume SRC:DST[:ro]  show the host's folder or file SRC at DST\n"
	"      --tmpfs DST            an empty folder in memory at DST\n"
	"      --memory SIZE          bytes of memory, or KiB, MiB, GiB with k, m, g after the number\n"
	"      --pids-limit N         processes and threads\n"
	"      --cpus N               CPUs' worth of time, such as 0.5\n"
	"      --privileged           all of root's rights\n"
	"      --network none|veth    none: the loopback alone; veth: a pair to the host, too";
static const char remedy[] = "; in a container use its host, or make vm; on a host see make doctor";

static char cache_folder[512] = "/var/cache/box", records_folder[512] = "/run/boxes"; /* root's */
static char record[528]; /* this box's file in there; empty before it is made */
static uid_t user; /* who runs box; 0, root, needs no user namespace */

struct volume {
	char *src, *dst; /* a tmpfs has no SRC */
	bool read_only;
	int tree; /* a copy of SRC's mounts, not attached anywhere yet */
};

/* Arrays, as open_target writes into them. */
static char devices[][16] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"};
enum { DEVICES = sizeof(devices) / sizeof(*devices) };

static const struct filesystem {
	const char *type, *dst;
	unsigned long flags;
	const char *options;
} filesystems[] = {
	/* A /proc shows the PID namespace of the process that mounts it. */
	{"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
	{"tmpfs", "/dev", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755"},
	/* A pts that is new has no terminal of the host. With MS_NODEV its ptmx would not open. */
	{"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=666,mode=620"},
	{"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777"},
	{"sysfs", "/sys", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
	{.type = NULL},
};

static const char *const links[][2] = {
	{"pts/ptmx", "/dev/ptmx"},
	{"/proc/self/fd", "/dev/fd"},
	{"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"},
	{"/proc/self/fd/2", "/dev/stderr"},
};

/* Docker's lists: what these show, or change, is the machine's. */
static const char *const hidden[] = {"/proc/acpi", "/proc/asound", "/proc/interrupts",
	"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
	"/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
	NULL};
static const char *const read_only[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL};

/* Docker's: what a root that only cares for its own files and processes may need. */
static const unsigned long long capabilities =
	1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID |
	1ULL << CAP_KILL | 1ULL << CAP_SETGID | 1ULL << CAP_SETUID | 1ULL << CAP_SETPCAP |
	1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_NET_RAW | 1ULL << CAP_SYS_CHROOT |
	1ULL << CAP_MKNOD | 1ULL << CAP_AUDIT_WRITE | 1ULL << CAP_SETFCAP;

#ifdef __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#error "the filter knows x86-64 and aarch64 alone"
#endif
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(test, value, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, yes, no)
#define RETURN(verdict) BPF_STMT(BPF_RET | BPF_K, verdict)
#define REFUSE(call, error) JUMP(BPF_JEQ, call, 0, 1), RETURN(SECCOMP_RET_ERRNO | (error))

/* To learn from: calls that no capability guards well. Docker's list names what is allowed. */
static struct sock_filter filter[] = {
	/* A call's number means another call in programs of another kind, x86-64's x32 included. */
	LOAD(arch),
	JUMP(BPF_JEQ, ARCHITECTURE, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	JUMP(BPF_JGE, 0x40000000, 0, 1),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	/* Keys, programs in the kernel, its counters, files by number: these have no namespace. */
	REFUSE(SYS_add_key, EPERM),
	REFUSE(SYS_request_key, EPERM),
	REFUSE(SYS_keyctl, EPERM),
	REFUSE(SYS_bpf, EPERM),
	REFUSE(SYS_perf_event_open, EPERM),
	REFUSE(SYS_userfaultfd, EPERM),
	REFUSE(SYS_open_by_handle_at, EPERM),
	/* Requests in its ring would pass by this filter. */
	REFUSE(SYS_io_uring_setup, EPERM),
	REFUSE(SYS_io_uring_enter, EPERM),
	REFUSE(SYS_io_uring_register, EPERM),
	/* Its flags are in memory, where no filter looks. Without it libc uses clone. */
	REFUSE(SYS_clone3, ENOSYS),
	/* No new user namespace: all capabilities are had in there. */
	JUMP(BPF_JEQ, SYS_clone, 1, 0),
	JUMP(BPF_JEQ, SYS_unshare, 0, 4),
	LOAD(args[0]),
	JUMP(BPF_JSET, CLONE_NEWUSER, 0, 1),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
	/* No typing into the terminal of the host. The kernel ignores the number's upper half. */
	JUMP(BPF_JEQ, SYS_ioctl, 0, 4),
	LOAD(args[1]),
	JUMP(BPF_JEQ, TIOCSTI, 1, 0),
	JUMP(BPF_JEQ, TIOCLINUX, 0, 1),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
};

enum { MEMORY, PIDS_LIMIT, CPUS, PRIVILEGED, NETWORK };
static struct limit {
	const char *option, *units, *controller, *v1_file, *v2_file; /* v2 wants +controller */
	int scale; /* the file's number for the option's 1 */
	char value[32]; /* empty: no limit */
	bool v2;
	char cgroup[512];
	int dir; /* the cgroup, opened; 0 before that, as box.pidfd took the first descriptor */
} limits[] = {
	{"--memory", "kKmMgG", "+memory", "memory.limit_in_bytes", "memory.max", .scale = 1},
	{"--pids-limit", "", "+pids", "pids.max", "pids.max", .scale = 1},
	{"--cpus", "", "+cpu", "cpu.cfs_quota_us", "cpu.max", .scale = 100000},
	{.option = NULL},
};

struct box {
	char *rootfs;
	char **command;
	bool privileged, veth;
	gid_t group;
	int host_netlink, host_inet; /* sockets of the host's network, for its end of the pair */
	struct volume *volumes; /* the last one has no DST */
	int pidfd; /* of box itself: shows the child whether box still lives */
	int running[2]; /* a pipe, whose writing end is the child's until its exec */
	sigset_t blocked, inherited; /* signal masks: that of box, and what it was started with */
};

/* A request to make a pair of interfaces: attributes, and attributes in attributes. */
struct pair {
	struct nlmsghdr header;
	struct ifinfomsg link;
	struct rtattr name_is; /* IFLA_IFNAME */
	char name[IFNAMSIZ];
	struct rtattr info_is; /* IFLA_LINKINFO: the rest */
	struct rtattr kind_is; /* IFLA_INFO_KIND */
	char kind[8];
	struct rtattr data_is; /* IFLA_INFO_DATA: the rest */
	struct rtattr peer_is; /* VETH_INFO_PEER: the rest */
	struct ifinfomsg peer;
	struct rtattr peer_name_is; /* IFLA_IFNAME */
	char peer_name[IFNAMSIZ];
	struct rtattr peer_pid_is; /* IFLA_NET_NS_PID */
	unsigned peer_pid;
};

/* One user and one group are mapped: root in the box is whoever runs box, and nobody else. */
static void map_user(uid_t uid, gid_t gid)
{
	const char *const files[] = {
		"/proc/self/setgroups", "/proc/self/uid_map", "/proc/self/gid_map"};
	char text[32] = "deny";

	/* Dropping a group may open files that it is denied: the kernel wants this ruled out. */
	for (int i = 0; i < 3; i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		if (i > 0)
			snprintf(text, sizeof(text), "0 %u 1", i == 1 ? uid : gid);
		if (fd < 0 || write(fd, text, strlen(text)) < 0)
			err(EXIT_BOX, "write %s to %s", text, files[i]);
		close(fd);
	}
}

static void write_file(const struct limit *limit, const char *name, const char *text)
{
	int fd = openat(limit->dir, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		errx(EXIT_BOX, "%s: write %s to %s/%s: %m%s", limit->option, text, limit->cgroup,
			name, text == limit->value ? "" : remedy);
	close(fd);
}

/* Copies the mount that SRC is on, and those below SRC, while names still lead to the host. */
static void take_volume(struct volume *volume)
{
	struct mount_attr attr = {.attr_set = volume->read_only ? MOUNT_ATTR_RDONLY : 0};
	struct stat src;

	volume->tree = syscall(SYS_open_tree, AT_FDCWD, volume->src,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (volume->tree < 0 || fstat(volume->tree, &src) < 0)
		err(EXIT_BOX, "volume %s", volume->src);
	if (!S_ISCHR(src.st_mode) && !S_ISBLK(src.st_mode))
		attr.attr_set |= MOUNT_ATTR_NODEV; /* a device is wanted; one in a folder is not */
	if (syscall(SYS_mount_setattr, volume->tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) < 0)
		err(EXIT_BOX, "volume %s", volume->src);
}

/* Names in the archive may have .., lead through symlinks, or begin at /: all end in this root. */
static void unpack(int fd, const char *name)
{
	struct archive *in = archive_read_new(), *out = archive_write_disk_new();
	struct archive_entry *entry;
	int status;

	/* Not all formats: to the one named mtree, some texts are archives. */
	archive_read_support_format_tar(in);
	archive_read_support_format_cpio(in);
	archive_read_support_filter_gzip(in);
	archive_read_support_filter_bzip2(in);
	archive_read_support_filter_xz(in);
	archive_read_support_filter_zstd(in);
	archive_write_disk_set_options(out, (user ? 0 : ARCHIVE_EXTRACT_OWNER) |
						    ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
						    ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_UNLINK);
	if (archive_read_open_fd(in, fd, 1 << 16) != ARCHIVE_OK)
		errx(EXIT_BOX, "%s: %s", name, archive_error_string(in));
	/* A warning means that something is not as the archive has it: an error, too. */
	while ((status = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
		mode_t type = archive_entry_filetype(entry);

		if (user && (type == AE_IFCHR || type == AE_IFBLK))
			continue; /* root alone may make devices; the box has its own */
		if (archive_read_extract2(in, entry, out) != ARCHIVE_OK)
			errx(EXIT_BOX, "%s: %s: %s", name, archive_entry_pathname(entry),
				archive_error_string(in));
	}
	if (status != ARCHIVE_EOF)
		errx(EXIT_BOX, "%s: %s", name, archive_error_string(in));
	if (archive_write_close(out) != ARCHIVE_OK)
		errx(EXIT_BOX, "%s: %s", name, archive_error_string(out));
}

/* Unpacks the archive FD, called NAME, into the folder NEW. */
static void unpack_in_child(int fd, const char *name, const char *new)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			err(EXIT_BOX, "prctl PR_SET_PDEATHSIG");
		umask(022);
		if (user) {
			gid_t group = getegid();

			if (unshare(CLONE_NEWUSER) < 0)
				err(EXIT_BOX, "make a user namespace");
			map_user(user, group);
		}
		/* For names in UTF-8; read while the host is in sight. */
		setlocale(LC_CTYPE, "C.UTF-8");
		if (chroot(new) < 0 || chdir("/") < 0 || chmod("/", 0755) < 0)
			err(EXIT_BOX, "chroot %s", new);
		unpack(fd, name);
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		err(EXIT_BOX, "unpack %s", name);
	if (WIFSIGNALED(status))
		errx(EXIT_BOX, "unpack %s: %s", name, strsignal(WTERMSIG(status)));
	if (status != 0)
		exit(EXIT_BOX); /* the child has said why */
}

/* Returns ROOTFS, or if it is an archive, the folder that holds it unpacked, as this run has just
 * done or an earlier one. */
static char *unpack_once(char *rootfs)
{
	int cache, fd = open(rootfs, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	char *folder, *new;

	if (fd < 0 || fstat(fd, &status) < 0)
		err(EXIT_BOX, "%s", rootfs);
	if (!S_ISREG(status.st_mode)) {
		close(fd);
		return rootfs;
	}
	if (asprintf(&folder, "%s/%jx-%jx-%jx-%jx.%09ld", cache_folder, (uintmax_t)status.st_dev,
		    (uintmax_t)status.st_ino, (uintmax_t)status.st_size,
		    (uintmax_t)status.st_ctim.tv_sec, status.st_ctim.tv_nsec) < 0 ||
		asprintf(&new, "%s.new", folder) < 0)
		err(EXIT_BOX, "asprintf");
	if ((mkdir(cache_folder, 0700) < 0 && errno != EEXIST) ||
		(cache = open(cache_folder, O_RDONLY | O_CLOEXEC)) < 0 || flock(cache, LOCK_EX) < 0)
		err(EXIT_BOX, "%s", cache_folder);
	if (access(folder, F_OK) < 0) { /* not yet */
		/* What a run that was killed has left there is overwritten. */
		if (mkdir(new, 0700) < 0 && errno != EEXIST)
			err(EXIT_BOX, "%s", new);
		unpack_in_child(fd, rootfs, new);
		/* What has this name is whole, and on the disk. */
		if (syncfs(cache) < 0 || rename(new, folder) < 0)
			err(EXIT_BOX, "%s", folder);
	}
	close(cache);
	close(fd);
	free(new);
	return folder;
}

/* What the command writes lands in a tmpfs above ROOTFS, and goes with the box's mounts. */
static void mount_overlay(const char *rootfs)
{
	struct stat image;

	if (chdir(rootfs) < 0 || stat(".", &image) < 0)
		err(EXIT_BOX, "chdir %s", rootfs);
	/* Any folder of the host will do: in this namespace nobody but the child sees it. */
	if (mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0)
		err(EXIT_BOX, "mount a tmpfs on /tmp");
	/* The owner and mode of the upper folder are those of / in the box. */
	if (mkdir("/tmp/work", 0700) < 0 || mkdir("/tmp/upper", 0700) < 0 ||
		(!user && chown("/tmp/upper", image.st_uid, image.st_gid) < 0) ||
		chmod("/tmp/upper", image.st_mode & 07777) < 0)
		err(EXIT_BOX, "make the upper folder");
	/* In a user namespace an overlay keeps its notes in attributes that users may set. */
	if (mount("overlay", "/tmp", "overlay", MS_NODEV,
		    user ? "lowerdir=.,upperdir=/tmp/upper,workdir=/tmp/work,userxattr"
			 : "lowerdir=.,upperdir=/tmp/upper,workdir=/tmp/work") < 0)
		err(EXIT_BOX, "mount an overlay over %s", rootfs);
	if (chdir("/tmp") < 0)
		err(EXIT_BOX, "chdir to the overlay");
}

static void mount_filesystems(void)
{
	for (const struct filesystem *fs = filesystems; fs->type; fs++)
		if ((mkdir(fs->dst, 0755) < 0 && errno != EEXIST) ||
			mount(fs->type, fs->dst, fs->type, fs->flags, fs->options) < 0)
			err(EXIT_BOX, "mount %s", fs->dst);
}

static void enter_rootfs(const char *rootfs)
{
	mount_overlay(rootfs);
	/* The old root lands on top of the new one, where "." names it until it is unmounted. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		err(EXIT_BOX, "pivot_root %s", rootfs);
	mount_filesystems();
	if (umount2(".", MNT_DETACH) < 0)
		err(EXIT_BOX, "umount the old root");
}

/* Opens DST. What it lacks is made: folders, and an empty file for a file to cover. */
static int open_target(char *dst, bool folder)
{
	for (char *slash = dst; (slash = strchr(slash + 1, '/')); *slash = '/') {
		*slash = '\0';
		if (mkdir(dst, 0755) < 0 && errno != EEXIST)
			return -1;
	}
	if (folder && mkdir(dst, 0755) < 0 && errno != EEXIST)
		return -1;
	return open(dst, O_CLOEXEC | (folder ? O_DIRECTORY : O_CREAT | O_NONBLOCK), 0644);
}

/* In ROOTFS already: a symlink on the way to DST leads nowhere else. */
static void attach_volume(const struct volume *volume)
{
	struct stat src = {.st_mode = S_IFDIR};
	int target;

	if (volume->src && fstat(volume->tree, &src) < 0)
		err(EXIT_BOX, "volume %s", volume->src);
	if ((target = open_target(volume->dst, S_ISDIR(src.st_mode))) < 0)
		err(EXIT_BOX, "volume %s", volume->dst);
	if (volume->src ? syscall(SYS_move_mount, volume->tree, "", target, "",
				  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0
			: mount("tmpfs", volume->dst, "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0)
		err(EXIT_BOX, "volume %s", volume->dst);
}

static void make_links(void)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			err(EXIT_BOX, "symlink %s", links[i][1]);
}

/* Not all machines have all of them. */
static void cover(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	struct stat status;

	for (const char *const *path = hidden; *path; path++)
		if (stat(*path, &status) == 0 &&
			(S_ISDIR(status.st_mode)
					? mount("tmpfs", *path, "tmpfs", MS_RDONLY | MS_NODEV, NULL)
					: mount("/dev/null", *path, NULL, MS_BIND, NULL)) < 0)
			err(EXIT_BOX, "hide %s", *path);
	for (const char *const *path = read_only; *path; path++)
		if (access(*path, F_OK) == 0 &&
			(mount(*path, *path, NULL, MS_BIND | MS_REC, NULL) < 0 ||
				syscall(SYS_mount_setattr, AT_FDCWD, *path, AT_RECURSIVE, &attr,
					sizeof(attr)) < 0))
			err(EXIT_BOX, "make %s read-only", *path);
}

static void drop_rights(void)
{
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2]; /* 32 capabilities each */

	/* The bounding set is what an exec gives root anew. */
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(capabilities >> cap & 1) && prctl(PR_CAPBSET_DROP, cap) < 0)
			err(EXIT_BOX, "drop capability %d", cap);
	/* While there still is CAP_SYS_ADMIN: without it the kernel wants no_new_privs first. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		err(EXIT_BOX, "install the filter of system calls");
	if (syscall(SYS_capget, &header, data) < 0)
		err(EXIT_BOX, "capget");
	for (int half = 0; half < 2; half++) {
		data[half].permitted &= capabilities >> 32 * half;
		data[half].effective = data[half].permitted;
		data[half].inheritable = 0; /* the bounding set does not bound it */
	}
	if (syscall(SYS_capset, &header, data) < 0)
		err(EXIT_BOX, "capset");
}

static _Noreturn void run_command(const struct box *box)
{
	if (sigprocmask(SIG_SETMASK, &box->inherited, NULL) < 0)
		err(EXIT_BOX, "sigprocmask");
	execvp(box->command[0], box->command);
	err(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC, "%s", box->command[0]);
}

/* The last two bits of an address are for the hosts of its network: two can be used. */
static void set_up(int sock, const char *interface, unsigned address)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	struct ifreq request = {0};
	int failed = 0;

	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	if (address) {
		memcpy(&request.ifr_addr, &in, sizeof(in));
		failed |= ioctl(sock, SIOCSIFADDR, &request);
		in.sin_addr.s_addr = htonl(~3U);
		memcpy(&request.ifr_netmask, &in, sizeof(in));
		failed |= ioctl(sock, SIOCSIFNETMASK, &request);
	}
	failed |= ioctl(sock, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	failed |= ioctl(sock, SIOCSIFFLAGS, &request);
	if (failed)
		err(EXIT_BOX, "set up %s", interface);
}

/* Makes NAME on the host, and eth0 at its other end, here. When this network ends, both go. */
static void make_pair(int netlink, const char name[IFNAMSIZ])
{
	struct pair pair = {
		.header = {sizeof(pair), RTM_NEWLINK,
			NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0, 0},
		.name_is = {RTA_LENGTH(sizeof(pair.name)), IFLA_IFNAME},
		.info_is = {sizeof(pair) - offsetof(struct pair, info_is), IFLA_LINKINFO},
		.kind_is = {RTA_LENGTH(sizeof(pair.kind)), IFLA_INFO_KIND},
		.kind = "veth",
		.data_is = {sizeof(pair) - offsetof(struct pair, data_is), IFLA_INFO_DATA},
		.peer_is = {sizeof(pair) - offsetof(struct pair, peer_is), VETH_INFO_PEER},
		.peer_name_is = {RTA_LENGTH(sizeof(pair.peer_name)), IFLA_IFNAME},
		.peer_name = "eth0",
		.peer_pid_is = {RTA_LENGTH(sizeof(pair.peer_pid)), IFLA_NET_NS_PID},
		.peer_pid = getpid(), /* the kernel reads it in the PID namespace of who sends it */
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;

	memcpy(pair.name, name, IFNAMSIZ);
	if (send(netlink, &pair, sizeof(pair), 0) < 0 ||
		recv(netlink, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer))
		err(EXIT_BOX, "netlink");
	if ((errno = -answer.error.error) != 0)
		err(EXIT_BOX, "make the interfaces %s and eth0", name);
}

static void join_network(const struct box *box)
{
	struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
	struct sockaddr_in any = {.sin_family = AF_INET}, gateway = any;
	struct ifreq host = {0};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned network;

	if (sock < 0)
		err(EXIT_BOX, "socket");
	set_up(sock, "lo", 0);
	if (!box->veth)
		return;
	snprintf(host.ifr_name, IFNAMSIZ, "box.%08x", arc4random());
	make_pair(box->host_netlink, host.ifr_name);
	if (ioctl(box->host_inet, SIOCGIFINDEX, &host) < 0)
		err(EXIT_BOX, "%s", host.ifr_name);
	/* An index is one interface's alone: of 16384 in a row, no two give the same network. */
	network = (10U << 24 | 200 << 16) + host.ifr_ifindex % (1 << 14) * 4;
	set_up(box->host_inet, host.ifr_name, network + 1);
	set_up(sock, "eth0", network + 2);
	gateway.sin_addr.s_addr = htonl(network + 1);
	memcpy(&route.rt_gateway, &gateway, sizeof(gateway));
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	if (ioctl(sock, SIOCADDRT, &route) < 0)
		err(EXIT_BOX, "route to the host");
}

/* What the command of run, and that of exec, need while the child still sees the host. */
static void begin_child(const struct box *box)
{
	struct pollfd parent = {.fd = box->pidfd, .events = POLLIN};

	/* The kernel kills the command when box dies; if box is dead by now, nobody would. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		err(EXIT_BOX, "prctl PR_SET_PDEATHSIG");
	if (poll(&parent, 1, 0) != 0)
		errx(EXIT_BOX, "box has died");
	/* On v2 the child of run was born in them. Its own exit must not remove what is box's. */
	for (struct limit *limit = limits; limit->option; limit++)
		if (*limit->cgroup)
			write_file(limit, limit->v2 ? "cgroup.procs" : "tasks", "0");
	limits->option = NULL;
}

static _Noreturn void child_main(const struct box *box)
{
	begin_child(box);
	if (user)
		map_user(user, box->group);
	/* Not by clone3, which on v1 comes before the child has joined its cgroups. */
	if (unshare(CLONE_NEWCGROUP) < 0)
		err(EXIT_BOX, "unshare the cgroup namespace");
	join_network(box);
	/* stdin, stdout and stderr are the command's; any other may lead out of the box. The pipe
	 * leads nowhere, and goes with the exec, which box waits for. */
	if (dup2(box->running[1], 3) < 0 || close_range(3, 3, CLOSE_RANGE_CLOEXEC) < 0 ||
		close_range(4, ~0U, 0) < 0)
		err(EXIT_BOX, "close_range");
	if (sethostname("box", strlen("box")) < 0)
		err(EXIT_BOX, "sethostname");
	/* The new namespace is a copy of the host's: where / is shared, each passes mounts on. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(EXIT_BOX, "make the mounts private");
	for (struct volume *volume = box->volumes; volume->dst; volume++)
		if (volume->src)
			take_volume(volume);
	enter_rootfs(box->rootfs);
	make_links();
	for (struct volume *volume = box->volumes; volume->dst; volume++)
		attach_volume(volume);
	if (!box->privileged) {
		cover();
		drop_rights();
	}
	run_command(box);
}

/* A v1 mount names its controllers; v2 has those that no v1 mount has. */
static void name_cgroup(struct limit *limit, unsigned id)
{
	const char *name = limit->controller + strlen("+");
	FILE *mounts = setmntent("/proc/mounts", "re");
	struct mntent *mount;

	while (mounts && (mount = getmntent(mounts))) {
		bool v1 = !strcmp(mount->mnt_type, "cgroup") && hasmntopt(mount, name);

		if (!v1 && (*limit->cgroup || strcmp(mount->mnt_type, "cgroup2") != 0))
			continue;
		snprintf(limit->cgroup, sizeof(limit->cgroup), "%s/box.%08x", mount->mnt_dir, id);
		limit->v2 = !v1;
	}
	endmntent(mounts);
	if (!*limit->cgroup)
		errx(EXIT_BOX, "%s: no %s cgroup in /proc/mounts%s", limit->option, name, remedy);
}

/* On v1 each limit has a cgroup of its own; on v2 they share one, into which the child is born. */
static void make_cgroup(struct limit *limit, unsigned id, struct clone_args *args)
{
	const char *swap;

	name_cgroup(limit, id);
	if ((mkdir(limit->cgroup, 0755) < 0 && errno != EEXIST) ||
		(limit->dir = open(limit->cgroup, O_RDONLY | O_CLOEXEC)) < 0)
		errx(EXIT_BOX, "%s: make cgroup %s: %m%s", limit->option, limit->cgroup,
			user ? "; limits are for root: try sudo" : remedy);
	if (limit->v2) {
		write_file(limit, "../cgroup.subtree_control", limit->controller);
		args->flags |= CLONE_INTO_CGROUP;
		args->cgroup = limit->dir;
	}
	write_file(limit, limit->v2 ? limit->v2_file : limit->v1_file, limit->value);
	swap = limit->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	if (limit == &limits[MEMORY] && faccessat(limit->dir, swap, F_OK, 0) == 0)
		write_file(limit, swap, limit->v2 ? "0" : limit->value);
	if (limit == &limits[MEMORY] && limit->v2)
		write_file(limit, "memory.oom.group", "1"); /* all are killed, or none */
}

/* Processes may have been put into the cgroup; it is busy until the last one is quite gone. */
static void remove_cgroups(void)
{
	for (struct limit *limit = limits; limit->option; limit++) {
		int fd = limit->dir > 0 ? openat(limit->dir, "cgroup.kill", O_WRONLY) : -1;

		if (fd >= 0 && write(fd, "1", 1) < 0)
			warn("cgroup.kill");
		for (int i = 0; i < 500 && rmdir(limit->cgroup) < 0 && errno == EBUSY; i++)
			usleep(10 * 1000);
		if (*limit->cgroup && access(limit->cgroup, F_OK) == 0)
			warnx("%s is still in use, and stays", limit->cgroup);
	}
}

/* In clock ticks since the machine was started: PIDs come again, but not at the same time. */
static unsigned long long start_time(pid_t pid)
{
	char path[32], stat[1024] = "";
	unsigned long long start = 0;
	char *field;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return 0;
	/* The name, field 2, is in parentheses, and may have some itself. */
	if (read(fd, stat, sizeof(stat) - 1) > 0 && (field = strrchr(stat, ')')))
		sscanf(field, ") %*c%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s %llu",
			&start);
	close(fd);
	return start;
}

/* The lock is the sign of life: the kernel takes it away when box ends, whatever ends it. Returns
 * the file, which has no name yet. */
static int open_record(void)
{
	int file;

	if ((mkdir(records_folder, 0700) < 0 && errno != EEXIST) ||
		(file = open(records_folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) < 0 ||
		flock(file, LOCK_EX | LOCK_NB) < 0)
		err(EXIT_BOX, "%s", records_folder);
	return file;
}

/* The file gets its name when it is whole. */
static void make_record(int file, unsigned id, pid_t child, const struct box *box)
{
	char path[32], **command = box->command;
	unsigned limited = 0;

	for (int i = 0; limits[i].option; i++)
		limited |= (*limits[i].value != '\0') << i;
	if (dprintf(file, "%d %llu %u %d", child, start_time(child), limited, box->privileged) < 0)
		err(EXIT_BOX, "%s", records_folder);
	while (*command)
		if (dprintf(file, " %s", *command++) < 0)
			err(EXIT_BOX, "%s", records_folder);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	snprintf(record, sizeof(record), "%s/%08x", records_folder, id);
	if (linkat(AT_FDCWD, path, AT_FDCWD, record, AT_SYMLINK_FOLLOW) < 0)
		err(EXIT_BOX, "%s", record);
}

static void remove_record(void)
{
	if (*record && unlink(record) < 0)
		warn("%s", record);
}

/* Only SIGKILL ends box before it has cleaned up. Ctrl-Z still stops it. */
static void block_signals(struct box *box)
{
	struct sigaction hangup;

	sigfillset(&box->blocked);
	sigdelset(&box->blocked, SIGTSTP);
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN)
		/* Started by nohup; sigwait would get it even so. */
		sigdelset(&box->blocked, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &box->blocked, &box->inherited) < 0)
		err(EXIT_BOX, "sigprocmask");
	if ((box->pidfd = syscall(SYS_pidfd_open, getpid(), 0)) < 0)
		err(EXIT_BOX, "pidfd_open");
}

/* Returns the wait status. Ctrl-C is for the command, which gets it too: box drops SIGINT. */
static int wait_for(pid_t child, const sigset_t *blocked)
{
	int status, sig;
	pid_t ended;

	while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
		if ((errno = sigwait(blocked, &sig)) != 0)
			err(EXIT_BOX, "sigwait");
		if ((sig == SIGTERM || sig == SIGHUP) && kill(child, SIGKILL) < 0)
			err(EXIT_BOX, "kill %d", child);
	}
	if (ended < 0)
		err(EXIT_BOX, "waitpid %d", child);
	return status;
}

/* SPEC is SRC:DST[:ro], or DST alone for a tmpfs. */
static void parse_volume(char *spec, bool tmpfs, struct volume *volume)
{
	volume->src = tmpfs ? NULL : strsep(&spec, ":");
	volume->dst = strsep(&spec, ":");
	volume->read_only = spec && strcmp(spec, "ro") == 0;
	if (!volume->dst)
		errx(EXIT_BOX, "volume %s: not SRC:DST[:ro]", volume->src);
	if (volume->dst[0] != '/' || !volume->dst[strspn(volume->dst, "/")])
		errx(EXIT_BOX, "volume %s: not an absolute path below /", volume->dst);
	if (spec && (tmpfs || !volume->read_only))
		errx(EXIT_BOX, "volume %s: unknown option %s", volume->dst, spec);
}

static void parse_limit(const char *arg, struct limit *limit)
{
	const char *digits = limit->scale > 1 ? "0123456789." : "0123456789";
	char *end;
	double value = strtod(arg, &end) * limit->scale;
	const char *unit = *end ? strchr(limit->units, *end) : NULL;

	if (unit)
		value *= 1LL << 10 * ((unit - limit->units) / 2 + 1);
	if (end != arg + strspn(arg, digits) || end[!!unit] || value < 1 || value >= 1e18)
		errx(EXIT_BOX, "%s %s: not a positive number, or too large", limit->option, arg);
	snprintf(limit->value, sizeof(limit->value), "%.0f", value);
}

/* The sockets are the child's too: a socket stays in the network that it was made in. */
static void parse_network(const char *arg, struct box *box)
{
	box->veth = strcmp(arg, "veth") == 0;
	if (!box->veth && strcmp(arg, "none") != 0)
		errx(EXIT_BOX, "--network %s: neither none nor veth", arg);
	box->host_netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	box->host_inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (box->host_netlink < 0 || box->host_inet < 0)
		err(EXIT_BOX, "socket");
}

static const struct option options[] = {
	{"help", no_argument, NULL, 'h'},
	{"volume", required_argument, NULL, 'v'},
	{"tmpfs", required_argument, NULL, 't'},
	{"memory", required_argument, NULL, MEMORY},
	{"pids-limit", required_argument, NULL, PIDS_LIMIT},
	{"cpus", required_argument, NULL, CPUS},
	{"privileged", no_argument, NULL, PRIVILEGED},
	{"network", required_argument, NULL, NETWORK},
	{0},
};

static void parse_arguments(int argc, char *argv[], struct box *box)
{
	bool run = argc > 1 && strcmp(argv[1], "run") == 0;
	struct volume *volume = calloc(argc + DEVICES, sizeof(*volume));
	int option;

	if (!(box->volumes = volume))
		err(EXIT_BOX, "calloc");
	for (int i = 0; i < DEVICES; i++) /* volumes like any other */
		*volume++ = (struct volume){.src = devices[i], .dst = devices[i]};
	argv[run] = "box"; /* the name in getopt's messages */
	while ((option = getopt_long(argc - run, argv + run, "+hv:", options, NULL)) != -1) {
		if (option == 'h')
			exit(puts(usage) < 0 || fflush(stdout) != 0 ? EXIT_BOX : 0);
		else if (option == 'v' || option == 't')
			parse_volume(optarg, option == 't', volume++);
		else if (option == PRIVILEGED)
			box->privileged = true;
		else if (option == NETWORK)
			parse_network(optarg, box);
		else if (option <= CPUS)
			parse_limit(optarg, &limits[option]);
		else
			exit(EXIT_BOX);
	}
	argv += run + optind;
	if (!run && argv[0])
		errx(EXIT_BOX, "unknown command %s; see box --help", argv[0]);
	if (!run || !argv[0] || !argv[1])
		errx(EXIT_BOX, "no %s; see box --help", argv[0] ? "command" : "root filesystem");
	if (user && box->veth)
		errx(EXIT_BOX,
			"--network veth: only root may add interfaces to the host's network");
	if (!(box->rootfs = realpath(argv[0], NULL)))
		err(EXIT_BOX, "%s", argv[0]);
	box->command = argv + 1;
}

static int finish(pid_t child, const struct box *box)
{
	int status = wait_for(child, &box->blocked);

	/* A shell in the box takes the terminal; it sees no PID to give it back to when it ends. */
	if (kill(-tcgetpgrp(STDIN_FILENO), 0) < 0)
		tcsetpgrp(STDIN_FILENO, getpgrp());
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(int argc, char *argv[])
{
	struct clone_args args = {
		.flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC,
		.exit_signal = SIGCHLD};
	struct box box = {0};
	unsigned id = arc4random();
	pid_t child;
	int nothing, file;

	parse_arguments(argc, argv, &box);
	signal(SIGCHLD, SIG_DFL); /* a caller that ignores it leaves no exit status to wait for */
	box.rootfs = unpack_once(box.rootfs);
	box.group = getegid();
	args.flags |= user ? CLONE_NEWUSER : 0;
	block_signals(&box);
	atexit(remove_cgroups); /* err(3) exits, too */
	atexit(remove_record);
	if (pipe2(box.running, O_CLOEXEC) < 0)
		err(EXIT_BOX, "pipe");
	file = open_record();
	for (struct limit *limit = limits; limit->option; limit++)
		if (*limit->value)
			make_cgroup(limit, id, &args);
	if ((child = syscall(SYS_clone3, &args, sizeof(args))) < 0)
		errx(EXIT_BOX, "clone3%s: %m%s", args.cgroup ? " into the cgroup" : "", remedy);
	if (child == 0)
		child_main(&box);
	close(box.running[1]);
	if (read(box.running[0], &nothing, sizeof(nothing)) == 0)
		make_record(file, id, child, &box);
	return finish(child, &box);
}

static int ps(void)
{
	DIR *folder = opendir(records_folder);
	struct dirent *entry;
	char text[4096];
	int pid, command = 0;

	if (!folder && errno != ENOENT)
		err(EXIT_BOX, "%s", records_folder);
	printf("%-8s  %7s  COMMAND\n", "BOX", "PID");
	while (folder && (entry = readdir(folder))) {
		int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
		ssize_t length =
			fd < 0 || *entry->d_name == '.' ? 0 : read(fd, text, sizeof(text) - 1);

		if (length > 0 && flock(fd, LOCK_SH | LOCK_NB) == 0) {
			unlinkat(dirfd(folder), entry->d_name, 0); /* its box was killed */
		} else if (length > 0) {
			text[length] = '\0';
			for (char *c = text; *c; c++) /* a line each, whatever a command has */
				*c = iscntrl((unsigned char)*c) ? '?' : *c;
			if (sscanf(text, "%d %*u %*u %*u %n", &pid, &command) == 1)
				printf("%s  %7d  %s\n", entry->d_name, pid, text + command);
		}
		if (fd >= 0)
			close(fd);
	}
	return fflush(stdout) == 0 ? 0 : EXIT_BOX;
}

/* Reads the record of the box NAME. Returns a pidfd of its first process. */
static int find_box(const char *name, struct box *box)
{
	char path[sizeof(record)], text[256] = "";
	unsigned long long start;
	unsigned limited;
	int file, pid, pidfd, privileged;

	snprintf(path, sizeof(path), "%s/%.8s", records_folder, name);
	if (strlen(name) != 8 || strchr(name, '/') ||
		(file = open(path, O_RDONLY | O_CLOEXEC)) < 0 ||
		flock(file, LOCK_SH | LOCK_NB) == 0)
		errx(EXIT_BOX, "no box %s is running; see box ps", name);
	if (read(file, text, sizeof(text) - 1) < 0 ||
		sscanf(text, "%d %llu %u %d", &pid, &start, &limited, &privileged) != 4)
		errx(EXIT_BOX, "%s: not a record", path);
	/* First the pidfd, then the question whether it is still of the same process. */
	if ((pidfd = syscall(SYS_pidfd_open, pid, 0)) < 0 || start_time(pid) != start)
		errx(EXIT_BOX, "box %s has ended", name);
	box->privileged = privileged;
	for (int i = 0; limits[i].option; i++) {
		if (!(limited >> i & 1))
			continue;
		name_cgroup(&limits[i], strtoul(name, NULL, 16));
		if ((limits[i].dir = open(limits[i].cgroup, O_RDONLY | O_CLOEXEC)) < 0)
			err(EXIT_BOX, "%s", limits[i].cgroup);
	}
	close(file);
	return pidfd;
}

static _Noreturn void exec_main(const struct box *box, int target)
{
	begin_child(box); /* joins the cgroups: from outside, as inside v2 may refuse it */
	if (setns(target,
		    CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWCGROUP) < 0)
		err(EXIT_BOX, "enter the box");
	if (close_range(3, ~0U, 0) < 0)
		err(EXIT_BOX, "close_range");
	if (!box->privileged)
		drop_rights();
	run_command(box);
}

static int exec_in_box(char *argv[])
{
	struct box box = {.command = argv + 3};
	int target;
	pid_t child;

	if (!argv[2] || !argv[3])
		errx(EXIT_BOX, "no %s; see box --help", argv[2] ? "command" : "box");
	signal(SIGCHLD, SIG_DFL);
	target = find_box(argv[2], &box);
	block_signals(&box);
	/* A process cannot change its own PID: this namespace is for its children. */
	if (setns(target, CLONE_NEWPID | (user ? CLONE_NEWUSER : 0)) < 0)
		err(EXIT_BOX, "enter the PID namespace of %s", argv[2]);
	if ((child = fork()) < 0)
		err(EXIT_BOX, "fork");
	if (child == 0)
		exec_main(&box, target);
	return finish(child, &box);
}

/* Where root keeps images and records, nobody else can. */
static void find_folders(void)
{
	const char *home = getenv("HOME");

	if (!home || *home != '/' || strlen(home) > sizeof(cache_folder) - sizeof("/.cache/boxes"))
		errx(EXIT_BOX,
			"HOME is no absolute path, or too long: images and records go there");
	snprintf(cache_folder, sizeof(cache_folder), "%s/.cache", home);
	if (mkdir(cache_folder, 0700) < 0 && errno != EEXIST)
		err(EXIT_BOX, "%s", cache_folder);
	snprintf(cache_folder, sizeof(cache_folder), "%s/.cache/box", home);
	snprintf(records_folder, sizeof(records_folder), "%s/.cache/boxes", home);
}

int main(int argc, char *argv[])
{
	if ((user = geteuid()) != 0)
		find_folders();
	if (argc == 2 && strcmp(argv[1], "ps") == 0)
		return ps();
	if (argc > 1 && strcmp(argv[1], "exec") == 0)
		return exec_in_box(argv);
	return run(argc, argv);
}
