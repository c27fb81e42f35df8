#ifndef MIGRATE_COPY_RESTART_H
#define MIGRATE_COPY_RESTART_H

#include "job/job.h"

/*
 * After an interrupted copy: which tables go on from their manifest, and which begin anew because
 * all their rows have to be of one snapshot. Those are emptied, whole units at a time.
 */
int um_copy_begin_anew(struct um_job *job, struct um_err *err);

#endif
