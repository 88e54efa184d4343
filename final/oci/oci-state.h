/* oci-state.h: the containers of box-oci: folders ROOT/ID. */
#ifndef OCI_STATE_H
#define OCI_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "json.h"

enum { MAX_OCI_ID = 1024 };

/* What state.json says, and status, which is found out anew each time. */
struct oci {
	char id[MAX_OCI_ID + 1];
	const char *root;
	int dir; /* ROOT/ID */
	bool locked; /* by us */
	json_t *json; /* owns the texts */
	const char *bundle, *rootfs, *created, *cgroup, *version;
	const char *unit; /* of systemd, whose cgroup it is; NULL: none */
	const json_t *annotations;
	pid_t pid; /* 0: not yet */
	uint64_t start;
	bool own_pids; /* has a PID namespace of its own, which ends with its PID 1 */
	enum oci_status { OCI_CREATING, OCI_CREATED, OCI_RUNNING, OCI_PAUSED, OCI_STOPPED } status;
};
extern const char *const oci_status_names[];

/* Makes the folder of a new container, and locks it; and its two fifos. */
int oci_make(struct oci *oci, const char *root, const char *id);
int oci_make_gate(const struct oci *oci, int gate[2]);

/* Opens that of one that there is; with LOCK, no other command changes it meanwhile. */
int oci_open(struct oci *oci, const char *root, const char *id, bool lock);
void oci_close(struct oci *oci);
#define autooci __attribute__((cleanup(oci_close)))

/* Whether there is one. */
bool oci_exists(const char *root, const char *id);

/* Writes state.json, or another FILE, at once. */
int oci_write(struct oci *oci);
int oci_write_file(const struct oci *oci, const char *file, const char *text);

/* Looks what it does now. */
void oci_look(struct oci *oci);

/* Its state, as the specification has it, and as list has it. */
json_t *oci_state(const struct oci *oci);

/* A pidfd of its first process. */
int oci_pidfd(const struct oci *oci);

/* Lets its process go on to exec. */
int oci_open_gate(struct oci *oci);

/* The processes in its cgroup, and how many; -1 after fail(). */
ssize_t oci_pids(const struct oci *oci, pid_t **pids);

/* Removes its unit, and its folder. */
int oci_remove(struct oci *oci);

/* Calls EACH with all that there are, by their names' order. */
int oci_each(const char *root, int (*each)(struct oci *oci, void *data), void *data);

#endif
