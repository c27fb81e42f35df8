#ifndef MIGRATE_APPLY_REMAINING_H
#define MIGRATE_APPLY_REMAINING_H

#include "apply/coverage.h"
#include "apply/schedule.h"

/* What the coverage rule leaves of a transaction (coverage.h), without rows that are deleted twice
   (gone.h): fills task->changes, which are the caller's to free also on failure, and task->count
   from task->txn. */
int um_remaining(const struct um_job *job, const struct um_coverage *coverage, struct um_task *task,
                 struct um_err *err);

#endif
