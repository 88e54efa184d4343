/* oci-show.h: what spec, features and events print. Functions return 0, or -1 after fail(). */
#ifndef OCI_SHOW_H
#define OCI_SHOW_H

#include <stdbool.h>

#include "oci-state.h"

/* Writes a first config.json into FOLDER, which must not have one yet; with ROOTLESS, one for this
 * user, who need not be root. */
int oci_print_spec(const char *folder, bool rootless);

/* Prints what box-oci supports, as JSON (runtime-spec, features.md). */
int oci_print_features(void);

/* Prints the resources that the container OCI uses now, as one line of JSON. */
int oci_print_events(const struct oci *oci);

#endif
