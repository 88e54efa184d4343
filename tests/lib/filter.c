/* filter PID ARCHITECTURE NUMBER [ARGUMENT]...: what the newest filter of system calls of the
 * process PID says of a call, which the machine may be unable to make. Runs the filter as the
 * kernel would, see seccomp(2). */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

/* Fills PROGRAM, and returns its length; 0 if there is no filter. */
static long read_filter(pid_t pid, struct sock_filter *program)
{
	long length;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, NULL, __WALL) < 0)
		err(1, "ptrace %d", pid);
	if ((length = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, program)) < 0 && errno != ENOENT &&
		errno != EINVAL) /* no such one, or not a process with filters */
		err(1, "the filter of %d", pid);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return length < 0 ? 0 : length;
}

static unsigned verdict(const struct sock_filter *program, const struct seccomp_data *call)
{
	unsigned accumulator = 0;

	for (;; program++) {
		bool yes = false;

		switch (program->code) {
		case BPF_RET | BPF_K:
			return program->k;
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&accumulator, (const char *)call + program->k, sizeof(accumulator));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= program->k;
			continue;
		case BPF_JMP | BPF_JA:
			program += program->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = accumulator == program->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = accumulator > program->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = accumulator >= program->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = accumulator & program->k;
			break;
		default:
			errx(1, "an instruction that is not known: %#x", program->code);
		}
		program += yes ? program->jt : program->jf;
	}
}

int main(int argc, char *argv[])
{
	static struct sock_filter program[BPF_MAXINSNS];
	struct seccomp_data call = {0};
	unsigned said;

	if (argc < 4)
		errx(1, "usage: filter PID ARCHITECTURE NUMBER [ARGUMENT]...");
	call.arch = strcmp(argv[2], "i386") == 0      ? AUDIT_ARCH_I386
		    : strcmp(argv[2], "aarch64") == 0 ? AUDIT_ARCH_AARCH64
						      : AUDIT_ARCH_X86_64;
	call.nr = strtol(argv[3], NULL, 0);
	for (int i = 4; i < argc && i < 10; i++)
		call.args[i - 4] = strtoull(argv[i], NULL, 0);
	if (!read_filter(atoi(argv[1]), program)) {
		puts("no filter");
		return 0;
	}
	said = verdict(program, &call);
	if ((said & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		printf("errno %u\n", said & SECCOMP_RET_DATA);
	else
		puts(said == SECCOMP_RET_ALLOW ? "allow" : "kill");
}
