/* oci-config.h: config.json -> struct spec. */
#ifndef OCI_CONFIG_H
#define OCI_CONFIG_H

#include "json.h"
#include "value.h"
#include "spec.h"

struct bundle {
	struct spec spec; /* but for id, seccomp, gate, detached and what is preserved */
	struct process own; /* of config.json; exec and the caller change that of spec */
	struct listener listener; /* but for text and first */
	json_t *json, *process; /* own the texts of spec */
	const char *folder; /* relative paths begin here */
	char *annotations; /* JSON; NULL: none */
	json_t *seccomp; /* linux.seccomp, or NULL */
	struct resources resources;
	const char *slice, *unit; /* of systemd's form of cgroupsPath; NULL: it has not got it */
};

/* Reads the TEXT of config.json of the bundle in FOLDER. What a spec needs is allocated, and lives
 * as long as the program. */
int oci_read(struct bundle *bundle, const char *text, const char *folder);

/* Reads a process of its own, as process.json of exec, in place of that of config.json. */
int oci_read_process(struct bundle *bundle, const char *text, const char *name);

/* Reads the JSON of resources, as update -r takes it. */
int oci_read_resources(struct resources *resources, const char *text, const char *name);

/* Parts of it. */
int oci_process(struct process *to, const struct value *process);
int oci_mounts(struct bundle *bundle, const struct value *config);
int oci_linux(struct bundle *bundle, const struct value *config);
int oci_resources(struct resources *resources, const struct value *object);
int oci_seccomp(struct bundle *bundle, const struct value *linux_part);
int oci_id_maps(const struct value *object, struct id_maps *maps);
const char *oci_absolute(const struct bundle *bundle, const char *path);

/* The names of what is supported, for features. */
extern const char *const oci_namespace_names[]; /* and CLONE_NEW* of each */
extern const unsigned long oci_namespace_types[];
void oci_print_mount_options(json_t *array);

/* Parts of linux. */
int oci_device_rules(struct resources *resources, const struct value *object);
int oci_namespaces(struct bundle *bundle, const struct value *part);
int oci_user_maps(struct bundle *bundle, const struct value *part);
int oci_time_offsets(struct bundle *bundle, const struct value *part);

#endif
