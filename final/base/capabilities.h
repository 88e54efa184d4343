/* capabilities.h: the set of capabilities that a container has unless its caller asks for more or
 * for fewer. */
#ifndef CAPABILITIES_H
#define CAPABILITIES_H

#include <stdint.h>

/* Docker's default set, one bit for each capability of capabilities(7): CHOWN DAC_OVERRIDE FOWNER
 * FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE
 * SETFCAP. */
#define DEFAULT_CAPABILITIES UINT64_C(0xa80425fb)

#endif
