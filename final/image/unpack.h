/* unpack.h: box-unpack at work, seen from box. */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "id.h"
#include "overlay.h"

enum { KEY_LENGTH = 160 };

/* Which file FD is, and which of its contents: it has another key after any change. */
int file_key(int fd, const char *name, char key[KEY_LENGTH]);

/* Into what an archive is unpacked. */
struct unpack {
	int folder;
	bool layer; /* of an image: whiteouts have a meaning */
	bool over; /* over other layers; else the archive must name the folders of all its files */
	const char *path; /* of the folder, absolute; with */
	const struct overlay *below; /* those layers, named from the folder; NULL: none */
};

/* Gives the SHA-256 of the file FD, which is read to its end. NAME is for messages. */
int file_digest(int fd, const char *name, char digest[ID_LENGTH + 1]);

/* What may still be unpacked. Each entry counts 4096 bytes, and its name, target and attributes,
 * besides its data; holes in sparse files do not. */
struct quota {
	uint64_t bytes, entries;
};

/* Unpacks the file ARCHIVE into a folder that is empty. QUOTA becomes what it leaves of that; more
 * is an error. Gives the SHA-256 of the bytes that were unpacked, whatever happens to the file
 * meanwhile, and how many bytes of data were written. NAME is for messages. Returns 1 if it is a
 * layer that must be unpacked over those below; the folder is then to be thrown away. */
int unpack(int archive, const struct unpack *into, const char *name, struct quota *quota,
	char digest[ID_LENGTH + 1], uint64_t *bytes);

/* Writes what is in FOLDER to the file ARCHIVE, as a tar; with LAYER, with an image's whiteouts for
 * the overlay's marks. NAME is for messages. */
int pack(int folder, bool layer, const char *name, int archive);

/* One end of a copy: NAME in FOLDER. ROOT is that of the container which the folder is in, or -1:
 * the folder is the host's, and all that is seen of it. FOLDER -1: an archive, stdin or stdout, in
 * which the file is called NAME. */
struct end {
	int folder, root;
	const char *name; /* "." for all that is in the folder */
};

/* Copies a file, or a folder with all below it. What is in the target stays, but files of the same
 * name; a folder is not replaced by a file, nor a file by a folder. Owners become root, and set-ID
 * bits are dropped, unless KEEP_OWNERS. */
int copy(const struct end *from, const struct end *to, bool keep_owners);

/* Whether the folder FD of a layer hides what lower ones have there. */
bool is_opaque(int fd);

#endif
