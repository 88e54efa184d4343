/* copyup.h: a file system that begins with what it covers. */
#ifndef COPYUP_H
#define COPYUP_H

/* Copies what is in the folder FROM to the folder TO. */
int copy_up(int from, int to);

#endif
