/* protect.h: protects the file of box's own program against processes of a container. */
#ifndef PROTECT_H
#define PROTECT_H

#include <stdbool.h>

/* Executes box again, from a read-only mount of its own file, so that no process of a container can
 * write to that file through /proc/PID/exe (CVE-2019-5736); or, for an ordinary user who owns the
 * file, from a copy in memory. Returns 0 if box runs from a read-only mount already, or -1 after
 * fail(). ALWAYS: executes box even so, because box has entered another user namespace: to look
 * into a copy of its memory takes rights in the one in which box was executed (ptrace(2),
 * "mm->user_ns"). ARGV are box's arguments; argv[0] becomes the path of box's
 * file, by which helper_path() finds the programs beside it after the second start. */
int protect_own_file(char *argv[], bool always);

#endif
