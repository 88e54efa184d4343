/* over.h: unpacks a layer over the layers below it. All names are relative to the working folder,
 * where box has mounted them as one. */
#ifndef OVER_H
#define OVER_H

#include <stdbool.h>
#include <stdint.h>

/* What is known of the layer while it is unpacked; all zero before the first entry. */
struct over {
	void *places; /* a tree of tsearch(3): the layer's paths, and those whose times are kept */
	uint64_t folders; /* number of folders on the way that were made, or copied from below */
};

/* Whether a layer that is unpacked alone turns out to need the layers below it. The next entry is
 * the file NAME: a hard link to LINK, or no link (NULL). The layer needs the others if it has not
 * named the folders of NAME before, as folders, or if LINK is not a file of the layer itself; a
 * whiteout is no such file. Called in the layer's folder, where nothing else lies. */
bool over_is_needed(const char *name, const char *link);

/* Returns the path to write the file NAME to, which the caller frees; NULL after fail(). Symlinks
 * among its folders are followed, with the working folder as their root; folders that are missing
 * are made. If NAME is to be a hard link to LINK (else NULL), COPIED gets the bytes that the kernel
 * copies from a lower layer for it; else 0. */
char *over_enter(struct over *over, const char *name, const char *link, uint64_t *copied);

/* Obeys a whiteout: removes NAME and all below it, except for what this layer has written itself.
 * If the folder NAME is to be OPAQUE, only what is in it is removed. -1 after fail(). */
int over_whiteout(struct over *over, const char *name, bool opaque);

/* Restores the times of the folders and files of lower layers that the writing has changed; called
 * once, when all is written. -1 after fail(). */
int over_finish(const struct over *over);

#endif
