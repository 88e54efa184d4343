/* seccomp-profile.h: the filter of an OCI profile. */
#ifndef SECCOMP_PROFILE_H
#define SECCOMP_PROFILE_H

/* Reads a profile, the JSON of linux.seccomp which oci-seccomp.c has checked, from INPUT, and
 * writes its filter to OUTPUT, as an array of struct sock_filter. -1 after fail(). */
int compile_profile(int input, int output);

#endif
