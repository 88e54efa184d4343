/* sysctl.h: the settings of the kernel that a container may have for itself. */
#ifndef SYSCTL_H
#define SYSCTL_H

#include "spec.h"

/* Returns the path below /proc/sys of the sysctl NAME. Its first separator, '.' or '/', says which
 * one divides its parts, as for sysctl(8); the other one stands for a dot in a part, as in the
 * names of network interfaces. The caller frees the path. NULL after fail(). */
char *sysctl_path(const char *name);

/* Returns the kind of namespace (CLONE_NEW*) to which the sysctl PATH, of sysctl_path(), belongs; 0
 * if it belongs to the whole machine, or is unknown. */
unsigned long sysctl_namespace(const char *path);

/* Writes spec->oci->sysctls through the container's /proc, when its root is "/". */
int sysctls_write(const struct spec *spec);

#endif
