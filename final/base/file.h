/* file.h: reads, writes and removes whole files and folders. Functions that return -1 or NULL have
 * called fail(). */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes all SIZE bytes of DATA to FD, and waits where FD, if it does not block, takes no more. */
int write_all(int fd, const void *data, size_t size);

/* Writes TEXT, in one write(2), into the file NAME of the folder DIR (a descriptor, or AT_FDCWD).
 * The file must exist, and is not truncated: it is meant for files of /proc and cgroups. */
int write_file_at(int dir, const char *name, const char *text);

/* Makes NAME in the folder DIR a file with SIZE bytes of DATA and the mode 0600. A reader sees
 * either all of the new bytes or all of the old file; if it LASTS, also after a power cut, which
 * takes a while on a disk. The data goes to NAME.new first: so the caller must hold a lock that
 * keeps others from replacing the same file. */
int replace_file_at(int dir, const char *name, const void *data, size_t size, bool lasts);

/* Reads the regular file FD to its end. Returns its bytes with a NUL after them, which the caller
 * frees, and does not close FD. A file of more than LIMIT bytes is an error (EFBIG), and so are
 * fifos and devices (EINVAL), and a negative FD (its errno counts). NAME is for messages. */
char *read_file(int fd, const char *name, size_t limit);

/* Reads the file NAME of the folder DIR as read_file() does. */
char *read_file_at(int dir, const char *name, size_t limit);

/* Removes NAME of the folder DIR, and all that is below it. Follows no symlink, and enters no other
 * file system or mount. Returns 0 also when there is no NAME. */
int remove_tree_at(int dir, const char *name);

/* Counts the bytes that the files in the folder PATH and below take on the disk. A file with N hard
 * links counts by an Nth for each that is found. What cannot be read is left out; it never
 * fails. */
uint64_t tree_size(const char *path);

/* Opens /dev/null in the place of each of 0, 1 and 2 that is closed. Otherwise the next file that
 * is opened would get one of these numbers, and standard output would be written into it. */
int open_standard_files(void);

#endif
