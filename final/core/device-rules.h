/* device-rules.h: which devices the processes of a cgroup may open. */
#ifndef DEVICE_RULES_H
#define DEVICE_RULES_H

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "cgroup.h"
#include "spec.h"

/* Lets the processes of CGROUP use only those devices that the N RULES allow. RULES[0] must deny
 * all devices; of the rules that fit a device, the last one counts. Uses the device controller of
 * v1 (the kernel's admin-guide/cgroup-v1/devices.rst), or a BPF program on v2. It is an error if
 * CGROUP has neither, or if v1 cannot express a rule. Does nothing if N is 0. Returns 0, or -1
 * after fail(). */
int devices_control(const struct cgroup *cgroup, const struct device_rule *rules, size_t n);

/* Returns the kinds of access that RULE names, as bits BPF_DEVCG_ACC_*. */
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

/* Makes the PROGRAM for v2 of the N RULES, which are as for devices_control(). The program gets a
 * struct bpf_cgroup_dev_ctx, and returns 1 to allow the access, or 0 to deny it. devices_compile()
 * returns 0; or -1 after failx() if there are too many rules. */
int devices_compile(struct device_program *program, const struct device_rule *rules, size_t n);

#endif
