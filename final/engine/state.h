/* state.h: the containers that exist: their folders, their locks, and what is known of them.
 * Functions that return an int return -1 after fail(). */
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
	char *upper, *work; /* what the fields of struct spec of these names are to be */
	/* The folder. The box that runs the container holds its lock, which the kernel releases
	 * when box ends, however that happens. */
	int dir;
};

/* Makes the place of a new container, with a new ID, and locks it. The image with the ID IMAGE (or
 * "") cannot be removed as long as the place exists. NAME (or NULL) must not be another
 * container's. If it is TEMPORARY and box is killed, the next box removes it. */
int place_make(struct store *store, const char *image, const char *name, bool temporary,
	struct place *place);

/* Opens the place ID. With LOCK it is locked, which is an error if the container runs; waits up to
 * 5 seconds for others to release the lock. If the box that ran the container was killed, what is
 * left of its processes and cgroups is removed. */
int place_open(struct store *store, const char *id, bool lock, struct place *place);

/* Note in the place's file "status" that box begins a run of the container, by -1, or that the run
 * has ended with the exit status STATUS. If the file says -1 and nobody has locked the place, the
 * box that ran the container was killed. */
int place_begin(struct store *store, const struct place *place);
int place_end(struct store *store, const struct place *place, int status);

/* Removes the place, which the caller has locked, with all that the container has written, its
 * state, and what is left of its cgroup. place_close() is still to be called. */
int place_remove(struct store *store, struct place *place);
void place_close(struct place *place);

/* How far a container has come. One that is paused is running, too. */
enum phase { PHASE_CREATED, PHASE_RUNNING, PHASE_EXITED };

/* What is known of a container: the file ID.json of store->state. state_free() releases it. */
struct state {
	char id[ID_LENGTH + 1];
	char name[256]; /* "" for none */
	char *image, *command; /* for people to read: what is not UTF-8 is replaced by '?' */
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
 * is an error; state_free() is to be called after it, too. */
int state_read(struct store *store, const char *id, struct state *state);
void state_free(struct state *state);

/* Puts into STATE that PID is the first process of the container, and that this process runs it. -1
 * if there is no process PID. */
int state_set_pid(struct state *state, pid_t pid);

/* Returns a pidfd of the container's first process, which the caller closes. It is an error if the
 * container does not run, or if its PID is another process's by now. */
int state_pidfd(const struct state *state);

/* Gives the ID of the container NAME: a name, an ID, or the first digits of an ID. -1 after fail(),
 * with an errno of ENOENT if there is none, and of EINVAL if there are several. */
int state_find(struct store *store, const char *name, char id[ID_LENGTH + 1]);

/* Calls EACH with DATA for the state of each container, the newest first, until EACH returns
 * another value than 0, which state_each() then returns. Without ENDED, only those containers count
 * that a box runs, or has left when it was killed: this takes no longer if there are a thousand
 * others. */
int state_each(struct store *store, bool ended, int (*each)(struct store *, struct state *, void *),
	void *data);

/* Cleans up after boxes that were killed: ends the processes of their containers, removes the
 * cgroups, notes how the containers ended, and removes those of --rm. Containers that run are left
 * alone. If the store is locked, another box may be doing this, and 0 is returned at once. */
int sweep(struct store *store);

#endif
