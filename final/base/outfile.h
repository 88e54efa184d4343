/* outfile.h: files that box writes in places which its caller names. */
#ifndef OUTFILE_H
#define OUTFILE_H

#include <sys/types.h>

/* Opens PATH with the FLAGS of open(2) and O_CLOEXEC: as in a container whose root folder is ROOT
 * (see open_in_root()), or, if ROOT is -1, as the host sees it. A new file has the mode 0600.
 * Returns the descriptor, or -1 with errno set; does not call fail(). */
int open_path(int root, const char *path, int flags);

/* open_parent() opens the folder that contains PATH, with ROOT as for open_path(), and returns the
 * descriptor, or -1 with errno set, without fail(). base_of() returns the name that PATH has in
 * that folder: the part of PATH after the last slash, or "." for "/" and for "..". PATH must not
 * end with a slash, unless it is "/". */
int open_parent(int root, const char *path);
const char *base_of(const char *path);

/* The place where a file is to be written or replaced. */
struct spot {
	int folder; /* the file's folder */
	char *name; /* the file's name in the folder */
	char new[32]; /* the name that it has there until it is complete */
};

/* Finds the place of the file PATH, with ROOT as for open_path(). Symlinks are followed as a
 * shell's
 * ">" does, also to a file that does not exist yet. If the file exists, it must be a regular one:
 * to replace a device, a fifo or a socket might break the host. Returns 0, or 1 if PATH is a
 * folder, or -1 after fail(). The caller ends SPOT with spot_close() in each case; if the result is
 * not 0, SPOT may be empty. */
int spot_find(int root, const char *path, struct spot *spot);
void spot_close(struct spot *spot);
#define autospot __attribute__((cleanup(spot_close)))

/* spot_create() makes a new file of the given MODE in the folder, under a temporary name, and
 * returns its descriptor, which the caller closes. When all is written, spot_replace() gives the
 * file its name, so that others only ever see it complete; or spot_give_up() removes it. PATH is
 * for messages. spot_replace() returns 0; both return -1 after fail(). */
int spot_create(struct spot *spot, const char *path, mode_t mode);
int spot_replace(const struct spot *spot, const char *path);
void spot_give_up(const struct spot *spot);

#endif
