/* version.h: the version of box, which box and box-oci print. */
#ifndef VERSION_H
#define VERSION_H

#define BOX_VERSION "0.7"

#endif
