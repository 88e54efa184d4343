/* seccomp-tree.c: the filter of system calls for a set of capabilities: helpers/seccomp-tree.c. The
 * filter is run here, by a machine that knows the instructions that it has. */
#define _GNU_SOURCE
#include "seccomp-tree.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "capabilities.h"
#include "cleanup.h"
#include "unit.h"

enum { REFUSED = SECCOMP_RET_ERRNO | EPERM, MISSING = SECCOMP_RET_ERRNO | ENOSYS };
enum { NONE = -1 }; /* what no filter answers */

/* The answer of the N instructions of CODE to CALL; *STEPS becomes the number of those that were
 * run. */
static int64_t run(
	const struct sock_filter *code, size_t n, const struct seccomp_data *call, size_t *steps)
{
	uint32_t a = 0;
	bool jumps;

	for (size_t at = 0, i; at < n; at++) {
		uint32_t k = code[at].k;

		i = at;
		++*steps;
		switch (code[i].code) {
		case BPF_RET | BPF_K:
			return k;
		case BPF_LD | BPF_W | BPF_ABS:
			if (k % 4 != 0 || k > sizeof(*call) - 4)
				return NONE;
			memcpy(&a, (const char *)call + k, 4);
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			jumps = a == k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			jumps = a >= k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			jumps = (a & k) != 0;
			break;
		default:
			return NONE;
		}
		at += jumps ? code[i].jt : code[i].jf;
	}
	return NONE;
}

static int64_t ask(
	struct program *program, uint32_t arch, uint32_t nr, uint64_t first, uint64_t second)
{
	const struct seccomp_data call = {.arch = arch, .nr = (int)nr, .args = {first, second}};
	size_t steps = 0;
	int64_t answer = run(start_of(program), program->n, &call, &steps);

	/* A list of all calls would have 400. */
	return steps > 30 ? NONE : answer;
}

static struct program *compile(uint64_t capabilities)
{
	struct program *program = unit_memory(sizeof(*program));

	program->n = 0;
	compile_tree(program, capabilities);
	return program;
}

static int64_t meaning(enum answer answer)
{
	/* The arguments of the calls that are asked about are all 0, with which these are allowed.
	 */
	return answer == DENY ? REFUSED : answer == NO_SUCH ? MISSING : SECCOMP_RET_ALLOW;
}

/* The filter for CAPABILITIES answers each number of ARCH as answer_to() says of its name. */
static void expect_answers(uint32_t arch, uint64_t capabilities)
{
	autofree struct program *program = compile(capabilities);
	char text[64];

	EXPECT(program->n > 50 && program->n < 700);
	for (uint32_t nr = 0; nr < 451; nr++) {
		autofree char *name = seccomp_syscall_resolve_num_arch(arch, (int)nr);

		snprintf(text, sizeof(text), "%s, %u of %x, with %llx", name ?: "", nr, arch,
			(unsigned long long)capabilities);
		unit_case(text);
		EXPECT_NUMBER(ask(program, arch, nr, 0, 0),
			name ? meaning(answer_to(name, capabilities)) : REFUSED);
	}
	unit_case(NULL);
}

TEST(the_filter_s_tree_answers_each_number_as_the_lists_of_names_say)
{
	static const int alone[] = {
		CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_SYS_TIME, CAP_BPF};

	expect_answers(seccomp_arch_native(), DEFAULT_CAPABILITIES);
	expect_answers(seccomp_arch_native(), 0);
	expect_answers(seccomp_arch_native(), UINT64_MAX);
	for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++)
		expect_answers(seccomp_arch_native(), UINT64_C(1) << alone[i]);
#ifdef __x86_64__
	expect_answers(SCMP_ARCH_X86, DEFAULT_CAPABILITIES);
	expect_answers(SCMP_ARCH_X86, UINT64_MAX);
#endif
}

TEST(a_call_is_allowed_by_Docker_s_list_or_by_its_capability)
{
	static const struct {
		const char *call;
		uint64_t capabilities;
		enum answer answer;
	} calls[] = {{"read", 0, ALLOW}, {"writev", 0, ALLOW}, {"accept", 0, ALLOW},
		{"write", 0, ALLOW}, {"keyctl", UINT64_MAX, DENY},
		{"userfaultfd", UINT64_MAX, DENY}, {"io_uring_setup", UINT64_MAX, DENY},
		{"kexec_load", UINT64_MAX, DENY}, {"mount", 0, DENY},
		{"mount", 1 << CAP_SYS_ADMIN, ALLOW}, {"setns", 0, DENY},
		{"reboot", 1 << CAP_SYS_ADMIN, DENY}, {"reboot", 1 << CAP_SYS_BOOT, ALLOW},
		{"chroot", 0, DENY}, {"chroot", DEFAULT_CAPABILITIES, ALLOW}, {"clone", 0, CLONE},
		{"clone", 1 << CAP_SYS_ADMIN, ALLOW}, {"clone3", 0, NO_SUCH},
		{"clone3", 1 << CAP_SYS_ADMIN, ALLOW}, {"ioctl", UINT64_MAX, IOCTL},
		{"socket", 0, SOCKET}, {"personality", 0, PERSONALITY}, {"wait", 0, DENY},
		{"ead", 0, DENY}, {"rea", 0, DENY}, {"no_such_call", UINT64_MAX, DENY},
		{"bpf", UINT64_C(1) << CAP_BPF, ALLOW},
		{"syslog", UINT64_C(1) << CAP_SYSLOG, ALLOW}};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		unit_case(calls[i].call);
		EXPECT_NUMBER(answer_to(calls[i].call, calls[i].capabilities), calls[i].answer);
	}
}

TEST(arguments_are_compared_by_the_half_that_the_kernel_uses)
{
	static const struct {
		const char *text;
		int nr;
		uint64_t first, second;
		int64_t answer;
	} calls[] = {{"TIOCSTI", SYS_ioctl, 0, TIOCSTI, REFUSED},
		{"TIOCSTI and a high bit", SYS_ioctl, 0, TIOCSTI | UINT64_C(1) << 32, REFUSED},
		{"TIOCLINUX", SYS_ioctl, 0, TIOCLINUX, REFUSED},
		{"TCGETS", SYS_ioctl, 0, TCGETS, SECCOMP_RET_ALLOW},
		{"TIOCSTI as the descriptor", SYS_ioctl, TIOCSTI, 0, SECCOMP_RET_ALLOW},
		{"AF_VSOCK", SYS_socket, AF_VSOCK, 0, REFUSED},
		{"AF_ALG", SYS_socket, AF_ALG, 0, REFUSED},
		{"AF_ALG and a high bit", SYS_socket, AF_ALG | UINT64_C(1) << 63, 0, REFUSED},
		{"AF_INET", SYS_socket, AF_INET, 0, SECCOMP_RET_ALLOW},
		{"PER_LINUX32", SYS_personality, 8, 0, SECCOMP_RET_ALLOW},
		{"the question", SYS_personality, UINT64_MAX, 0, SECCOMP_RET_ALLOW},
		{"ADDR_NO_RANDOMIZE", SYS_personality, 0x40000, 0, REFUSED},
		{"ADDR_NO_RANDOMIZE and PER_LINUX32", SYS_personality, 0x40008, 0, REFUSED},
#ifndef __s390x__
		{"a fork", SYS_clone, SIGCHLD, 0, SECCOMP_RET_ALLOW},
		{"a thread", SYS_clone, CLONE_VM | CLONE_THREAD, 0, SECCOMP_RET_ALLOW},
		{"a user namespace", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, REFUSED},
		{"a cgroup namespace", SYS_clone, CLONE_NEWCGROUP, 0, REFUSED},
		{"a network namespace", SYS_clone, CLONE_NEWNET | UINT64_C(1) << 40, 0, REFUSED},
#endif
		{"clone3", SYS_clone3, 0, 0, MISSING}};
	autofree struct program *program = compile(DEFAULT_CAPABILITIES);

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		unit_case(calls[i].text);
		EXPECT_NUMBER(ask(program, seccomp_arch_native(), calls[i].nr, calls[i].first,
				      calls[i].second),
			calls[i].answer);
	}
}

TEST(a_call_newer_than_the_filter_does_not_exist_and_another_architecture_is_the_end)
{
	autofree struct program *program = compile(UINT64_MAX);
	const uint32_t native = seccomp_arch_native();

	EXPECT_NUMBER(ask(program, native, 451, 0, 0), SECCOMP_RET_ALLOW); /* cachestat */
	EXPECT_NUMBER(ask(program, native, 459, 0, 0), REFUSED); /* lsm_get_self_attr */
	EXPECT_NUMBER(ask(program, native, 461, 0, 0), REFUSED);
	EXPECT_NUMBER(ask(program, native, 462, 0, 0), SECCOMP_RET_ALLOW); /* mseal */
	EXPECT_NUMBER(ask(program, native, 466, 0, 0), SECCOMP_RET_ALLOW);
	EXPECT_NUMBER(ask(program, native, 467, 0, 0), MISSING);
	EXPECT_NUMBER(ask(program, native, 0x40000000, 0, 0), MISSING); /* read of x32 */
	EXPECT_NUMBER(ask(program, native, UINT32_MAX, 0, 0), MISSING);
	EXPECT_NUMBER(ask(program, 0, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	EXPECT_NUMBER(ask(program, SCMP_ARCH_PPC, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
}
