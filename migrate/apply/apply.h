#ifndef MIGRATE_APPLY_APPLY_H
#define MIGRATE_APPLY_APPLY_H

#include "apply/coverage.h"
#include "change/change.h"
#include "job/job.h"

/*
 * The applier: transactions of the source go in, in the source's order; they are committed on the
 * target together with the progress row, so each is applied exactly once. A source transaction is
 * applied whole, by one worker; several may share one target transaction.
 *
 * Strict: a row that is not there, a duplicate key, a warning stop with table, key and position.
 *
 * One thread pushes and flushes.
 */
struct um_apply;

/* Connects. `from` is the progress as recorded; everything after it will be pushed. */
struct um_apply *um_apply_new(const struct um_job *job, struct um_coverage *coverage,
                              const struct um_state_progress *from, struct um_err *err);
/* Rolls back what is not committed. */
void um_apply_delete(struct um_apply *a);

/* Takes the fragment over. It is durable only after a flush, or after a commit of the applier's
   own choice. UM_TXN_DDL is refused with UM_E_FOLLOW_DDL once all before it is committed. */
int um_apply_push(struct um_apply *a, struct um_txn *txn, struct um_err *err);
/* Commits everything that was pushed; a transaction of which the last fragment has not come yet
   stays open. */
int um_apply_flush(struct um_apply *a, struct um_err *err);
/* What is committed. */
const struct um_state_progress *um_apply_progress(const struct um_apply *a);
/* What is pushed: ahead of the progress until the next flush. */
const struct um_position *um_apply_position(const struct um_apply *a);
/* Tells the state that the job is alive, and records positions that moved without changes. */
int um_apply_alive(struct um_apply *a, struct um_err *err);

#endif
