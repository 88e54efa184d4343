/* device-rules.h: which devices the cgroup lets its processes open. */
#ifndef DEVICE_RULES_H
#define DEVICE_RULES_H

#include <stddef.h>

#include "cgroup.h"
#include "spec.h"

int devices_control(const struct cgroup *cgroup, const struct device_rule *rules, size_t n);

#endif
