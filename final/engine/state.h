/* state.h: the containers that there are. */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "id.h"
#include "store.h"

/* A container's place on the disk: a folder of store->containers. */
struct place {
	char id[ID_LENGTH + 1];
	char *upper, *work; /* as the fields of struct spec */
	int dir; /* the folder; locked while the container lives, which the kernel ends with box */
};

/* Makes the place of a new container, with a new ID, and locks it. IMAGE (an ID, or "") cannot be
 * removed while it is there. NAME (or NULL) must be free. TEMPORARY: if box is killed, the next one
 * removes it. */
int place_make(struct store *store, const char *image, const char *name, bool temporary,
	struct place *place);

/* Opens the place ID. With LOCK it must not be running, and is locked then; what a killed box has
 * left of processes and cgroups is removed. */
int place_open(struct store *store, const char *id, bool lock, struct place *place);

/* Notes in its file "status" that a box has begun, or duly ended, a run of the container. Between
 * the two it says -1; if the place is not locked then, that box was killed. */
int place_begin(struct store *store, const struct place *place);
int place_end(struct store *store, const struct place *place, int status);

/* Removes it, its state, all that the container wrote, and what is left of its cgroup. */
int place_remove(struct store *store, struct place *place);
void place_close(struct place *place);

enum phase { PHASE_CREATED, PHASE_RUNNING, PHASE_EXITED };

/* What is known of a container: ROOT/ID.json. */
struct state {
	char id[ID_LENGTH + 1];
	char name[256]; /* "" for none */
	char *image, *command; /* to be read; not exact where they are not UTF-8 */
	enum phase phase;
	bool paused; /* as its cgroup says */
	int exit_status; /* when it has exited */
	pid_t pid; /* of its PID 1, while it runs */
	uint64_t pid_start; /* when that started, in clock ticks after boot: proc_pid_stat(5) */
	pid_t box; /* that runs it */
	uint64_t box_start;
	int64_t created; /* microseconds since 1970: two made in a second have an order */
	int64_t started, finished; /* seconds since 1970; 0: not yet */
};

/* Writes the file anew, or leaves the old one as it is. For who has the place's lock alone. */
int state_write(struct store *store, const struct state *state);

/* Reads it. A container whose box is dead, or that ran before the machine was started anew, has
 * exited, whatever the file says. */
int state_read(struct store *store, const char *id, struct state *state);
void state_free(struct state *state);

/* Notes PID, and this process as the box that runs it. */
int state_set_pid(struct state *state, pid_t pid);

/* A pidfd of the running container's PID 1; an error when it does not run, or PID is another's. */
int state_pidfd(const struct state *state);

/* The ID of the container with a NAME, an ID, or the first digits of one. errno is then
 * ENOENT when there is none, EINVAL when there are several. */
int state_find(struct store *store, const char *name, char id[ID_LENGTH + 1]);

/* Calls EACH with every container, the newest first; unless they may have ENDED, with those alone
 * that a box has to do with: to look at them takes no longer among a thousand others. */
int state_each(struct store *store, bool ended, int (*each)(struct store *, struct state *, void *),
	void *data);

/* Ends what box processes that were killed have left: their cgroups with all processes in them; and
 * removes the places of those started with --rm. Living ones stay. */
int sweep(struct store *store);

#endif
