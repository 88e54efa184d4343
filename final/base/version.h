/* version.h: the version of box, which both programs print. */
#ifndef VERSION_H
#define VERSION_H

#define BOX_VERSION "0.7"

#endif
