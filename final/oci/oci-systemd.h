/* oci-systemd.h: cgroups that are scopes of systemd. */
#ifndef OCI_SYSTEMD_H
#define OCI_SYSTEMD_H

#include <sys/types.h>

#include "value.h"
#include "spec.h"
#include "oci-config.h"
#include "oci-state.h"

/* Reads TEXT, systemd's form of cgroupsPath, into BUNDLE. */
int scope_read(struct bundle *bundle, const struct value *member, const char *text);

/* With --systemd-cgroup, names the container's unit, and its cgroup. */
int scope_name(struct oci *oci, struct bundle *bundle, const char *unique);

/* Starts that unit, if there is to be one. The child KEEPER (0: none) is in it, until the container
 * is, and it is released. */
int scope_start(struct oci *oci, const struct bundle *bundle, pid_t *keeper);
void scope_release(pid_t keeper);

/* Tells systemd of other limits. */
int scope_update(const struct oci *oci, const struct resources *resources);

/* Ends it, when no process is left in it, and waits until systemd knows no more of it. */
int scope_stop(const struct oci *oci);

#endif
