/*
 * box-seccomp: compiles the filter of system calls for a set of capabilities.
 *
 *   box-seccomp CAPABILITIES    hexadecimal mask -> array of struct sock_filter on stdout
 *   box-seccomp --inc           Docker's default set -> its initializers in C, for security.c
 *
 * A program of its own: libseccomp takes milliseconds, and box needs its result alone.
 */
#define _GNU_SOURCE
#include "box.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* What Docker's default profile allows to everyone (moby/profiles, seccomp/default.json). Names
 * that an architecture lacks, or libseccomp does not know, are skipped. Left out on purpose:
 * keyctl and its kin (keys have no namespace), userfaultfd, io_uring_*, and what is below. */
static const char always[] =
	"accept accept4 access adjtimex alarm arch_prctl arm_fadvise64_64 arm_sync_file_range "
	"bind breakpoint brk cacheflush capget capset chdir chmod chown chown32 clock_adjtime "
	"clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 "
	"clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat "
	"dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait "
	"epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit exit_group "
	"faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod "
	"fchmodat fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock "
	"fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate "
	"ftruncate64 futex futex_time64 futex_waitv futimesat get_robust_list get_thread_area "
	"getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 "
	"getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority "
	"getrandom getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid "
	"getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr inotify_add_watch "
	"inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents "
	"io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc "
	"kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 "
	"lgetxattr link linkat listen listxattr llistxattr _llseek lremovexattr lseek lsetxattr "
	"lstat lstat64 madvise membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod "
	"mknodat mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify "
	"mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 "
	"mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap "
	"name_to_handle_at nanosleep newfstatat _newselect open openat openat2 pause pidfd_open "
	"pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 "
	"prctl pread64 preadv preadv2 prlimit64 process_mrelease process_vm_readv "
	"process_vm_writev pselect6 pselect6_time64 ptrace pwrite64 pwritev pwritev2 read "
	"readahead readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg "
	"remap_file_pages removexattr rename renameat renameat2 restart_syscall "
	"riscv_flush_icache riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask "
	"rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 "
	"rt_tgsigqueueinfo s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr "
	"sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
	"sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
	"sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp "
	"select semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64 "
	"sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address set_tls setfsgid "
	"setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid "
	"setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid "
	"setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr shmat shmctl shmdt "
	"shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socket socketcall "
	"socketpair splice stat stat64 statfs statfs64 statx swapcontext symlink symlinkat sync "
	"sync_file_range sync_file_range2 syncfs sysinfo tee tgkill time timer_create "
	"timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
	"timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
	"timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat "
	"utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev";

/* What it allows to those who have one of these capabilities. */
static const struct {
	int capability;
	const char *calls;
} if_capable[] = {
	{CAP_DAC_READ_SEARCH, "open_by_handle_at"},
	{CAP_SYS_ADMIN,
		"bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie "
		"mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd "
		"setdomainname sethostname setns syslog umount umount2 unshare"},
	{CAP_SYS_BOOT, "reboot"},
	{CAP_SYS_CHROOT, "chroot"},
	{CAP_SYS_MODULE, "delete_module finit_module init_module"},
	{CAP_SYS_PACCT, "acct"},
	{CAP_SYS_PTRACE, "kcmp pidfd_getfd process_madvise"},
	{CAP_SYS_RAWIO, "ioperm iopl"},
	{CAP_SYS_TIME, "clock_settime clock_settime64 settimeofday stime"},
	{CAP_SYS_TTY_CONFIG, "vhangup"},
	{CAP_SYS_NICE, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
	{CAP_SYSLOG, "syslog"},
	{CAP_BPF, "bpf"},
	{CAP_PERFMON, "perf_event_open"},
};

/* Newer calls than libseccomp 2.5.4 knows. Their numbers are the same on all architectures. */
enum {
	NR_CACHESTAT = 451, /* fchmodat2 map_shadow_stack futex_* statmount listmount follow */
	NR_LSM_GET_SELF_ATTR = 459, /* and lsm_set_self_attr lsm_list_modules: not allowed */
	NR_MSEAL = 462, /* setxattrat getxattrat listxattrat follow */
	NR_REMOVEXATTRAT = 466, /* the newest that the profile decides about: Linux 6.13 */
};

enum { EPERM_ACTION = SECCOMP_RET_ERRNO | EPERM, ENOSYS_ACTION = SECCOMP_RET_ERRNO | ENOSYS };

/* An architecture, and its numbers of two calls: for "socket", libseccomp has no real one where
 * there is socketcall. */
struct arch {
	uint32_t token;
	int ioctl, socket;
};

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	size_t n;
};

static void emit(struct program *program, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	program->code[program->n++] = (struct sock_filter){code, jt, jf, k};
}

static void load(struct program *program, size_t offset)
{
	emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static void give(struct program *program, uint32_t action)
{
	emit(program, BPF_RET | BPF_K, 0, 0, action);
}

/* Where the low half of argument I lies in struct seccomp_data. */
static size_t low_half(size_t i)
{
	size_t half = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;

	return offsetof(struct seccomp_data, args) + 8 * i + half;
}

/* Refuses the system call NR when the low half of its argument I is A or B. */
static void refuse(struct program *program, int nr, size_t i, uint32_t a, uint32_t b)
{
	load(program, offsetof(struct seccomp_data, nr));
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, nr);
	load(program, low_half(i));
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, a);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, b);
	give(program, EPERM_ACTION);
}

/*
 * What libseccomp cannot say, put before what it compiles.
 *
 * New calls get ENOSYS, as on an older kernel: C libraries then do without them, where EPERM would
 * be an error (runc's reason, too). The numbers of x32, which have bit 30 set, are among those.
 *
 * The kernel takes the low half alone of a request of ioctl and of the domain of socket, while
 * libseccomp's "not equal" looks at both: 0x100005412 would pass (CVE-2019-10063). TIOCSTI and
 * TIOCLINUX type into the terminal that the command shares with the shell box was started from
 * (CVE-2017-5226). AF_VSOCK reaches the host and other machines past the network namespace, AF_ALG
 * the kernel's ciphers. socketcall of 32-bit programs hides its arguments: as with Docker, those
 * two are not refused there.
 */
static void add_prologue(struct program *program, const struct arch *arches, size_t n)
{
	load(program, offsetof(struct seccomp_data, nr));
	emit(program, BPF_JMP | BPF_JGE | BPF_K, 0, 6, NR_CACHESTAT);
	emit(program, BPF_JMP | BPF_JGT | BPF_K, 0, 1, NR_REMOVEXATTRAT);
	give(program, ENOSYS_ACTION);
	emit(program, BPF_JMP | BPF_JGE | BPF_K, 2, 0, NR_MSEAL);
	emit(program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, NR_LSM_GET_SELF_ATTR);
	give(program, EPERM_ACTION);
	give(program, SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < n; i++) {
		/* libseccomp's names of architectures are the kernel's AUDIT_ARCH_*. */
		load(program, offsetof(struct seccomp_data, arch));
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 12, arches[i].token);
		refuse(program, arches[i].ioctl, 1, TIOCSTI, TIOCLINUX);
		refuse(program, arches[i].socket, 0, AF_ALG, AF_VSOCK);
	}
}

/* Allows the calls that the text NAMES lists. */
static int allow(scmp_filter_ctx filter, const char *names)
{
	autofree char *copy = strdup(names);
	char *rest = copy, *name;

	if (!copy)
		return -ENOMEM;
	while ((name = strsep(&rest, " "))) {
		int nr = seccomp_syscall_resolve_name(name);
		int error =
			nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0);

		if (error < 0)
			return error;
	}
	return 0;
}

/* clone without new namespaces alone; its flags are the second argument on s390. clone3 has them in
 * memory, where no filter sees them: ENOSYS makes C libraries use clone. */
static int restrict_clone(scmp_filter_ctx filter)
{
	const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
				    CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
	unsigned flags = seccomp_arch_native() == SCMP_ARCH_S390X;
	int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_CMP64(flags, SCMP_CMP_MASKED_EQ, namespaces, 0));

	return error < 0 ? error
			 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* Linux, and 32-bit machine names (UNAME26, PER_LINUX32), and the question which it is. Not
 * ADDR_NO_RANDOMIZE and the other switches that weaken a process. */
static int restrict_personality(scmp_filter_ctx filter)
{
	static const uint32_t values[] = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};
	int error = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(*values) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1,
			SCMP_A0_64(SCMP_CMP_EQ, values[i], 0));
	return error;
}

static int add_rules(scmp_filter_ctx filter, uint64_t capabilities)
{
	int error = allow(filter, always);

	for (size_t i = 0; i < sizeof(if_capable) / sizeof(*if_capable) && error == 0; i++)
		if (capabilities >> if_capable[i].capability & 1)
			error = allow(filter, if_capable[i].calls);
	if (error == 0 && !(capabilities >> CAP_SYS_ADMIN & 1))
		error = restrict_clone(filter);
	return error == 0 ? restrict_personality(filter) : error;
}

/* Adds what libseccomp made of FILTER to PROGRAM. */
static int append(struct program *program, scmp_filter_ctx filter)
{
	autoclose int fd = memfd_create("filter", MFD_CLOEXEC);
	size_t room = sizeof(program->code) - program->n * sizeof(*program->code);
	int error = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
	ssize_t size;

	if (error < 0)
		return error;
	size = pread(fd, program->code + program->n, room, 0);
	if (size <= 0 || lseek(fd, 0, SEEK_END) != size)
		return -E2BIG;
	program->n += size / sizeof(*program->code);
	return 0;
}

static int compile(struct program *program, uint64_t capabilities)
{
	/* The native architecture, and the one of 32-bit programs that its kernels run. */
	const struct arch arches[] = {
		{seccomp_arch_native(), SYS_ioctl, SYS_socket},
#ifdef __x86_64__
		{SCMP_ARCH_X86, 54, 359},
#elif defined(__aarch64__)
		{SCMP_ARCH_ARM, 54, 281},
#endif
	};
	const size_t n = sizeof(arches) / sizeof(*arches);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int error = filter ? 0 : -ENOMEM;

	for (size_t i = 1; i < n && error == 0; i++)
		error = seccomp_arch_add(filter, arches[i].token);
	/* A binary tree: installed in a quarter of the time of a list. */
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (error == 0)
		error = add_rules(filter, capabilities);
	add_prologue(program, arches, n);
	if (error == 0)
		error = append(program, filter);
	seccomp_release(filter);
	errno = -error;
	return error < 0 ? fail("libseccomp") : 0;
}

/* Prints PROGRAM as the initializer of an array. */
static int print_initializers(const struct program *program)
{
	for (size_t i = 0; i < program->n; i++) {
		const struct sock_filter *code = &program->code[i];

		printf("{0x%02x, %u, %u, 0x%x},%c", code->code, code->jt, code->jf, code->k,
			i % 4 == 3 || i + 1 == program->n ? '\n' : ' ');
	}
	return fflush(stdout) == 0 ? 0 : fail("stdout");
}

int main(int argc, char *argv[])
{
	static struct program program;
	bool inc = argc == 2 && strcmp(argv[1], "--inc") == 0;
	char *end = "";
	uint64_t capabilities = inc         ? DEFAULT_CAPABILITIES
				: argc == 2 ? strtoull(argv[1], &end, 16)
					    : 0;
	int result;

	if (argc != 2 || *end || !*argv[1]) {
		fputs("usage: box-seccomp CAPABILITIES | --inc\n", stderr);
		return EXIT_BOX;
	}
	result = compile(&program, capabilities);
	if (result == 0 && inc)
		result = print_initializers(&program);
	else if (result == 0)
		result = write_all(STDOUT_FILENO, program.code, program.n * sizeof(*program.code));
	if (result < 0)
		fprintf(stderr, "box-seccomp: %s\n", failure());
	return result < 0 ? EXIT_BOX : 0;
}
