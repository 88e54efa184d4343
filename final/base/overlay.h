/* overlay.h: mounts folders, one over the other, as one overlay. */
#ifndef OVERLAY_H
#define OVERLAY_H

#include <stdbool.h>

/* The folders of an overlay, with the kernel's names for them (overlayfs.rst). */
struct overlay {
	int dir; /* the folder that all names are relative to; a descriptor, or AT_FDCWD */
	char *const *lower; /* the folders that are only read, the topmost first; NULL-terminated */
	const char *upper, *work; /* the folder that is written to; one for the kernel itself */
	const char *options; /* other mount options, not empty */
};

/* Mounts OVERLAY on the absolute path TARGET. The kernel takes at most 500 lower folders. Changes
 * the working folder, also after an error. Returns 0, or -1 after fail(), with the errno of
 * the call that has failed: that of mount(2) says whether the kernel refuses such an overlay. */
int overlay_mount(const char *target, const struct overlay *overlay);

/* Checks whether an overlay may write to the folder FD. Returns -1 after fail() if FD lies on an
 * overlay itself, as it does in a container, or on a system that runs from a CD; else 0. */
int overlay_check(int fd);

/* Whether what is deleted in the folder FD may be marked by files .wh.NAME: it lies on a file
 * system on which only fuse-overlayfs(1) writes, and perhaps cannot make devices 0:0. Elsewhere a
 * container may itself have files with such names. */
bool overlay_has_mark_files(int fd);

#endif
