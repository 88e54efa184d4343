/* copyup.h: fills a new file system with a copy of the folder that it covers. */
#ifndef COPYUP_H
#define COPYUP_H

/* Copies the contents of the folder FROM to the folder TO, both descriptors, with owners,
 * permissions and times. Devices, fifos and sockets are left out; more than 128 levels of folders
 * are an error. Returns 0, or -1 with errno set; fail() may have been called, too. */
int copy_up(int from, int to);

#endif
