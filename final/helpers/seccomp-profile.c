/* seccomp-profile.c: makes the filter of an OCI profile, by libseccomp. */
#define _GNU_SOURCE
#include "seccomp-profile.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "json.h"

/* The action KEY of OBJECT for libseccomp; ERROR is the errno that it may have. */
static uint32_t action_of(const json_t *object, const char *key, const json_t *error)
{
	const char *name = json_string_value(json_object_get(object, key));
	int number = json_is_number(error) ? (int)json_number_value(error) : EPERM;

	if (!name || strcmp(name, "SCMP_ACT_ALLOW") == 0)
		return SCMP_ACT_ALLOW;
	if (strcmp(name, "SCMP_ACT_ERRNO") == 0)
		return SCMP_ACT_ERRNO(number);
	if (strcmp(name, "SCMP_ACT_TRACE") == 0)
		return SCMP_ACT_TRACE(number);
	if (strcmp(name, "SCMP_ACT_KILL_PROCESS") == 0)
		return SCMP_ACT_KILL_PROCESS;
	if (strcmp(name, "SCMP_ACT_TRAP") == 0)
		return SCMP_ACT_TRAP;
	if (strcmp(name, "SCMP_ACT_NOTIFY") == 0)
		return SCMP_ACT_NOTIFY;
	return strcmp(name, "SCMP_ACT_LOG") == 0 ? SCMP_ACT_LOG : SCMP_ACT_KILL_THREAD;
}

static uint64_t number_of(const json_t *object, const char *key)
{
	double real = json_number_value(json_object_get(object, key));

	return real >= 0x1p64 ? UINT64_MAX : (uint64_t)real;
}

static struct scmp_arg_cmp comparison(const json_t *item)
{
	static const char *const names[] = {
		"", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"}; /* enum scmp_compare */
	const char *op = json_string_value(json_object_get(item, "op"));
	struct scmp_arg_cmp result = {.arg = number_of(item, "index"),
		.datum_a = number_of(item, "value"),
		.datum_b = number_of(item, "valueTwo")};

	for (int i = 1; op && i < 8; i++)
		if (strcmp(op + strlen("SCMP_CMP_"), names[i]) == 0)
			result.op = i;
	return result;
}

/* Adds a rule for CALL. If its conditions are on different arguments, all must hold; if several are
 * on the same one, any must hold. This is as with runc. */
static int add_call(scmp_filter_ctx filter, uint32_t action, int call, const json_t *arguments)
{
	struct scmp_arg_cmp all[6];
	unsigned n = json_array_size(arguments), seen = 0;
	bool any = n > 6;
	int result = 0;

	for (unsigned i = 0; i < n && !any; i++) {
		all[i] = comparison(json_array_get(arguments, i));
		any = seen >> all[i].arg & 1;
		seen |= 1U << all[i].arg;
	}
	if (!any)
		return seccomp_rule_add_array(filter, action, call, n, all);
	for (unsigned i = 0; i < n && result == 0; i++) {
		*all = comparison(json_array_get(arguments, i));
		result = seccomp_rule_add_array(filter, action, call, 1, all);
	}
	return result;
}

/* Adds a rule of the profile. Calls that libseccomp does not know are left out, and get the default
 * answer STANDARD. *LAST becomes the highest number of a call that was named. */
static int add_rule(scmp_filter_ctx filter, uint32_t standard, const json_t *rule, int *last)
{
	uint32_t action = action_of(rule, "action", json_object_get(rule, "errnoRet"));
	const json_t *names = json_object_get(rule, "names"), *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		int call = seccomp_syscall_resolve_name(json_string_value(name)), error;

		*last = call > *last ? call : *last;
		if (call == __NR_SCMP_ERROR || action == standard)
			continue;
		error = add_call(filter, action, call, json_object_get(rule, "args"));
		if (error < 0 && error != -EEXIST) {
			errno = -error;
			return fail("a rule for %s", json_string_value(name));
		}
	}
	return 0;
}

static int add_architecture(scmp_filter_ctx filter, const char *name)
{
	autofree char *lower = strdup(strncmp(name, "SCMP_ARCH_", 10) == 0 ? name + 10 : name);
	uint32_t arch;
	int error;

	for (char *c = lower; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (!lower || !(arch = seccomp_arch_resolve_name(lower)))
		return failx("%s: no such architecture", name);
	error = seccomp_arch_add(filter, arch);
	errno = -error;
	return error < 0 && error != -EEXIST ? fail("%s", name) : 0;
}

/* Writes the start of the filter, if the default is an errno: the answer to calls that are newer
 * than all that the profile names is ENOSYS, so that a C library does without them (runc does this
 * for the same reason). Calls of x32, whose numbers have bit 30 set, do not count as newer. */
static int write_newer(int output, uint32_t standard, int last)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};

	if ((standard & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO || last < 0)
		return 0;
	return write_all(output, code, sizeof(code));
}

int compile_profile(int input, int output)
{
	json_auto_t *profile = json_loadfd(input, JSON_DECODE_INT_AS_REAL, NULL);
	const json_t *arches = json_object_get(profile, "architectures"),
		     *rules = json_object_get(profile, "syscalls"), *item;
	uint32_t standard =
		action_of(profile, "defaultAction", json_object_get(profile, "defaultErrnoRet"));
	scmp_filter_ctx filter = profile ? seccomp_init(standard) : NULL;
	int result = filter ? 0 : failx("not a profile"), last = -1;
	size_t i;

	json_array_foreach(arches, i, item) if (result == 0) result =
		add_architecture(filter, json_string_value(item));
	json_array_foreach(rules, i, item) if (result == 0) result =
		add_rule(filter, standard, item, &last);
	if (result == 0)
		result = write_newer(output, standard, last);
	/* Makes a tree of comparisons. When a filter is loaded, the kernel runs it for each number
	 * of a call, which takes long with a list. */
	if (result == 0)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (result == 0 && (errno = -seccomp_export_bpf(filter, output)) > 0)
		result = fail("compile");
	seccomp_release(filter);
	return result;
}
