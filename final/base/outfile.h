/* outfile.h: files that box writes where its caller says. */
#ifndef OUTFILE_H
#define OUTFILE_H

#include <sys/types.h>

/* Opens PATH as the root folder ROOT shows it; -1: as the host does. errno only, no fail(). */
int open_path(int root, const char *path, int flags);

/* Opens the folder that PATH is in, and gives the name that it has there: "." for the root, and for
 * what has no name of its own. PATH has no slash at its end. errno only, no fail(). */
int open_parent(int root, const char *path);
const char *base_of(const char *path);

/* The place of a file that is to be written, or replaced. */
struct spot {
	int folder;
	char *name;
	char new[32]; /* what it is called until it is whole */
};

/* Finds the place of the file PATH, as open_path() has it. Symlinks are followed as a shell's ">"
 * does it, to a file that is not there yet, too. What is there must be a regular file: a device, a
 * fifo or a socket is an error, as to replace it may break the host. Returns 1 if PATH is a folder:
 * SPOT is empty then. To be closed after an error, too. */
int spot_find(int root, const char *path, struct spot *spot);
void spot_close(struct spot *spot);
#define autospot __attribute__((cleanup(spot_close)))

/* Makes the new file beside it, and returns its descriptor. Then either gives it the name, so that
 * it is seen as a whole, or removes it. PATH is for messages. */
int spot_create(struct spot *spot, const char *path, mode_t mode);
int spot_replace(const struct spot *spot, const char *path);
void spot_give_up(const struct spot *spot);

#endif
