/* oci-systemd.h: --systemd-cgroup: the container's cgroup is a scope, a unit of systemd. Functions
 * return 0, or -1 after fail(). */
#ifndef OCI_SYSTEMD_H
#define OCI_SYSTEMD_H

#include <sys/types.h>

#include "value.h"
#include "spec.h"
#include "oci-config.h"
#include "oci-state.h"

/* Reads TEXT, a cgroupsPath in systemd's form, SLICE:PREFIX:NAME, into the slice and the unit of
 * BUNDLE. MEMBER is its place in config.json, for messages. */
int scope_read(struct bundle *bundle, const struct value *member, const char *text);

/* With --systemd-cgroup, sets the unit of OCI and the cgroup of BUNDLE's spec. If config.json names
 * no unit, its name is made of the ID and the first digits of UNIQUE. It is an error if cgroupsPath
 * does not have the form that --systemd-cgroup, or its absence, needs. */
int scope_name(struct oci *oci, struct bundle *bundle, const char *unique);

/* scope_start() starts the unit, if OCI has one, with the limits of BUNDLE. As a scope needs a
 * process, the child KEEPER (0: none) stays in it until the container's process has entered the
 * cgroup; then the caller ends it by scope_release(). */
int scope_start(struct oci *oci, const struct bundle *bundle, pid_t *keeper);
void scope_release(pid_t keeper);

/* Tells systemd the new limits of the unit: RESOURCES, completed by resources_settle(). */
int scope_update(const struct oci *oci, const struct resources *resources);

/* Stops the unit, and waits until systemd does not know it any more. Does nothing if box-oci has
 * not made the unit of this name. */
int scope_stop(const struct oci *oci);

#endif
