/* extract.h: unpacks the archive into the working folder. */
#ifndef EXTRACT_H
#define EXTRACT_H

/* Unpacks the archive of the job into the working folder. Ends the process at an error. */
void unpack_archive(void);

#endif
