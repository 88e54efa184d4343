/* resources.h: the OCI specification's limits -> files of cgroups. */
#ifndef RESOURCES_H
#define RESOURCES_H

#include <stdint.h>

#include "cgroup.h"
#include "spec.h"

/* Sets NAME ("memory.limit") to NUMBER, or to TEXT. Unknown ones are an error. */
int resource_number(struct resources *resources, const char *name, int64_t number);
int resource_text(struct resources *resources, const char *name, const char *text);

/* The same for a file of its own in v1 and in v2 (NULL: none). */
int resource_files(struct resources *resources, const char *name, const char *v1,
	const char *v1_text, const char *v2, const char *v2_text);

/* A weight, as v1 has it, of all block devices, or of DEVICE ("8:0 "). */
int resource_weight(struct resources *resources, const char *name, const char *v1, const char *v2,
	const char *device, int64_t number);

/* Completes what a limit that is named needs of one that is not, which stays as CGROUP has it.
 * Returns -1 after failx(), before anything is written, if memory and swap do not fit together. */
int resources_settle(const struct cgroup *cgroup, struct resources *resources);

/* Writes them. A limit for which no hierarchy has a file is an error. */
int resources_write(const struct cgroup *cgroup, const struct resources *resources);

#endif
