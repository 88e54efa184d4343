/* device-rules.h: which devices the processes of a cgroup may open. */
#ifndef DEVICE_RULES_H
#define DEVICE_RULES_H

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "cgroup.h"
#include "spec.h"

/* Lets the processes of CGROUP use only those devices that the N RULES allow. RULES[0] denies all
 * devices; of the rules that fit a device, the last one counts. Uses the device controller of v1
 * (the kernel's admin-guide/cgroup-v1/devices.rst), or a BPF program on v2. It is an error if
 * neither is there, or if v1 cannot express a rule. Does nothing if N is 0. */
int devices_control(const struct cgroup *cgroup, const struct device_rule *rules, size_t n);

/* The kinds of access that RULE is about, BPF_DEVCG_ACC_*. */
static inline int device_access(const struct device_rule *rule)
{
	return (strchr(rule->access, 'm') ? BPF_DEVCG_ACC_MKNOD : 0) |
	       (strchr(rule->access, 'r') ? BPF_DEVCG_ACC_READ : 0) |
	       (strchr(rule->access, 'w') ? BPF_DEVCG_ACC_WRITE : 0);
}

/* A program that the kernel asks about each device that is opened: its N instructions. */
struct device_program {
	struct bpf_insn code[4096];
	size_t n;
};

/* Makes of the N RULES, as above, the PROGRAM for v2: it gets struct bpf_cgroup_dev_ctx, and
 * returns 1 to allow, 0 to deny. -1 after fail(), if there are too many rules. */
int devices_compile(struct device_program *program, const struct device_rule *rules, size_t n);

#endif
