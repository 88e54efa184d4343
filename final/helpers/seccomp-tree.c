/* seccomp-tree.c: makes the filter of system calls for a set of capabilities. Its answer changes at
 * some 60 numbers, and a tree of these is a quarter as long as libseccomp's tree of all 400 calls,
 * and is installed in a third of the time. Each start of a container waits for that. libseccomp
 * knows the names of the system calls of each architecture. */
#define _GNU_SOURCE
#include "seccomp-tree.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "cleanup.h"

/* What Docker's default profile (moby/profiles, seccomp/default.json) allows without any
 * capability, on any architecture. It does not allow keyctl and the like, as keys have no
 * namespace; userfaultfd and io_uring_*, which have had security holes; and the calls below. */
static const char always[] =
	"accept accept4 access adjtimex alarm arch_prctl arm_fadvise64_64 arm_sync_file_range "
	"bind brk capget capset chdir chmod chown chown32 clock_adjtime clock_adjtime64 "
	"clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep "
	"clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 "
	"epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
	"epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 "
	"fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchown fchown32 "
	"fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr "
	"fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 "
	"futex_waitv futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64 "
	"getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer "
	"getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 "
	"getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid "
	"gettimeofday getuid getuid32 getxattr inotify_add_watch inotify_init inotify_init1 "
	"inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 "
	"io_setup io_submit ioprio_get ioprio_set ipc kill landlock_add_rule "
	"landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat "
	"listen listxattr llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 madvise "
	"membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 "
	"mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify mq_open mq_timedreceive "
	"mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap msgctl msgget "
	"msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat "
	"_newselect open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc "
	"pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 "
	"process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace "
	"pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom "
	"recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2 "
	"restart_syscall riscv_flush_icache riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending "
	"rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
	"rt_sigtimedwait_time64 rt_tgsigqueueinfo s390_pci_mmio_read s390_pci_mmio_write "
	"s390_runtime_instr sched_get_priority_max sched_get_priority_min sched_getaffinity "
	"sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval "
	"sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
	"sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop "
	"semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list "
	"set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 "
	"setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid "
	"setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid "
	"setuid32 setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 "
	"sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64 statx "
	"swapcontext symlink symlinkat sync sync_file_range sync_file_range2 syncfs sysinfo tee "
	"tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
	"timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 "
	"timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname "
	"unlink unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid "
	"waitpid write writev";

/* What that profile allows with one of these capabilities. */
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

/* Newer calls, which libseccomp need not know: they have the same numbers on all architectures. */
enum {
	/* Allowed, to 458: also fchmodat2 map_shadow_stack futex_* statmount listmount. */
	NR_CACHESTAT = 451,
	/* Not allowed, to 461: also lsm_set_self_attr lsm_list_modules. */
	NR_LSM_GET_SELF_ATTR = 459,
	/* Allowed, to 466: also setxattrat getxattrat listxattrat removexattrat. */
	NR_MSEAL = 462,
	/* Calls of which the profile says nothing: Linux 6.14 and later. */
	NR_AFTER = 467,
};

static const struct {
	const char *call;
	enum answer answer;
} special[] = {{"clone", CLONE}, {"clone3", NO_SUCH}, {"personality", PERSONALITY},
	{"ioctl", IOCTL}, {"socket", SOCKET}};

/* The personalities that are allowed: PER_LINUX, PER_LINUX32, both with UNAME26, too, and the
 * question which it is. Not allowed are switches that weaken a process, such as
 * ADDR_NO_RANDOMIZE. */
static const uint32_t personalities[] = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};

/* Requests of ioctl(2) that are denied: they type into the terminal, which the command shares with
 * the shell that has started box (CVE-2017-5226). Docker allows them. */
static const uint32_t terminal_requests[] = {TIOCSTI, TIOCLINUX};

/* Kinds of sockets that are denied: AF_VSOCK reaches the host and other machines past the network
 * namespace, AF_ALG the kernel's ciphers. A 32-bit program can still get them by socketcall, whose
 * arguments no filter sees; that is so with Docker, too. */
static const uint32_t socket_domains[] = {AF_VSOCK, AF_ALG};

#define LIST(array) array, sizeof(array) / sizeof(*(array))

/* Whether WORD is in LIST, which has spaces between its words. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *found = list; (found = strstr(found, word)); found += length)
		if ((found == list || found[-1] == ' ') && strchr(" ", found[length]))
			return true;
	return false;
}

enum answer answer_to(const char *call, uint64_t capabilities)
{
	for (size_t i = 0; i < sizeof(if_capable) / sizeof(*if_capable); i++)
		if ((capabilities >> if_capable[i].capability & 1) &&
			has_word(if_capable[i].calls, call))
			return ALLOW;
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (strcmp(special[i].call, call) == 0)
			return special[i].answer;
	return has_word(always, call) ? ALLOW : DENY;
}

/* Finds the answers to all calls of ARCH, by number; the last one is for all numbers from there
 * on. */
static void find_answers(uint8_t answers[NR_AFTER + 1], uint32_t arch, uint64_t capabilities)
{
	for (int nr = 0; nr < NR_CACHESTAT; nr++) {
		autofree char *call = seccomp_syscall_resolve_num_arch(arch, nr);

		answers[nr] = call ? answer_to(call, capabilities) : DENY;
	}
	for (int nr = NR_CACHESTAT; nr < NR_AFTER; nr++)
		answers[nr] = nr < NR_LSM_GET_SELF_ATTR || nr >= NR_MSEAL ? ALLOW : DENY;
	answers[NR_AFTER] = NO_SUCH;
}

struct sock_filter *start_of(struct program *program)
{
	return program->code + BPF_MAXINSNS - program->n;
}

/* Puts an instruction before all others, and returns its place. */
static size_t put(struct program *program, uint16_t code, uint32_t k)
{
	program->n++;
	*start_of(program) = (struct sock_filter){.code = code, .k = k};
	return program->n;
}

/* Puts a jump before all others, to the place YES if TEST with K is true, else to NO. Returns its
 * place. */
static size_t put_jump(struct program *program, uint16_t test, uint32_t k, size_t yes, size_t no)
{
	size_t place = put(program, BPF_JMP | test | BPF_K, k);
	struct sock_filter *jump = start_of(program);

	/* The distances have 8 bits. The part for one architecture is half as long as that. */
	if (place - 1 - yes > UINT8_MAX || place - 1 - no > UINT8_MAX)
		abort();
	jump->jt = place - 1 - yes;
	jump->jf = place - 1 - no;
	return place;
}

static size_t put_load(struct program *program, size_t offset)
{
	return put(program, BPF_LD | BPF_W | BPF_ABS, offset);
}

/* Puts an instruction that loads the low half of argument I. */
static size_t put_load_argument(struct program *program, size_t i)
{
	size_t half = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;

	return put_load(program, offsetof(struct seccomp_data, args) + 8 * i + half);
}

/* Puts a comparison that goes on at YES if argument I is one of N VALUES, else at NO. */
static size_t put_choice(
	struct program *program, size_t i, const uint32_t *values, size_t n, size_t yes, size_t no)
{
	size_t place = no;

	while (n-- > 0)
		place = put_jump(program, BPF_JEQ, values[n], yes, place);
	return put_load_argument(program, i);
}

/* Puts all answers, and gives their PLACES. */
static void put_answers(struct program *program, size_t places[N_ANSWERS])
{
	const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
				    CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
	size_t deny = put(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	size_t allow = put(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	places[DENY] = deny;
	places[ALLOW] = allow;
	places[NO_SUCH] = put(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	places[PERSONALITY] = put_choice(program, 0, LIST(personalities), allow, deny);
	places[IOCTL] = put_choice(program, 1, LIST(terminal_requests), deny, allow);
	places[SOCKET] = put_choice(program, 0, LIST(socket_domains), deny, allow);
	put_jump(program, BPF_JSET, namespaces, deny, allow);
	/* On s390, the flags are the second argument of clone(2). */
	places[CLONE] = put_load_argument(program, seccomp_arch_native() == SCMP_ARCH_S390X);
}

/* Puts the decision about the numbers FROM to TO: a tree that divides them at the change of the
 * answer that is nearest to the middle. Returns its place. */
static size_t put_decision(struct program *program, const uint8_t *answers,
	const size_t places[N_ANSWERS], int from, int to)
{
	int middle = 0;
	size_t low, high;

	for (int nr = from + 1; nr <= to; nr++)
		if (answers[nr] != answers[nr - 1] &&
			(!middle || abs(2 * nr - from - to) < abs(2 * middle - from - to)))
			middle = nr;
	if (!middle)
		return places[answers[from]];
	high = put_decision(program, answers, places, middle, to);
	low = put_decision(program, answers, places, from, middle - 1);
	return put_jump(program, BPF_JGE, middle, high, low);
}

void compile_tree(struct program *program, uint64_t capabilities)
{
	/* The native architecture, and that of the 32-bit programs which its kernel can run.
	 * libseccomp's numbers are the kernel's AUDIT_ARCH_*. */
	const uint32_t arches[] = {seccomp_arch_native(),
#ifdef __x86_64__
		SCMP_ARCH_X86
#elif defined(__aarch64__)
		SCMP_ARCH_ARM
#endif
	};
	uint8_t answers[NR_AFTER + 1];
	size_t places[N_ANSWERS], next;

	next = put(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = sizeof(arches) / sizeof(*arches); i-- > 0;) {
		size_t entry, root;

		find_answers(answers, arches[i], capabilities);
		put_answers(program, places);
		root = put_decision(program, answers, places, 0, NR_AFTER);
		/* set_tls and cacheflush have numbers far above all others. */
		if (arches[i] == SCMP_ARCH_ARM)
			put_jump(program, BPF_JGE, 0xf0000, places[ALLOW], root);
		entry = put_load(program, offsetof(struct seccomp_data, nr));
		next = put_jump(program, BPF_JEQ, arches[i], entry, next);
	}
	put_load(program, offsetof(struct seccomp_data, arch));
}
