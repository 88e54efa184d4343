/* resources.h: the limits of the OCI runtime specification (config-linux.md, "Control groups"), as
 * files of cgroups; the limits of box are some of these. Functions return 0, or -1 after fail(). */
#ifndef RESOURCES_H
#define RESOURCES_H

#include <stdint.h>

#include "cgroup.h"
#include "spec.h"

/* Adds to RESOURCES the limit NAME, as the specification names it below "resources"
 * ("memory.limit"), with a NUMBER in the specification's unit, or with a TEXT. A negative NUMBER is
 * no limit. An unknown NAME is an error. NAME and TEXT are copied, as are the strings of the
 * functions below. */
int resource_number(struct resources *resources, const char *name, int64_t number);
int resource_text(struct resources *resources, const char *name, const char *text);

/* Adds to RESOURCES a limit that has files of its own: V1_TEXT is to be written to the file V1 of
 * cgroup v1, V2_TEXT to the file V2 of cgroup v2. V1 or V2 is NULL if that version has no such
 * file. If a file has different names in different kernels, they are separated by '|', and the
 * first that exists is used. NAME is for messages. */
int resource_files(struct resources *resources, const char *name, const char *v1,
	const char *v1_text, const char *v2, const char *v2_text);

/* Adds to RESOURCES a block I/O weight NUMBER, from 10 to 1000 as in cgroup v1, for all block
 * devices (DEVICE is ""), or for one device ("8:0 ", with the space). V1, V2 and NAME are as for
 * resource_files(). */
int resource_weight(struct resources *resources, const char *name, const char *v1, const char *v2,
	const char *device, int64_t number);

/* Fills in limits that RESOURCES does not name, but that must be written together with limits that
 * it names: on cgroup v2, with the values that CGROUP has now. It is an error if the limit of
 * memory and swap does not fit the limit of memory. Nothing is written to CGROUP. */
int resources_settle(const struct cgroup *cgroup, struct resources *resources);

/* Writes the limits of RESOURCES, but not its rules of devices, to the files of CGROUP. It is an
 * error if no hierarchy has a file for a limit. */
int resources_limit(const struct cgroup *cgroup, const struct resources *resources);

/* Does what resources_limit() does, and then calls devices_control() for the rules of devices. */
int resources_write(const struct cgroup *cgroup, const struct resources *resources);

/* Releases what resource_number(), resource_text(), resource_files() and resource_weight() have
 * added to RESOURCES. */
void resources_free(struct resources *resources);

#endif
