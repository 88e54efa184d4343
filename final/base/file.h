/* file.h: files and folders, whole. */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes all SIZE bytes. */
int write_all(int fd, const void *data, size_t size);

/* Writes TEXT into the existing file NAME of the folder DIR (a descriptor, or AT_FDCWD). */
int write_file_at(int dir, const char *name, const char *text);

/* Makes NAME of the folder DIR a file of root's alone, with SIZE bytes of DATA. Whoever opens it
 * sees all of them, or all of what was there before; if it LASTS, after a power cut, too, which
 * takes a while on a disk. Who writes holds a lock, as NAME.new is the way. */
int replace_file_at(int dir, const char *name, const void *data, size_t size, bool lasts);

/* Reads the whole file FD, at most LIMIT bytes, with a NUL after it. The caller frees it. NULL
 * after fail(), which NAMEs it; longer files are an error (EFBIG), fifos and devices, too (EINVAL).
 */
char *read_file(int fd, const char *name, size_t limit);

/* The same for the file NAME of DIR. */
char *read_file_at(int dir, const char *name, size_t limit);

/* Removes NAME of DIR, and all below it, following no symlink and entering no other file system.
 * Returns 0 also when there is none. */
int remove_tree_at(int dir, const char *name);

/* Bytes on the disk of the files in the folder PATH and below: as far as can be seen. */
uint64_t tree_size(const char *path);

/* Opens /dev/null as what is closed of 0, 1 and 2: the next file that is opened would be written to
 * as standard output. */
int open_standard_files(void);

#endif
