/* over.h: a layer that is unpacked over those below it. */
#ifndef OVER_H
#define OVER_H

#include <stdbool.h>
#include <stdint.h>

/* What the layer has, and what it has changed the times of: see tsearch(3). */
struct over {
	void *places;
	uint64_t folders; /* that were made or, as lower layers have them, copied, on the way */
};

/* Whether a layer that has a file NAME, a hard link to LINK or no link (NULL), needs those below:
 * it has not named the file's folders before, as folders, or the link is not to a file of its own.
 * A whiteout stands for no file. Called in the layer's folder, where nothing else lies. */
bool over_is_needed(const char *name, const char *link);

/* Gives the path to write NAME to, which the caller frees; NULL: an error. Symlinks on the way are
 * followed as those of / are; folders that are missing are made. LINK (or NULL): it will be a hard
 * link, for which the kernel copies COPIED bytes. */
char *over_enter(struct over *over, const char *name, const char *link, uint64_t *copied);

/* Removes what lower layers have as NAME and below; the folder NAME stays if it is OPAQUE. */
int over_whiteout(struct over *over, const char *name, bool opaque);

/* Restores times. To be called when all is written. */
int over_finish(const struct over *over);

#endif
