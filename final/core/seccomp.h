/* seccomp.h: filters of system calls: the built-in one, and those that box-seccomp compiles. */
#ifndef SECCOMP_H
#define SECCOMP_H

#include <linux/filter.h>
#include <stdint.h>

/* Returns a filter with the effect of Docker's default profile for a process with CAPABILITIES: the
 * built-in filter if CAPABILITIES is DEFAULT_CAPABILITIES, or else a filter that box-seccomp
 * compiles, and that is kept in the folder DATA/seccomp. The caller does not free the filter; it is
 * valid until either function reads or compiles another one. NULL after fail(). */
const struct sock_fprog *seccomp_filter(uint64_t capabilities, const char *data);

/* Returns the filter of an OCI PROFILE (the JSON of linux.seccomp), which box-seccomp compiles, and
 * which is kept in FOLDER. The filter is valid as long as that of seccomp_filter(). NULL after
 * fail(). */
const struct sock_fprog *seccomp_profile(const char *profile, const char *folder);

#endif
