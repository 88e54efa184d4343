/* device-rules.h: which devices the processes of a cgroup may open. */
#ifndef DEVICE_RULES_H
#define DEVICE_RULES_H

#include <stddef.h>

#include "cgroup.h"
#include "spec.h"

/* Lets the processes of CGROUP use only those devices that the N RULES allow. RULES[0] denies all
 * devices; of the rules that fit a device, the last one counts. Uses the device controller of v1
 * (the kernel's admin-guide/cgroup-v1/devices.rst), or a BPF program on v2. It is an error if
 * neither is there, or if v1 cannot express a rule. Does nothing if N is 0. */
int devices_control(const struct cgroup *cgroup, const struct device_rule *rules, size_t n);

#endif
