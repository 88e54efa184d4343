/* pack.h: packs an archive. */
#ifndef PACK_H
#define PACK_H

/* Packs the file or folder NAME, which is called AS in the archive. Ends the process at an error.
 */
void pack_archive(const char *name, const char *as);

#endif
