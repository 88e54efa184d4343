/*
 * floor.c: what the kernel itself takes to start and end a container. Only the system calls: no
 *state, no checks, no errors that help. What a runtime takes beyond it is its own. Built and run by
 *tests/bench/bench.
 *
 * floor [-n] [-e] [-l] [-o PLACE] ROOTFS COMMAND [ARGUMENT]...
 *	-n: the host's network
 *	-e: everything an OCI runtime has to do: devpts, shm, mqueue, sysfs, masked and read-only
 *	    paths, capabilities, the filter of system calls, compiled before
 *	-l: limits on memory and processes, in cgroups
 *	-o: ROOTFS as the lower folder of an overlay; what is written goes below PLACE, and away
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAPABILITIES UINT64_C(0xa80425fb) /* Docker's, as final/ has them */
#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static struct sock_filter filter[] = {
#include "../../final/core/seccomp.inc"
};

static bool everything, limits, v2, host_network;
static const char *overlay;

static void must(long result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(125);
}

static void put(const char *folder, const char *file, const char *text)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	must(fd = open(path, O_WRONLY | O_CLOEXEC), path);
	must(write(fd, text, strlen(text)), path);
	close(fd);
}

/* ---- cgroups: one of v2, or two of v1 ---- */

static char cgroups[2][64];

static void make_cgroup(void)
{
	v2 = access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0;
	snprintf(cgroups[0], 64, "/sys/fs/cgroup/%sfloor-%d", v2 ? "" : "pids/", getpid());
	snprintf(cgroups[1], 64, "/sys/fs/cgroup/memory/floor-%d", getpid());
	if (v2)
		put("/sys/fs/cgroup", "cgroup.subtree_control", "+pids +memory");
	for (int i = 0; i < (v2 ? 1 : 2); i++)
		must(mkdir(cgroups[i], 0755), cgroups[i]);
	put(cgroups[0], "pids.max", "100");
	put(cgroups[!v2], v2 ? "memory.max" : "memory.limit_in_bytes", "268435456");
}

static void remove_cgroup(void)
{
	for (int i = 0; i < (v2 ? 1 : 2); i++)
		must(rmdir(cgroups[i]), cgroups[i]);
}

/* ---- the overlay's folders ---- */

static const char *const folders[] = {"", "/upper", "/work", "/root", "/work/work",
	"/work/work/incompat", "/work/work/incompat/volatile"};

static void place_make(char *place)
{
	char path[PATH_MAX];

	snprintf(place, PATH_MAX - 32, "%s/floor-%d", overlay, getpid());
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", place, folders[i]);
		must(mkdir(path, 0755), path);
	}
}

static void place_remove(const char *place)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/work/work/incompat/volatile/dirty", place);
	must(unlink(path), path);
	for (int i = LENGTH(folders) - 1; i >= 0; i--) {
		snprintf(path, sizeof(path), "%s%s", place, folders[i]);
		must(rmdir(path), path);
	}
}

/* ---- the container's side ---- */

static void mount_on(const char *type, const char *target, unsigned long flags, const char *data)
{
	must(mount(type, target, type, flags, data), target);
}

static void make_dev(void)
{
	static const struct {
		const char *path;
		int minor;
	} nodes[] = {{"dev/null", 3}, {"dev/zero", 5}, {"dev/full", 7}, {"dev/random", 8},
		{"dev/urandom", 9}};

	umask(0);
	mount_on("tmpfs", "dev", MS_NOSUID | MS_NOEXEC, "mode=755");
	for (size_t i = 0; i < LENGTH(nodes); i++)
		must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(1, nodes[i].minor)),
			nodes[i].path);
	must(mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)), "dev/tty");
	must(symlink("/proc/self/fd", "dev/fd"), "dev/fd");
	umask(022);
}

static void mount_everything(void)
{
	static const char *const masked[] = {"proc/acpi", "proc/kcore", "proc/keys",
		"proc/timer_list", "proc/interrupts", "sys/firmware"};
	static const char *const constant[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys"};
	const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	struct stat st;

	must(mkdir("dev/pts", 0755) | mkdir("dev/shm", 0755) | mkdir("dev/mqueue", 0755), "mkdir");
	mount_on("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
		"newinstance,ptmxmode=0666,mode=0620,gid=5");
	mount_on("tmpfs", "dev/shm", safe, "mode=1777,size=64m");
	mount_on("mqueue", "dev/mqueue", safe, NULL);
	mount_on("sysfs", "sys", safe | MS_RDONLY, NULL);
	for (size_t i = 0; i < LENGTH(masked); i++)
		if (stat(masked[i], &st) == 0 && S_ISDIR(st.st_mode))
			mount_on("tmpfs", masked[i], safe | MS_RDONLY, "size=0");
		else if (access(masked[i], F_OK) == 0)
			must(mount("dev/null", masked[i], NULL, MS_BIND, NULL), masked[i]);
	for (size_t i = 0; i < LENGTH(constant); i++) {
		must(mount(constant[i], constant[i], NULL, MS_BIND, NULL), constant[i]);
		must(mount(NULL, constant[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | safe, NULL),
			constant[i]);
	}
}

static void drop_privileges(void)
{
	const struct sock_fprog program = {LENGTH(filter), filter};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{CAPABILITIES, CAPABILITIES, 0}};

	for (int i = 0; i <= CAP_LAST_CAP; i++)
		if (!(CAPABILITIES >> i & 1))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		     &program),
		"seccomp");
	must(syscall(SYS_capset, &header, data), "capset");
}

static _Noreturn void container(const char *rootfs, const char *place, char *argv[])
{
	char root[PATH_MAX + 8], options[3 * PATH_MAX];

	for (int i = 0; limits && !v2 && i < 2; i++) /* tasks: one thread, no wait for others */
		put(cgroups[i], "tasks", "0");
	must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	must(sethostname("floor", 5), "sethostname");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	snprintf(root, sizeof(root), "%s%s", overlay ? place : rootfs, overlay ? "/root" : "");
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work,volatile",
		rootfs, place, place);
	if (overlay)
		mount_on("overlay", root, 0, options);
	else
		must(mount(root, root, NULL, MS_BIND | MS_REC, NULL), root);
	must(chdir(root), root);
	mount_on("proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	make_dev();
	if (everything)
		mount_everything();
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount");
	if (everything)
		drop_privileges();
	execvp(argv[0], argv);
	must(-1, argv[0]);
	abort();
}

int main(int argc, char *argv[])
{
	struct clone_args args = {.exit_signal = SIGCHLD,
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET};
	char place[PATH_MAX] = "", rootfs[PATH_MAX];
	int option, status;
	pid_t pid;

	while ((option = getopt(argc, argv, "+nelo:")) >= 0)
		switch (option) {
		case 'n':
			host_network = true;
			break;
		case 'e':
			everything = true;
			break;
		case 'l':
			limits = true;
			break;
		case 'o':
			overlay = optarg;
			break;
		default:
			return 125;
		}
	if (argc - optind < 2 || !realpath(argv[optind], rootfs))
		must(-1, "usage: floor [-n] [-e] [-l] [-o PLACE] ROOTFS COMMAND");
	if (host_network)
		args.flags &= ~CLONE_NEWNET;
	if (limits)
		make_cgroup();
	if (limits && v2) {
		must(args.cgroup = open(cgroups[0], O_PATH | O_CLOEXEC), cgroups[0]);
		args.flags |= CLONE_INTO_CGROUP;
	}
	if (overlay)
		place_make(place);
	must(pid = syscall(SYS_clone3, &args, sizeof(args)), "clone3");
	if (pid == 0)
		container(rootfs, place, argv + optind + 1);
	must(waitpid(pid, &status, 0), "waitpid");
	if (overlay)
		place_remove(place);
	if (limits)
		remove_cgroup();
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
