/* oci-bundle.h: what create, run, exec and delete take from a bundle. */
#ifndef OCI_BUNDLE_H
#define OCI_BUNDLE_H

#include "spec.h"
#include "oci-config.h"
#include "oci-state.h"

/* Reads FILE, or stdin if it is "-". The caller frees the text. NULL after fail(). */
char *oci_read_input(const char *file);

/* Adds the variables of --env to TO. */
int oci_add_environment(struct process *to);

/* Adds to the spec of BUNDLE what the container OCI and the command line say. */
int oci_complete_spec(struct bundle *bundle, const struct oci *oci);

/* The text of config.json in FOLDER. The caller frees it. NULL after fail(). */
char *oci_read_config(const char *folder);

/* Reads the copy of config.json that the container OCI was created with. */
int oci_load_bundle(struct bundle *bundle, const struct oci *oci);

#endif
