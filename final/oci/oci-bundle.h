/* oci-bundle.h: reads a bundle, and completes its spec, for create, run, start, exec and delete.
 * Functions that return an int return 0, or -1 after fail(); those that return text return NULL
 * after fail(). */
#ifndef OCI_BUNDLE_H
#define OCI_BUNDLE_H

#include "spec.h"
#include "oci-config.h"
#include "oci-state.h"

/* Reads FILE, of at most 16 MiB, or stdin if FILE is "-". Returns its text, which the caller
 * frees. */
char *oci_read_input(const char *file);

/* Adds the variables of --env to the environment of BUNDLE's process, where they replace variables
 * of the same name. It may be called only once for a BUNDLE. */
int oci_add_environment(struct bundle *bundle);

/* Completes the spec of BUNDLE from the container OCI and from the command line: the ID, the
 * cgroup, the state that hooks read, and the compiled filter of system calls. */
int oci_complete_spec(struct bundle *bundle, const struct oci *oci);

/* Returns the text of config.json in the bundle FOLDER, which the caller frees. */
char *oci_read_config(const char *folder);

/* Reads into BUNDLE the copy of config.json that was kept when the container OCI was created. */
int oci_load_bundle(struct bundle *bundle, const struct oci *oci);

#endif
