/* sysctl.h: the kernel's settings that a container may have of its own. */
#ifndef SYSCTL_H
#define SYSCTL_H

#include "spec.h"

/* NAME below /proc/sys: its first separator, '.' or '/', says how the names are divided, as with
 * sysctl(8); the other one is then a dot in a name, as interfaces may have it. NULL after fail().
 * The caller frees it. */
char *sysctl_path(const char *name);

/* The kind of namespace, CLONE_NEW*, in which PATH is set; 0: the whole machine. */
unsigned long sysctl_namespace(const char *path);

/* Sets the spec's sysctls, by the container's /proc. */
int sysctls_write(const struct spec *spec);

#endif
