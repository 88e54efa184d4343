/* overlay.h: folders, one over the other, as one mount. */
#ifndef OVERLAY_H
#define OVERLAY_H

struct overlay {
	int dir; /* what names are relative to */
	char *const *lower; /* names of folders that are read, the topmost first; NULL at the end */
	const char *upper, *work; /* of the folder that is written, and of one of the kernel's */
	const char *options; /* of the kernel's overlayfs.rst, not empty */
};

/* Mounts it on TARGET, absolute. Changes the working folder. At most 500 are read. */
int overlay_mount(const char *target, const struct overlay *overlay);

/* Returns -1 if no overlay can write to the folder FD, as it lies on an overlay itself: in another
 * container, or on a system that runs from a CD. */
int overlay_check(int fd);

#endif
