/* device-rules.c: which devices the processes of a cgroup may open. */
#define _GNU_SOURCE
#include "device-rules.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "users.h"
#include "cgroup.h"
#include "cgroup-v1.h"
#include "spec.h"

static void put(struct device_program *program, struct bpf_insn instruction)
{
	if (program->n < sizeof(program->code) / sizeof(*program->code))
		program->code[program->n++] = instruction;
}

/* Adds a jump to the code of the next rule, which is taken if the comparison OP of register REG
 * with K holds: then the current rule does not fit. The jump's target is filled in when it is known
 * where the next rule begins. */
static void put_unless(struct device_program *program, uint8_t op, int reg, int32_t k)
{
	put(program, (struct bpf_insn){.code = BPF_JMP32 | op | BPF_K, .dst_reg = reg, .imm = k});
}

/* Loads the registers that the rules read from struct bpf_cgroup_dev_ctx, whose first word is
 * "access << 16 | type". Register 2 gets the type, 3 the access, 4 and 5 the major and minor
 * numbers. The verifier refuses a program that reads a register into which nothing was loaded. */
static void put_start(struct device_program *program)
{
	const uint8_t load = BPF_LDX | BPF_MEM | BPF_W;

	put(program, (struct bpf_insn){.code = load, .dst_reg = 2, .src_reg = 1, .off = 0});
	put(program,
		(struct bpf_insn){.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 2});
	put(program,
		(struct bpf_insn){.code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = 2, .imm = 0xffff});
	put(program, (struct bpf_insn){.code = BPF_ALU | BPF_RSH | BPF_K, .dst_reg = 3, .imm = 16});
	put(program, (struct bpf_insn){.code = load, .dst_reg = 4, .src_reg = 1, .off = 4});
	put(program, (struct bpf_insn){.code = load, .dst_reg = 5, .src_reg = 1, .off = 8});
}

static void put_answer(struct device_program *program, bool allow)
{
	put(program, (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = allow});
	put(program, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

/* Adds the code for RULE. Returns whether the rule fits every device. Then no code may follow: the
 * kernel refuses a program with code that can never be reached. */
static bool put_rule(struct device_program *program, const struct device_rule *rule)
{
	size_t start = program->n, end;
	int other = ~device_access(rule) & 7;

	if (rule->type != 'a')
		put_unless(program, BPF_JNE, 2,
			rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	/* A rule that allows fits only if it names all kinds of access that are asked for; a rule
	 * that denies fits if it names one of them. */
	if (other && rule->allow)
		put_unless(program, BPF_JSET, 3, other);
	else if (other) {
		put(program,
			(struct bpf_insn){
				.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 0, .src_reg = 3});
		put(program, (struct bpf_insn){.code = BPF_ALU | BPF_AND | BPF_K,
				     .dst_reg = 0,
				     .imm = ~other & 7});
		put_unless(program, BPF_JEQ, 0, 0);
	}
	if (rule->major >= 0)
		put_unless(program, BPF_JNE, 4, (int32_t)rule->major);
	if (rule->minor >= 0)
		put_unless(program, BPF_JNE, 5, (int32_t)rule->minor);
	end = program->n;
	put_answer(program, rule->allow);
	for (size_t i = start; i < program->n; i++)
		if (BPF_CLASS(program->code[i].code) == BPF_JMP32)
			program->code[i].off = (int16_t)(program->n - i - 1);
	return end == start;
}

int devices_compile(struct device_program *program, const struct device_rule *rules, size_t n)
{
	bool all = false;

	program->n = 0;
	put_start(program);
	while (!all && n-- > 0) /* the last rule that fits counts: so test the last one first */
		all = put_rule(program, &rules[n]);
	if (!all)
		put_answer(program, false);
	return program->n < sizeof(program->code) / sizeof(*program->code)
		       ? 0
		       : failx("linux.resources.devices: too many rules");
}

static int attach_program(const struct hierarchy *h, const struct device_rule *rules, size_t n)
{
	static struct device_program program;
	union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE};
	autoclose int fd = -1;

	if (devices_compile(&program, rules, n) < 0)
		return -1;
	attributes.insns = (uintptr_t)program.code;
	attributes.insn_cnt = program.n;
	attributes.license = (uintptr_t) "GPL";
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
	if (fd < 0)
		return fail("load the filter of devices");
	attributes = (union bpf_attr){.target_fd = h->dir,
		.attach_bpf_fd = fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI};
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof(attributes)) < 0
		       ? fail("attach the filter of devices to %s", h->path)
		       : 0;
}

/* In a user namespace nobody can make device nodes: the container has only those that are bound
 * from the host. So there, as with runc, no rules are written: only root of the machine may do so.
 */
int devices_control(const struct cgroup *cgroup, const struct device_rule *rules, size_t n)
{
	int result = n > 0 && user_is_machines_root() ? v1_devices(cgroup, rules, n) : 0;

	if (result <= 0)
		return result;
	return cgroup->n > 0 && cgroup->hierarchies[0].v2
		       ? attach_program(&cgroup->hierarchies[0], rules, n)
		       : failx("no cgroup hierarchy that controls devices is mounted: the container "
			       "could open every device");
}
