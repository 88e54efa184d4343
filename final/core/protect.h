/* protect.h: box's own file, which no process of a container may write to. */
#ifndef PROTECT_H
#define PROTECT_H

/* Goes on as box from a read-only mount of its own file, so that no process of a container can
 * write into that through /proc/PID/exe (CVE-2019-5736). Returns only when box already is, or on
 * error. argv[0] is the path of that file from then on: see helper_path(). */
int protect_own_file(char *argv[]);

#endif
