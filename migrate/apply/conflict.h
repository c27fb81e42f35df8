#ifndef MIGRATE_APPLY_CONFLICT_H
#define MIGRATE_APPLY_CONFLICT_H

#include "apply/statement.h"
#include "state/skip.h"

struct um_run;

/*
 * What becomes of a row change that meets other rows on the target than the source had: a row that
 * is not there, or one that is in the way. The table's policy (apply.on_conflict) says; what is
 * overwritten or left out is recorded in job_conflict, in the same transaction of the target.
 *
 * Only row by row: a run of several rows, or a batch, is tried without this first.
 */

/* What the workers share: which tables have been warned of. Threads may use it at once. */
struct um_conflicts;
struct um_conflicts *um_conflicts_new(const struct um_job *job);
void um_conflicts_delete(struct um_conflicts *s);

/* `err` is what the change met. 0: settled as the policy says; -1: the job has to stop, by `err` as
   it was or as it is now. */
int um_conflict_settle(struct um_run *r, const struct um_row_change *c, struct um_err *err);
/* Leaves the change out, because somebody permitted it (state/skip.h), and records it. */
int um_conflict_pass_over(struct um_run *r, const struct um_row_change *c,
                          const struct um_permission *permission, struct um_err *err);
/* The same for what of a transaction is no row change: its statement, if there is one. */
int um_conflict_pass_over_rest(struct um_run *r, const struct um_permission *permission,
                               struct um_err *err);

#endif
