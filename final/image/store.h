/* store.h: what lies on the disk, and who uses it. */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>

/*
 * DATA (/var/lib/box, --data, $BOX_DATA), all of it for root alone, 0700:
 *   layers/HEX         one unpacked layer each, by the first 32 digits of its file's SHA-256;
 *                      HEX-root: an archive that was not of an image, unpacked without whiteouts;
 *                      HEX-over: a layer that was unpacked over those below it, see import.c;
 *                      extended attributes: trusted.box.digest, all digits; trusted.box.size, the
 *                      bytes that were written
 *   images/ID.json     one image each
 *   names/NAME         symlink to the ID
 *   files/KEY          symlink to the ID; KEY is a hash of which archive file (device, inode, size,
 *                      times) and which tag that was; a file that others than root can write
 *                      has a second KEY, of its SHA-256, and that one alone is trusted
 *   containers/ID/     upper, work; locked while the container lives
 *   tmp/               half unpacked; each folder locked by the process that fills it
 *   lock               flock(2): shared to use an image, exclusive to remove one
 */
struct store {
	char *path;
	int state; /* ROOT (/run/box, --root, $BOX_ROOT): ID.json for each container */
	int dir, layers, images, names, files, containers, live, tmp; /* descriptors, O_CLOEXEC */
};

/* Opens the store at PATH, and makes it where it is missing. Removes what a killed box left in it.
 * Both folders must be the user's, and nobody else may write there; -1 after noting why. */
int store_open(struct store *store, const char *path, const char *root);
void store_close(struct store *store);

/* Takes the lock of the whole store, LOCK_SH or LOCK_EX; never for long, as each start of a
 * container does. Closing what it returns releases it. */
int store_lock(const struct store *store, int operation);

/* The same for the layers: shared to count on those that are there, exclusive to remove some. */
int store_lock_layers(const struct store *store, int operation);

/* Makes a new folder of tmp, NAME, and locks it. Waits for another process that has one, until that
 * removes it. Returns its descriptor: closed, it is swept. */
int store_staging(const struct store *store, const char *name);

/* Opens the folder NAME of DIR, and makes it where it is missing. As box removes what lies there,
 * it may neither be a symlink nor a mount. Returns a descriptor, or -1 after noting why. */
int open_own_folder(int dir, const char *name);

/* Whether box gives such names: 64 digits, or a layer's, of 32 and perhaps a suffix. */
bool is_own_name(const char *name);

/* Removes what nobody holds a lock on from tmp, if it has one of box's names. */
void store_sweep(const struct store *store);

/* The target of the symlink NAME of DIR. The caller frees it. NULL after fail(). */
char *store_read_link(int dir, const char *name);

/* Makes or replaces the symlink NAME of DIR, at once. */
int store_set_link(int dir, const char *name, const char *target);

#endif
