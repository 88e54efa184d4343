/*
 * box-seccomp.c: compiles the filter of system calls for a set of capabilities, or for a profile.
 *
 *   box-seccomp CAPABILITIES    a hexadecimal mask -> an array of struct sock_filter on stdout
 *   box-seccomp --inc           Docker's default set -> the array as C initializers, for seccomp.c
 *   box-seccomp --oci           an OCI profile on stdin -> the array, by libseccomp
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capabilities.h"
#include "error.h"
#include "file.h"
#include "seccomp-profile.h"
#include "seccomp-tree.h"

/* Prints PROGRAM as the initializer of an array. */
static int print_initializers(struct program *program)
{
	for (size_t i = 0; i < program->n; i++) {
		const struct sock_filter *code = start_of(program) + i;

		printf("{0x%02x, %u, %u, 0x%x},%c", code->code, code->jt, code->jf, code->k,
			i % 4 == 3 || i + 1 == program->n ? '\n' : ' ');
	}
	return fflush(stdout) == 0 ? 0 : fail("stdout");
}

int main(int argc, char *argv[])
{
	static struct program program;
	bool inc = argc == 2 && strcmp(argv[1], "--inc") == 0;
	bool oci = argc == 2 && strcmp(argv[1], "--oci") == 0;
	char *end = "";
	uint64_t capabilities = inc || oci  ? DEFAULT_CAPABILITIES
				: argc == 2 ? strtoull(argv[1], &end, 16)
					    : 0;
	int result;

	if (argc != 2 || *end || !*argv[1]) {
		fputs("usage: box-seccomp CAPABILITIES | --inc | --oci\n", stderr);
		return EXIT_BOX;
	}
	if (!oci)
		compile_tree(&program, capabilities);
	result = oci   ? compile_profile(STDIN_FILENO, STDOUT_FILENO)
		 : inc ? print_initializers(&program)
		       : write_all(STDOUT_FILENO, start_of(&program),
				 program.n * sizeof(*program.code));
	if (result < 0)
		fprintf(stderr, "box-seccomp: %s\n", failure());
	return result < 0 ? EXIT_BOX : 0;
}
