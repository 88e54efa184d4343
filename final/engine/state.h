/* state.h: the containers that exist: their folders, their locks, and their states. Functions that
 * return an int return 0, or -1 after fail(), unless their comment says more. */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "id.h"
#include "store.h"

/* A container's place on the disk: the folder ID of store->containers. place_close() releases
 * it. */
struct place {
	char id[ID_LENGTH + 1];
	char *upper, *work; /* for the fields of these names in struct root */
	/* The folder. The box that runs the container holds the folder's lock (flock(2)), which the
	 * kernel releases when that box ends, even by SIGKILL. */
	int dir;
};

/* Makes the place of a new container, with a new ID, and locks it. The image with the ID IMAGE (or
 * "") cannot be removed as long as the place exists. It is an error if another container has the
 * name NAME (or NULL). If the place is TEMPORARY, and box is killed, the next box removes the
 * place. */
int place_make(struct store *store, const char *image, const char *name, bool temporary,
	struct place *place);

/* Opens the place ID. With LOCK the place is locked, which is an error if the container runs;
 * place_open() waits up to 5 seconds until others release the lock. If the box that ran the
 * container was killed, its remaining processes and cgroups are removed. */
int place_open(struct store *store, const char *id, bool lock, struct place *place);

/* place_begin() writes -1 into the place's file "status": box begins a run of the container.
 * place_end() writes the exit status STATUS of that run. If the file says -1, and no process has
 * locked the place, the box that ran the container was killed. */
int place_begin(struct store *store, const struct place *place);
int place_end(struct store *store, const struct place *place, int status);

/* Removes the place, which the caller has locked, with all files of the container, its state, and
 * its cgroup if that still exists. The caller still calls place_close(). */
int place_remove(struct store *store, struct place *place);
void place_close(struct place *place);

/* How far a container has come. A container that is paused is in PHASE_RUNNING. */
enum phase { PHASE_CREATED, PHASE_RUNNING, PHASE_EXITED };

/* What is known of a container: the file ID.json of store->state. state_free() releases it. */
struct state {
	char id[ID_LENGTH + 1];
	char name[256]; /* "" for none */
	char *image, *command; /* for people to read: '?' replaces what is not UTF-8 */
	enum phase phase;
	bool paused; /* as its cgroup says */
	int exit_status; /* in PHASE_EXITED */
	pid_t pid; /* of its first process on the host, while it runs; else 0 */
	uint64_t pid_start; /* the start_time() of that process */
	pid_t box; /* the box that runs it */
	uint64_t box_start; /* the start_time() of that box */
	int64_t created; /* microseconds since 1970: several may be made in one second */
	int64_t started, finished; /* seconds since 1970; 0: not yet */
};

/* Writes STATE to its file; after an error the old file is still there. The caller must have locked
 * the container's place. */
int state_write(struct store *store, const struct state *state);

/* Reads the state of the container ID, whose place exists. A container whose box is dead, or that
 * ran before the machine was restarted, has exited, whatever the file says. Only a lack of memory
 * is an error; the caller calls state_free() after it, too. */
int state_read(struct store *store, const char *id, struct state *state);
void state_free(struct state *state);

/* Notes in STATE that PID is the first process of the container, and the calling process the box
 * that runs it. Returns 0, or -1 if there is no process PID. */
int state_set_pid(struct state *state, pid_t pid);

/* Returns a pidfd of the container's first process, which the caller closes. It is an error if the
 * container does not run, or if another process has its PID by now. */
int state_pidfd(const struct state *state);

/* Sets ID to the ID of the container NAME: a name, an ID, or the first digits of an ID. Returns 0;
 * or -1 after fail(), with errno set to ENOENT if there is no such container, or to EINVAL if there
 * are several. */
int state_find(struct store *store, const char *name, char id[ID_LENGTH + 1]);

/* Calls EACH with DATA for the state of each container, the newest first, until EACH returns a
 * value other than 0, which state_each() then returns. Without ENDED, EACH gets only containers
 * that a box runs, or was running when it was killed: this takes no longer if there are a thousand
 * others. */
int state_each(struct store *store, bool ended, int (*each)(struct store *, struct state *, void *),
	void *data);

/* Cleans up after boxes that were killed: ends the processes of their containers, removes the
 * cgroups, notes how the containers ended, and removes those of --rm. Running containers are left
 * alone. If the store is locked, another box may be cleaning up, and sweep() returns 0 at once. */
int sweep(struct store *store);

#endif
