/* device-rules.c: which devices a container may open on cgroup v2: core/device-rules.c. The program
 * for the kernel is run here, by a machine that knows the instructions that it has. */
#define _GNU_SOURCE
#include "device-rules.h"

#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "spec.h"
#include "unit.h"

/* What the kernel asks: struct bpf_cgroup_dev_ctx. */
struct question {
	uint32_t access_type, major, minor;
};

/* Does what INSTRUCTION says. Returns by how much further the next one is than the one behind it,
 * or -1: the instruction is none of those that are known. */
static int step(struct bpf_insn i, uint32_t registers[10], const struct question *question)
{
	uint32_t *to = &registers[i.dst_reg], k = (uint32_t)i.imm;

	switch (i.code) {
	case BPF_LDX | BPF_MEM | BPF_W:
		memcpy(to, (const char *)question + i.off, sizeof(*to));
		return i.src_reg == 1 && i.off <= 8 ? 0 : -1;
	case BPF_ALU | BPF_MOV | BPF_X:
		*to = registers[i.src_reg];
		return 0;
	case BPF_ALU | BPF_AND | BPF_K:
		*to &= k;
		return 0;
	case BPF_ALU | BPF_RSH | BPF_K:
		*to >>= k;
		return 0;
	case BPF_ALU64 | BPF_MOV | BPF_K:
		*to = k;
		return 0;
	case BPF_JMP32 | BPF_JNE | BPF_K:
		return *to != k ? i.off : 0;
	case BPF_JMP32 | BPF_JEQ | BPF_K:
		return *to == k ? i.off : 0;
	case BPF_JMP32 | BPF_JSET | BPF_K:
		return *to & k ? i.off : 0;
	default:
		return -1;
	}
}

/* The answer of PROGRAM, or -1 if it leaves the program, or has an instruction that is not known.
 */
static int64_t ask(const struct device_program *program, const struct question *question)
{
	uint32_t registers[10] = {0};

	for (size_t at = 0; at < program->n; at++) {
		int more;

		if (program->code[at].code == (BPF_JMP | BPF_EXIT))
			return registers[0];
		if ((more = step(program->code[at], registers, question)) < 0)
			return -1;
		at += more;
	}
	return -1;
}

/* Whether each instruction can be reached: the kernel refuses a program in which one cannot. */
static bool all_is_reached(const struct device_program *program)
{
	bool reached[4096] = {true};

	for (size_t at = 0; at < program->n; at++) {
		struct bpf_insn i = program->code[at];
		bool jumps = BPF_CLASS(i.code) == BPF_JMP32, ends = i.code == (BPF_JMP | BPF_EXIT);

		if (!reached[at] || (jumps && at + 1 + i.off >= program->n))
			return false;
		if (jumps)
			reached[at + 1 + i.off] = true;
		if (!ends)
			reached[at + 1] = true;
	}
	return !reached[program->n];
}

static int bits(const char *access)
{
	return (strchr(access, 'm') ? BPF_DEVCG_ACC_MKNOD : 0) |
	       (strchr(access, 'r') ? BPF_DEVCG_ACC_READ : 0) |
	       (strchr(access, 'w') ? BPF_DEVCG_ACC_WRITE : 0);
}

/* What the rules mean, read from the first to the last: each one that fits changes the answer. A
 * rule allows an access if it names all of its kinds, and denies it if it names one. */
static bool is_allowed(const struct device_rule *rules, size_t n, char type, int access,
	uint32_t major, uint32_t minor)
{
	bool allowed = false;

	for (size_t i = 0; i < n; i++) {
		const struct device_rule *rule = &rules[i];
		int named = access & bits(rule->access);

		if ((rule->type == 'a' || rule->type == type) &&
			(rule->major < 0 || rule->major == major) &&
			(rule->minor < 0 || rule->minor == minor) &&
			(rule->allow ? named == access : named != 0))
			allowed = rule->allow;
	}
	return allowed;
}

/* The same numbers each time (Marsaglia's xorshift). */
static uint32_t number(uint32_t *seed, uint32_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % below;
}

static const int64_t numbers[] = {-1, -1, 0, 1, 2, 255, 1048575, 4294967295};

static void make_rules(uint32_t *seed, struct device_rule *rules, size_t n)
{
	static const char *const accesses[] = {"rwm", "rwm", "r", "w", "m", "rw", "rm", "mw", ""};

	for (size_t i = 0; i < n; i++) {
		rules[i] = (struct device_rule){.allow = number(seed, 2),
			.type = "abc"[number(seed, 3)],
			.major = numbers[number(seed, 8)],
			.minor = numbers[number(seed, 8)]};
		strcpy(rules[i].access, accesses[number(seed, 9)]);
	}
}

/* Asks PROGRAM for all devices and all kinds of access that the rules can tell apart. */
static bool all_as_expected(
	const struct device_program *program, const struct device_rule *rules, size_t n)
{
	static const uint32_t asked[] = {0, 1, 2, 3, 255, 1048575, 4294967295};
	const size_t n_asked = sizeof(asked) / sizeof(*asked);

	for (size_t i = 0; i < n_asked * n_asked * 2 * 7; i++) {
		uint32_t major = asked[i / 14 % n_asked], minor = asked[i / 14 / n_asked];
		int access = 1 + (int)(i % 7);
		bool block = i / 7 % 2;
		int type = block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
		struct question question = {(uint32_t)(access << 16 | type), major, minor};
		bool expected = is_allowed(rules, n, block ? 'b' : 'c', access, major, minor);

		if (ask(program, &question) != expected) {
			fprintf(stderr, "%c %u:%u, access %d, is %s by:\n", block ? 'b' : 'c',
				major, minor, access, expected ? "not allowed" : "allowed");
			return false;
		}
	}
	return true;
}

TEST(the_program_for_devices_answers_as_the_list_of_rules_says)
{
	struct device_program *program = unit_memory(sizeof(*program));
	struct device_rule rules[8];
	uint32_t seed = 20240501;
	bool ok = true;

	for (int round = 0; round < 3000 && ok; round++) {
		size_t n = 1 + number(&seed, 8);

		make_rules(&seed, rules, n);
		EXPECT_NUMBER(devices_compile(program, rules, n), 0);
		ok = EXPECT(all_is_reached(program)) && EXPECT(all_as_expected(program, rules, n));
		for (size_t i = 0; i < n && !ok; i++)
			fprintf(stderr, "  %s %c %lld:%lld %s\n", rules[i].allow ? "allow" : "deny",
				rules[i].type, (long long)rules[i].major, (long long)rules[i].minor,
				rules[i].access);
	}
	free_pointer(&program);
}

TEST(without_a_rule_that_fits_no_device_is_allowed)
{
	struct device_program *program = unit_memory(sizeof(*program));
	struct question null = {BPF_DEVCG_ACC_READ << 16 | BPF_DEVCG_DEV_CHAR, 1, 3};

	EXPECT_NUMBER(devices_compile(program, NULL, 0), 0);
	EXPECT_NUMBER(ask(program, &null), 0);
	free_pointer(&program);
}

TEST(more_rules_for_devices_than_a_program_holds_are_an_error)
{
	struct device_program *program = unit_memory(sizeof(*program));
	struct device_rule *rules = unit_memory(1000 * sizeof(*rules));

	for (int i = 0; i < 1000; i++)
		rules[i] = (struct device_rule){true, 'c', i, i, "rm"};
	EXPECT_NUMBER(devices_compile(program, rules, 600), 0);
	EXPECT_ERROR(
		devices_compile(program, rules, 1000), "linux.resources.devices: too many rules");
	free_pointer(&rules);
	free_pointer(&program);
}
