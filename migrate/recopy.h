#ifndef MIGRATE_RECOPY_H
#define MIGRATE_RECOPY_H

#include "job/job.h"

/*
 * Tables that are copied once more: `unmoor ctl recopy` leaves an order in the state, and the job
 * takes it up, at once when it runs, else at its next start. What is copied then has a later
 * position than the rest, as after an interrupted copy, and by that the stream passes over what
 * the new copy has (apply/coverage.h).
 */

struct um_recopy {
    struct um_strv tables; /* "schema.name", as ordered */
    struct um_strv along;  /* that have to be copied with them (copy/along.h) */
    bool running;          /* the job is */
};
/* Changes nothing but the orders; UM_E_ORDER_TABLE, UM_E_ORDER_CHILD, UM_E_PLAN_BLOCKED … where
   they cannot be carried out. */
int um_recopy_order(const struct um_config *config, const struct um_strv *names,
                    struct um_recopy *out, struct um_err *err);
void um_recopy_clear(struct um_recopy *r);

/* Are there orders that can be taken up? A verification that is under way reads the tables. */
bool um_recopy_is_due(const struct um_job *job);
/* The orders that job->data has become a copy that has to be made: UM_PHASE_COPY, unless there is
   no such table any more. The state is to be loaded again. */
int um_recopy_take(struct um_job *job, struct um_err *err);

#endif
