/* unpack.h: unpacks, packs and copies by way of the program box-unpack. Functions that return an
 * int return -1 after fail(). */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "id.h"
#include "overlay.h"

/* Bytes of a text by file_key(), with its NUL. */
enum { KEY_LENGTH = 160 };

/* Gives a KEY for the regular file FD: a text of its device, inode, size and times, so that the
 * file has another key after any change. NAME is for messages. */
int file_key(int fd, const char *name, char key[KEY_LENGTH]);

/* Where an archive is unpacked to, and how. */
struct unpack {
	int folder; /* an empty folder */
	bool layer; /* the archive is the layer of an image: its whiteouts have a meaning */
	bool over; /* it may need the layers below it; else unpack() returns 1 if it does */
	const char *path; /* the absolute path of folder, which is used if below is not NULL */
	const struct overlay *below; /* the layers below it, relative to folder; NULL: none */
};

/* Gives the SHA-256 of the file FD, in hexadecimal digits. NAME is for messages. */
int file_digest(int fd, const char *name, char digest[ID_LENGTH + 1]);

/* How much may still be unpacked. Each entry of an archive counts as 4096 bytes, and its name, its
 * link's target, its attributes and its data count, too; holes in sparse files do not. */
struct quota {
	uint64_t bytes, entries;
};

/* Unpacks the file ARCHIVE, a descriptor. What it takes is subtracted from QUOTA; to need more is
 * an error. DIGEST gets the SHA-256 of the bytes that were unpacked, whatever happens to the file
 * meanwhile, and BYTES the number of bytes of data that were written. NAME is for messages. Returns
 * 0; or 1 if the archive is a layer that needs the layers below it, and INTO was not over: then the
 * caller has to remove what is in the folder. */
int unpack(int archive, const struct unpack *into, const char *name, struct quota *quota,
	char digest[ID_LENGTH + 1], uint64_t *bytes);

/* Writes what is in FOLDER to the descriptor ARCHIVE, as a tar archive. With LAYER, FOLDER is a
 * layer of an overlay, whose marks become the whiteouts of an image. NAME is for messages. */
int pack(int folder, bool layer, const char *name, int archive);

/* One end of a copy: the file or folder NAME in FOLDER. If FOLDER is in a container, ROOT is the
 * root folder of the container; if it is on the host, ROOT is -1, and only FOLDER is seen. If
 * FOLDER is -1, this end is an archive on stdin or stdout, in which the file is called NAME. The
 * owners of files are users of the user namespace USERS, or, if that is -1, of the caller's. */
struct end {
	int folder, root, users;
	const char *name; /* "." for all that is in the folder */
};

/* Copies a file, or a folder with all that is below it. Of what is in the target, only files of the
 * same names are replaced; a folder is never replaced by a file, nor a file by a folder. The
 * files of a folder become root's, without set-ID bits, extended attributes and ACLs, unless
 * KEEP_OWNERS; those of an archive get the owners and modes that it says. */
int copy(const struct end *from, const struct end *to, bool keep_owners);

/* Whether FD, a folder of a layer, hides what the layers below have there (the attribute
 * overlay.opaque; overlayfs.rst). False if FD is negative. */
bool is_opaque(int fd);

#endif
