/* seccomp.h: filters of system calls: built in, compiled, kept. */
#ifndef SECCOMP_H
#define SECCOMP_H

#include <linux/filter.h>
#include <stdint.h>

/* The filter with the effect of Docker's default profile for a process with CAPABILITIES: built in
 * for the default set, else compiled by box-seccomp and kept below DATA. It lives as long as box.
 */
const struct sock_fprog *seccomp_filter(uint64_t capabilities, const char *data);

/* The filter of an OCI PROFILE (the JSON of linux.seccomp), compiled by box-seccomp and kept in
 * FOLDER; the same. */
const struct sock_fprog *seccomp_profile(const char *profile, const char *folder);

#endif
