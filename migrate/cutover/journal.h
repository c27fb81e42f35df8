#ifndef MIGRATE_CUTOVER_JOURNAL_H
#define MIGRATE_CUTOVER_JOURNAL_H

#include "state/state.h"

/*
 * The journal of a cutover (docs/cutover-states.md): the row of job_cutover on the job's target,
 * and for those who cannot reach that one any more, a line in a local file. What is about to be
 * done is in both before it is done. Only the session that holds the job's lock writes it.
 */
enum um_cutover_state {
    UM_CUTOVER_IDLE,
    UM_CUTOVER_FENCING,
    UM_CUTOVER_SWITCHING,
    UM_CUTOVER_OPENING,
    UM_CUTOVER_DONE,
    UM_CUTOVER_RETREATING,
};
const char *um_cutover_state_name(enum um_cutover_state state);

struct um_cutover {
    bool exists;
    /* Of all cutovers of the job, there and back: the one with the highest term is the last. */
    uint64_t term;
    enum um_cutover_state state;
    bool hook_called;          /* it has to be told of a retreat */
    struct um_strv lift, open; /* statements: open the source again; open the target */
    struct um_position final;  /* of the source; no file: not known yet */
};
void um_cutover_clear(struct um_cutover *c);

/* The journal of the job's own direction, on a connection to its target (or of the way back, with
   the reversed configuration, on one to its source). Absent tables are an absent journal. */
int um_cutover_read(struct um_conn *c, const struct um_config *config, struct um_cutover *out,
                    struct um_err *err);

struct um_journal {
    struct um_state *state; /* not owned */
    char *path;             /* of the local file */
    int fd;
    bool local_failed; /* said once */
};

/* Opens the local file, to append to it. */
int um_journal_open(struct um_journal *j, struct um_state *state, struct um_err *err);
void um_journal_close(struct um_journal *j);
/* All of it, durably. -1: it may be there all the same, if the connection was lost. */
int um_journal_write(struct um_journal *j, const struct um_cutover *now, struct um_err *err);
/* A step's "begin", "end" or "failed", in job_cutover_step and the file. */
int um_journal_step(struct um_journal *j, uint64_t term, const char *step, const char *event,
                    const char *detail, struct um_err *err);

#endif
