/* seccomp.h: filters of system calls: the built-in one, and those that box-seccomp compiles. */
#ifndef SECCOMP_H
#define SECCOMP_H

#include <linux/filter.h>
#include <stdint.h>

/* Returns a filter with the effect of Docker's default profile for a process with CAPABILITIES: the
 * built-in one for the default set, else one that box-seccomp compiles, and that is kept in the
 * folder DATA/seccomp. It is not freed; the next filter that either function reads or compiles
 * replaces it. NULL after fail(). */
const struct sock_fprog *seccomp_filter(uint64_t capabilities, const char *data);

/* Returns the filter of an OCI PROFILE (the JSON of linux.seccomp), which box-seccomp compiles, and
 * which is kept in FOLDER. It is not freed, as above. NULL after fail(). */
const struct sock_fprog *seccomp_profile(const char *profile, const char *folder);

#endif
