/* oci-state.h: the containers of box-oci, each with a folder ROOT/ID. Functions that return an int
 * return 0, or -1 after fail(), unless their comment says more. */
#ifndef OCI_STATE_H
#define OCI_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "json.h"

enum { MAX_OCI_ID = 1024 };

/* A container: what its state.json says, and its status, which is not in the file
 * (see oci_look()). */
struct oci {
	char id[MAX_OCI_ID + 1];
	const char *root; /* the folder of all containers */
	int dir; /* the container's folder ROOT/ID */
	bool locked; /* by oci_open() */
	json_t *json; /* state.json, which owns the texts below after oci_open() */
	const char *bundle, *rootfs, *created, *cgroup, *version;
	const char *unit; /* the name of systemd's scope for the cgroup; NULL: none */
	const json_t *annotations; /* of config.json, or NULL */
	pid_t pid; /* of the first process; 0: it is not there yet */
	uint64_t start; /* the start_time() of that process; 0: the machine was restarted since */
	bool own_pids; /* it has a new PID namespace, whose processes all end with the first one */
	enum oci_status { OCI_CREATING, OCI_CREATED, OCI_RUNNING, OCI_PAUSED, OCI_STOPPED } status;
};

/* The name of each status, as the specification has it. */
extern const char *const oci_status_names[];

/* The folder of all containers, unless --root or XDG_RUNTIME_DIR says otherwise. */
extern const char oci_system_root[];

/* oci_make() makes the folder of a new container ID, and locks it until OCI is closed; it is an
 * error if there is such a container. oci_make_gate() makes the two fifos of struct oci_extras'
 * gate in the folder, and opens them; the caller closes them. */
int oci_make(struct oci *oci, const char *root, const char *id);
int oci_make_gate(const struct oci *oci, int gate[2]);

/* Opens the container ID, and looks for its status. With LOCK, waits for its lock, so that no other
 * command changes the container until oci_close(), which is to be called after an error, too. */
int oci_open(struct oci *oci, const char *root, const char *id, bool lock);
void oci_close(struct oci *oci);
#define autooci __attribute__((cleanup(oci_close)))

/* Whether ROOT has a container ID. */
bool oci_exists(const char *root, const char *id);

/* oci_write() writes state.json, and oci_write_file() TEXT into FILE, in the container's folder. A
 * reader sees either all of the new file or the old file. */
int oci_write(struct oci *oci);
int oci_write_file(const struct oci *oci, const char *file, const char *text);

/* Finds out the present status of the container, and sets oci->status to it. */
void oci_look(struct oci *oci);

/* Returns the state as JSON, which the caller releases: what the specification says (runtime.md,
 * "State"), and what `list` prints besides. NULL if memory is short. */
json_t *oci_state(const struct oci *oci);

/* Returns a pidfd of the first process, which the caller closes. It is an error if that process has
 * ended. */
int oci_pidfd(const struct oci *oci);

/* Lets the process that waits at the gate go on, and waits until the process has executed its
 * program. If it cannot do so, its error is noted, and -1 is returned. */
int oci_open_gate(struct oci *oci);

/* Sets *PIDS to the PIDs of the processes in the container's cgroup, or without a cgroup, in its
 * own PID namespace. The caller frees *PIDS. Returns how many there are, or -1 after fail(). */
ssize_t oci_pids(const struct oci *oci, pid_t **pids);

/* Stops the container's unit, if it has one, and removes its folder. It is an error if the folder
 * has files that box-oci does not make. The caller still calls oci_close(). */
int oci_remove(struct oci *oci);

/* Calls EACH with DATA for each container in ROOT, in the order of their IDs, until EACH returns
 * -1, which oci_each() then returns. Containers that cannot be opened are left out. */
int oci_each(const char *root, int (*each)(struct oci *oci, void *data), void *data);

#endif
