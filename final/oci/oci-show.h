/* oci-show.h: spec, features, events. */
#ifndef OCI_SHOW_H
#define OCI_SHOW_H

#include "oci-state.h"

int oci_print_spec(const char *folder);
int oci_print_features(void);
int oci_print_events(const struct oci *oci);

#endif
