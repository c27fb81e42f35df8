#ifndef MIGRATE_RECOPY_H
#define MIGRATE_RECOPY_H

#include "job/job.h"

/*
 * Tables that are copied once more, and tables that join: somebody has left an order in the state
 * (order.h), and the job takes it up, at once when it runs, else at its next start. What is copied
 * then has a later position than the rest, as after an interrupted copy, and by that the stream
 * passes over what the new copy has (apply/coverage.h).
 */

/* Are there orders that can be taken up? A verification that is under way reads the tables. */
bool um_recopy_is_due(const struct um_job *job);
/* The orders that job->data has become a copy that has to be made: UM_PHASE_COPY, unless there is
   no such table any more. The state is to be loaded again. */
int um_recopy_take(struct um_job *job, struct um_err *err);

#endif
