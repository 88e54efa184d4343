/* seccomp-tree.h: the filter of system calls for a set of capabilities. */
#ifndef SECCOMP_TREE_H
#define SECCOMP_TREE_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* What the filter answers to a call. Only the low 32 bits of arguments are compared, as the kernel
 * uses no more of these arguments: a comparison of all 64 bits would let the request 0x100005412
 * pass, which the kernel takes as TIOCSTI (CVE-2019-10063).
 *
 * NO_SUCH, ENOSYS, is what an older kernel says: a C library then does without the call, while
 * EPERM would be an error to it (runc does this for the same reason). It is the answer to clone3,
 * whose flags lie in memory where no filter sees them, and to the calls of x32, whose numbers have
 * bit 30 set. */
enum answer { DENY, ALLOW, NO_SUCH, CLONE, PERSONALITY, IOCTL, SOCKET, N_ANSWERS };

/* What a process with CAPABILITIES, a mask, gets as answer to CALL, the name of a system call that
 * is not newer than libseccomp. */
enum answer answer_to(const char *call, uint64_t capabilities);

/* A filter, which is written from its end to its start: so what a jump leads to is there already,
 * as all jumps lead forward. The place of an instruction is its distance from the end. */
struct program {
	struct sock_filter code[BPF_MAXINSNS];
	size_t n;
};

/* The first of PROGRAM's n instructions. */
struct sock_filter *start_of(struct program *program);

/* Makes of PROGRAM, which is empty, the filter for CAPABILITIES, a mask. */
void compile_tree(struct program *program, uint64_t capabilities);

#endif
