/* file.h: reads, writes and removes whole files and folders. Functions that return an int return 0,
 * or -1 after fail(); those that return text return NULL after fail(). */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes all SIZE bytes of DATA to FD. If FD is non-blocking and takes no more bytes, waits by
 * poll(2). */
int write_all(int fd, const void *data, size_t size);

/* Writes TEXT, in one write(2), into the file NAME of the folder DIR (a descriptor, or AT_FDCWD).
 * The file must exist, and is not truncated: this function is meant for files of /proc
 * and cgroups. */
int write_file_at(int dir, const char *name, const char *text);

/* Makes NAME in the folder DIR a file with SIZE bytes of DATA and the mode 0600. A reader sees
 * either all of the new bytes or all of the old file. With LASTS, this also holds after a power
 * cut; fsync(2) then takes a while on a disk. The data is written to NAME.new first, so the caller
 * must hold a lock that keeps others from replacing the same file. */
int replace_file_at(int dir, const char *name, const void *data, size_t size, bool lasts);

/* Reads the regular file FD to its end. Returns its bytes, followed by a NUL, in memory that the
 * caller frees. Does not close FD. A file of more than LIMIT bytes is an error (EFBIG), and so are
 * fifos and devices (EINVAL), and a negative FD, for which errno must be set. NAME is
 * for messages. */
char *read_file(int fd, const char *name, size_t limit);

/* Reads the file NAME of the folder DIR as read_file() does. */
char *read_file_at(int dir, const char *name, size_t limit);

/* Removes NAME of the folder DIR, and everything below it. Follows no symlink, and enters no other
 * file system or mount (openat2(2), RESOLVE_NO_XDEV). Returns 0 also if NAME does not exist. */
int remove_tree_at(int dir, const char *name);

/* Checks the folder DIR, in which this program trusts what it finds, and removes things: it is an
 * error if it is another user's, or if others may write into it. */
int check_private(int dir);

/* Opens the folder PATH. If it is missing, makes it (mode 0700), and the folders on the way to it
 * (0755). Returns a descriptor, which the caller closes, or -1 after fail(): where a folder on the
 * way cannot be made, that error is noted, and not the ENOENT of PATH. */
int open_made_folder(const char *path);

/* Returns the number of bytes that the files in the folder PATH and below take on the disk. Each
 * link that is found to a file with N hard links counts for an Nth of the file's size. Files and
 * folders that cannot be read are left out; there is no error. */
uint64_t tree_size(const char *path);

/* Opens /dev/null in the place of each of 0, 1 and 2 that is closed. Otherwise the next file that
 * is opened would get one of these numbers, and box would write its output into that file. */
int open_standard_files(void);

#endif
