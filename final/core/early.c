/* early.c: what root's box does before the C library begins. protect_own_file() executes box a
 * second time, and of a start of a static program, of some 0.4 milliseconds, glibc takes the most:
 * it asks the processor some 80 times for its features and caches (cpuid), and in a virtual machine
 * each of these instructions ends in the hypervisor. So the first start ends here, before that.
 *
 * All of this is only faster than protect_own_file(), which does the same again if anything fails
 * here, reports errors, and decides alone whether box is protected. The Makefile makes
 * early_start() the entry point of the program (ld(1), -e) where the program is static, this file
 * knows the processor, and the compiler has added no call of its own. Nothing here may use the C
 * library, not even memset(3), which glibc chooses by the processor's features later; and no
 * thread-local variable exists yet. */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "users.h"

#if defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))

/* The registers at the entry of a program, and the stack: the argument count, the arguments, NULL,
 * the environment, NULL, and the auxiliary vector (the psABI of each processor; getauxval(3)). */
#ifdef __x86_64__
__asm__(".globl early_start\n"
	".type early_start, @function\n"
	"early_start:\n"
	"	mov %rdx, %rbx\n" /* _start() takes rdx as a function for atexit(3) */
	"	mov %rsp, %rbp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call early_main\n"
	"	mov %rbp, %rsp\n"
	"	mov %rbx, %rdx\n"
	"	xor %ebp, %ebp\n"
	"	jmp _start\n"
	".size early_start, . - early_start\n");
#else
__asm__(".globl early_start\n"
	".type early_start, @function\n"
	"early_start:\n"
	"	mov x19, x0\n" /* _start() takes x0 as a function for atexit(3) */
	"	mov x0, sp\n"
	"	bl early_main\n"
	"	mov x0, x19\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	b _start\n"
	".size early_start, . - early_start\n");
#endif

/* The system call NUMBER. Returns its result, or a negative error number. */
static inline long call(long number, long a, long b, long c, long d, long e)
{
#ifdef __x86_64__
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
#else
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
			 x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
#endif
}

static bool is_word(const char *text, const char *word)
{
	while (*text && *text == *word)
		text++, word++;
	return *text == *word;
}

/* Whether ARGV may be the command line of a command that starts a process. It may be one that does
 * not: then box is started twice without need. */
static bool may_start(char *const argv[])
{
	for (argv++; *argv; argv++)
		if (is_word(*argv, "run") || is_word(*argv, "exec") || is_word(*argv, "start") ||
			is_word(*argv, "create"))
			return true;
	return false;
}

/* Whether the user is root, and was so before the program's file could give rights (AT_SECURE). */
static bool is_roots(const Elf64_auxv_t *auxv)
{
	bool root = false;

	for (; auxv->a_type != AT_NULL; auxv++) {
		if (auxv->a_type == AT_SECURE && auxv->a_un.a_val)
			return false;
		if (auxv->a_type == AT_EUID)
			root = auxv->a_un.a_val == 0;
	}
	return root;
}

/* Executes the program from a read-only mount of its FILE. Returns if the program runs from one
 * already, in another user namespace, or if a system call fails. */
static void execute(int file, char *argv[], char *envp[])
{
	static const struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
	static char path[4096];
	struct statfs fs;
	struct stat users;
	long tree;

	if (call(SYS_fstatfs, file, (long)&fs, 0, 0, 0) < 0)
		return;
	if (fs.f_flags & ST_RDONLY) {
		/* Before Linux 6.14 the process is called by a number now: see
		 * protect_own_file(). */
		call(SYS_prctl, PR_SET_NAME, (long)"box", 0, 0, 0);
		return;
	}
	/* In another user namespace, the file has to be opened once more. */
	if (call(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/ns/user", (long)&users, 0, 0) < 0 ||
		users.st_ino != USERS_INITIAL ||
		call(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)path, sizeof(path) - 1,
			0) < 0)
		return;
	tree = call(SYS_open_tree, file, (long)"",
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH, 0, 0);
	if (tree < 0)
		return;
	if (call(SYS_mount_setattr, tree, (long)"", AT_EMPTY_PATH, (long)&read_only,
		    sizeof(read_only)) == 0) {
		char *own = argv[0];

		argv[0] = path;
		call(SYS_execveat, tree, (long)"", (long)argv, (long)envp, AT_EMPTY_PATH);
		argv[0] = own;
	}
	call(SYS_close, tree, 0, 0, 0, 0);
}

/* STACK is what the kernel has put on the stack. Returns if the program is to go on as usual. */
__attribute__((used)) void early_main(long *stack);

void early_main(long *stack)
{
	char **argv = (char **)(stack + 1), **envp = argv + *stack + 1, **end = envp;
	long file;

	while (*end)
		end++;
	if (!is_roots((const Elf64_auxv_t *)(end + 1)) || *stack < 1 || !may_start(argv))
		return;
	file = call(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", O_PATH | O_CLOEXEC, 0, 0);
	if (file < 0)
		return;
	execute((int)file, argv, envp);
	call(SYS_close, file, 0, 0, 0, 0);
}

#endif
