/* sysctl.h: the settings of the kernel that a container may set for itself. */
#ifndef SYSCTL_H
#define SYSCTL_H

#include "spec.h"

/* Returns the path below /proc/sys of the sysctl NAME. As for sysctl(8), the first '.' or '/' in
 * NAME is the separator of its parts. If that is '.', a '/' stands for a dot within a part, such as
 * the name of a network interface. The caller frees the path. NULL after fail(). */
char *sysctl_path(const char *name);

/* Returns the kind of namespace (CLONE_NEW*) to which the sysctl PATH, of sysctl_path(), belongs; 0
 * if it belongs to the whole machine, or is unknown. */
unsigned long sysctl_namespace(const char *path);

/* Writes spec->oci->sysctls through the container's /proc. Called when the container's root is "/".
 * Returns 0, or -1 after fail(). */
int sysctls_write(const struct spec *spec);

#endif
