/* store.h: the store of layers, images and containers on the disk, and its locks. Functions that
 * return an int return -1 after fail(). */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>

/*
 * The folder DATA (--data, $BOX_DATA, or /var/lib/box), which only its owner may enter, holds:
 *   layers/HEX         an unpacked layer; HEX: the first 32 digits of its archive's SHA-256;
 *                      HEX-root: the archive of a root filesystem, without whiteouts;
 *                      HEX-over: a layer that was unpacked over those below it, see import.c.
 *                      Its extended attributes, see users_attribute(): box.digest, all 64
 *                      digits, and box.size, the bytes of its files
 *   images/ID.json     an image
 *   names/NAME         the name of an image: a symlink to the ID
 *   files/KEY          an archive that was unpacked: a symlink to the ID of its image. KEY is a
 *                      hash of the archive's device, inode, size and times, and of the tag. If
 *                      others than root can write the archive, there is a second KEY, a hash of
 *                      its SHA-256 and of the tag, and only that one is trusted
 *   containers/ID/     a container, see state.h: upper, work, and files; locked while it runs
 *   live/ID            a symlink for each container that runs, or that a killed box has left
 *   base/              the lowest layer of each container: what box mounts on
 *   tmp/               what is half unpacked; each folder is locked by the process that fills it
 *   lock               for flock(2): shared to use an image, exclusive to remove one
 */
struct store {
	char *path; /* of DATA, without symlinks */
	int state; /* the folder ROOT (--root, $BOX_ROOT, or /run/box): an ID.json for a container
		    */
	/* of what is unpacked from one image, as parse_size() takes it; the caller sets it */
	const char *max_size;
	int dir, layers, images, names, files, containers, live, tmp; /* folders, O_CLOEXEC */
};

/* Opens the store in the folder PATH, and the folder ROOT of the states; makes what is missing, and
 * sweeps tmp. Both folders must belong to the user, and nobody else may write into them; PATH must
 * be empty or a store. store_close() closes all that STORE holds. */
int store_open(struct store *store, const char *path, const char *root);
void store_close(struct store *store);

/* Takes the lock of the whole store by the OPERATION of flock(2), such as LOCK_SH or LOCK_EX.
 * Returns a descriptor, which is closed to release the lock. Nobody may hold it for long, as each
 * start of a container waits for it. */
int store_lock(const struct store *store, int operation);

/* Takes the lock of the layers in the same way: shared, so that no layer is removed meanwhile;
 * exclusive, to remove layers. */
int store_lock_layers(const struct store *store, int operation);

/* Makes the new folder NAME in tmp, and locks it. If another process has a folder of that name, it
 * waits until that process has removed it. Returns the folder's descriptor; what is in the folder
 * when that is closed is removed by the next store_sweep(). */
int store_staging(const struct store *store, const char *name);

/* Opens the folder NAME of DIR, and makes it if it is missing. It must be neither a symlink nor a
 * mount, as box removes what lies in it. Returns a descriptor. */
int open_own_folder(int dir, const char *name);

/* Whether NAME is one that box gives: an ID of 64 hexadecimal digits, or the name of a layer, which
 * is 32 such digits and perhaps a suffix after '-'. */
bool is_own_name(const char *name);

/* Removes from tmp all that has a name of box's and that nobody has locked. */
void store_sweep(const struct store *store);

/* The target of the symlink NAME of the folder DIR, which the caller frees. NULL after fail(). */
char *store_read_link(int dir, const char *name);

/* Makes the symlink NAME to TARGET in the folder DIR. One that is there is replaced in one step. */
int store_set_link(int dir, const char *name, const char *target);

#endif
