/* oci-config.h: turns config.json into a struct spec (runtime-spec, config.md and config-linux.md).
 * Functions that return an int return 0, or -1 after fail(), unless their comment says more. */
#ifndef OCI_CONFIG_H
#define OCI_CONFIG_H

#include "json.h"
#include "value.h"
#include "spec.h"

/* What was read from a bundle. It is never released: it lives as long as the program. */
struct bundle {
	struct spec spec; /* what config.json says; oci_complete_spec() adds more */
	/* the process of config.json, which owns the lists of spec.process unless exec reads others
	 */
	struct process first;
	struct oci_extras extras; /* spec.oci points to it */
	unsigned long personality; /* spec.process.personality points to it */
	struct strings env; /* owns spec.process.env after oci_add_environment() */
	struct listener listener; /* without its text and first, which oci_complete_spec() adds */
	json_t *json, *process; /* config.json and process.json, which own the texts of spec */
	const char *folder; /* the bundle's folder, to which paths in config.json are relative */
	char *annotations; /* as JSON; NULL: none */
	json_t *seccomp; /* the member linux.seccomp; NULL: none */
	struct resources resources;
	const char *slice, *unit; /* of scope_read(); NULL: cgroupsPath is not of systemd's form */
};

/* Reads TEXT, the config.json of the bundle in FOLDER, into BUNDLE, which keeps the pointer
 * FOLDER. */
int oci_read(struct bundle *bundle, const char *text, const char *folder);

/* Reads TEXT, the process.json of exec, in place of the process of config.json. NAME is the file's,
 * for messages. */
int oci_read_process(struct bundle *bundle, const char *text, const char *name);

/* Reads TEXT, the JSON of `update -r`, into RESOURCES. NAME is the file's, for messages. */
int oci_read_resources(struct resources *resources, const char *text, const char *name);

/* Reads the object PROCESS into TO, whose former contents are overwritten without being freed. */
int oci_process(struct process *to, const struct value *process);

/* Read the members "mounts" and "linux" of CONFIG into BUNDLE: oci-mounts.c, oci-linux.c. */
int oci_mounts(struct bundle *bundle, const struct value *config);
int oci_linux(struct bundle *bundle, const struct value *config);

/* Reads the object linux.resources into RESOURCES: oci-resources.c. */
int oci_resources(struct resources *resources, const struct value *object);

/* Checks the member "seccomp" of LINUX_PART, and notes it in BUNDLE: oci-seccomp.c. */
int oci_seccomp(struct bundle *bundle, const struct value *linux_part);

/* The names of the actions and operators of a filter that are supported, NULL-terminated. */
extern const char *const oci_seccomp_actions[], *const oci_seccomp_operators[];

/* Reads the members "uidMappings" and "gidMappings" of OBJECT into MAPS, whose arrays are
 * allocated. It is an error if OBJECT has only one of the two members: oci-namespaces.c. */
int oci_id_maps(const struct value *object, struct id_maps *maps);

/* Returns PATH if it is absolute; or else a new text, the path of PATH in the folder of BUNDLE.
 * NULL after fail(): oci-paths.c. */
const char *oci_absolute(const struct bundle *bundle, const char *path);

/* The names of the namespaces that are supported, NULL-terminated, and the CLONE_NEW* of each. */
extern const char *const oci_namespace_names[];
extern const unsigned long oci_namespace_types[];

/* Adds the names of all mount options to ARRAY, for `box-oci features`: oci-mounts.c. */
void oci_print_mount_options(json_t *array);

/* Reads the member "devices" of OBJECT, the object linux.resources (NULL: there is none), into
 * RESOURCES, and adds the rules that every container has: oci-resources.c. */
int oci_device_rules(struct resources *resources, const struct value *object);

/* Read parts of the object linux, PART, into the spec of BUNDLE, in this order: the namespaces, the
 * maps of the user namespace, the offsets of the time namespace: oci-namespaces.c. */
int oci_namespaces(struct bundle *bundle, const struct value *part);
int oci_user_maps(struct bundle *bundle, const struct value *part);
int oci_time_offsets(struct bundle *bundle, const struct value *part);

#endif
