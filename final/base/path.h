/* path.h: opens files by names that somebody else may have made, or may change at any time. */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <sys/types.h>

/* Opens NAME as a process sees it whose root folder is DIR: absolute names, "..", and symlinks do
 * not lead out of DIR, and magic links of /proc are refused (openat2(2), RESOLVE_IN_ROOT and
 * RESOLVE_NO_MAGICLINKS). FLAGS and MODE are those of openat2(2); O_CLOEXEC is added. Returns the
 * descriptor, or -1 with errno set; does not call fail(). */
int open_in_root(int dir, const char *name, int flags, mode_t mode);

/* Returns the absolute path of PATH without symlinks, as realpath(3) does, for a name that is kept;
 * the caller frees it. NULL after fail(). It is also an error if PATH goes through /proc/PID/root
 * or /proc/PID/cwd to a place that does not have this path for box: the process PID may have other
 * mounts or another root. */
char *real_path(const char *path);

/* Opens PATH, relative to DIR (a descriptor, or AT_FDCWD), with FLAGS and O_CLOEXEC. PATH was
 * without symlinks when it was found: if somebody has put one there since, that is an error (ELOOP;
 * openat2(2), RESOLVE_NO_SYMLINKS). Returns the descriptor, or -1 with errno set; does not call
 * fail(). */
int open_settled(int dir, const char *path, int flags);

/* Returns the path of the program NAME that is installed with box: in the folder of box's own file,
 * or in ../libexec/box relative to that folder. The caller frees the path. NULL after fail(). */
char *helper_path(const char *name);

/* Opens PATH with O_PATH as open_in_root() does in ROOT, and makes what is missing: the folders on
 * the way (mode 0755), and PATH itself as a folder (0755) if FOLDER, or else as an empty file
 * (0644). A symlink to a place that does not exist is followed, and the place is made; more than 8
 * of these are an error (ELOOP). Returns the descriptor, or -1 with errno set; does not call
 * fail(). */
int make_in_root(int root, const char *path, bool folder);

#endif
