/* protect.h: protects the file of box's own program against processes of a container. */
#ifndef PROTECT_H
#define PROTECT_H

#include <stdbool.h>

/* Executes box again, from a read-only mount of its own file, so that no process of a container can
 * write to that file through /proc/PID/exe (CVE-2019-5736). An ordinary user cannot make a mount:
 * box is then executed from a copy in memory, if the user could write to the file.
 *
 * Returns 0 if box runs from a read-only mount or from such a copy already, or if an ordinary user
 * cannot write to the file; -1 after fail(). With ALWAYS, root's box is executed even from a
 * read-only mount, because box has entered another user namespace: to look into a copy of its
 * memory then takes rights in the namespace in which box was executed (ptrace(2), "mm->user_ns").
 *
 * ARGV are box's arguments; argv[0] becomes the path of box's file, by which helper_path() finds
 * the programs beside it after the second start. */
int protect_own_file(char *argv[], bool always);

#endif
