#ifndef MIGRATE_STATE_REPAIR_H
#define MIGRATE_STATE_REPAIR_H

#include "state/state.h"

/*
 * job_repair: one row for each row of the target that a verification has made what it is on the
 * source, written in the transaction that did so.
 */
struct um_repair_record {
    uint64_t run;
    const struct um_position *at; /* of the source */
    const char *schema, *table;   /* of the target */
    const char *op, *key;
    const char *before, *after; /* of the target, as JSON; NULL: there was, or is, no row */
};
/* Begins a statement, or adds to one: "INSERT INTO … VALUES (…),(…)". */
void um_state_repair_statement(const struct um_config *config, const struct um_repair_record *r,
                               struct um_buf *sql);

/*
 * What lets a verification write: the target is at one position, and nothing is applied, for as
 * long as the job's owner is the one that it was, and, where that one is another process, as long
 * as it is asked to hold (follow/hold.h).
 */
struct um_repair_fence {
    uint64_t epoch;
    uint64_t ticket; /* in job_hold; 0: the job's owner is this process */
};
/* Inside the transaction, before it writes: whoever takes the job over, or goes on applying, waits
   for its end. UM_E_REPAIR_FENCED where one has done so already. */
int um_state_repair_fence(struct um_conn *c, const struct um_config *config,
                          const struct um_repair_fence *fence, struct um_err *err);

#endif
