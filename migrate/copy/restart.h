#ifndef MIGRATE_COPY_RESTART_H
#define MIGRATE_COPY_RESTART_H

#include "job/job.h"

/*
 * After an interrupted copy: which tables go on from their manifest, and which begin anew because
 * all their rows have to be of one snapshot. Those are emptied, whole units at a time.
 */
int um_copy_begin_anew(struct um_job *job, struct um_err *err);

/*
 * The same behind a new snapshot for tables some chunks of which are there, and whose rows the
 * snapshot before holds no more: they were truncated or rebuilt in between, which shows in no
 * definition. `before` is inside that one, or lost, or NULL: then nothing is known, and the stream
 * will stop at such a statement.
 */
int um_copy_begin_rebuilt_anew(struct um_job *job, struct um_conn *before, struct um_err *err);

#endif
