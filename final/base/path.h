/* path.h: what a name leads to, where somebody else may have made it. */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <sys/types.h>

/* Opens NAME as the root DIR shows it: absolute names, "..", and symlinks stay in DIR; magic links
 * of /proc are refused (openat2(2), RESOLVE_IN_ROOT). Returns the descriptor; errno only, no
 * fail().
 */
int open_in_root(int dir, const char *name, int flags, mode_t mode);

/* As realpath(3), for a name that is kept. NULL after fail(), also where /proc/PID/root or cwd
 * leads to what has no such name here: that process may have mounts, or a root, of its own. */
char *real_path(const char *path);

/* Opens PATH, relative to DIR, which had no symlink in it when it was found: one that somebody has
 * put there since is an error (ELOOP; openat2(2), RESOLVE_NO_SYMLINKS). errno only, no fail(). */
int open_settled(int dir, const char *path, int flags);

/* The path of the program NAME that is installed with box: in the folder of box's own file, or in
 * ../libexec/box beside that. The caller frees it. NULL after fail(). */
char *helper_path(const char *name);

/* Opens PATH below ROOT as open_in_root does, with O_PATH. Folders that are missing are made, and
 * at its end a folder or an empty file. errno only, no fail(). */
int make_in_root(int root, const char *path, bool folder);

#endif
