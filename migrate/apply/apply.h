#ifndef MIGRATE_APPLY_APPLY_H
#define MIGRATE_APPLY_APPLY_H

#include "apply/coverage.h"
#include "apply/times.h"
#include "change/change.h"
#include "job/job.h"

/*
 * The applier: transactions of the source go in, in the source's order; workers commit them on the
 * target together with rows that record them, so each is applied exactly once. A source
 * transaction is applied whole, by one worker; several may share one target transaction.
 *
 *   push ─► remaining (what the copy has not) ─► touch (what is touched) ─► schedule
 *        ─► worker ─► fold ─► run, statement ─► COMMIT ─► mark (up to where all is committed)
 *
 * Strict: a row that is not there, a duplicate key, a warning stop with table, key and position.
 *
 * One thread calls all of this.
 */
struct um_apply;

/* Connects. `from` is the progress as recorded; everything after it will be pushed. `times` is
   added to until um_apply_delete returns. */
struct um_apply *um_apply_new(const struct um_job *job, struct um_coverage *coverage,
                              const struct um_state_progress *from, struct um_times *times,
                              struct um_err *err);
/* Waits for what the workers are at, and rolls back what is not committed. */
void um_apply_delete(struct um_apply *a);

/* `finished` is called by worker threads, until um_apply_delete returns, when there is something
   for um_apply_kick to do. Before anything is pushed. */
void um_apply_notify(struct um_apply *a, void (*finished)(void *context), void *context);

/* Takes the fragment over, and waits while too much is under way. It is durable only after a flush,
   or when the progress has passed it. Not for UM_TXN_DDL, which is run by itself, unless it may be
   passed over. */
int um_apply_push(struct um_apply *a, struct um_txn *txn, struct um_err *err);
/* The transaction, which is not pushed, is carried out by somebody else meanwhile: until the end
   the progress stays in front of it. What is pushed with ->set_aside, and whatever touches the same
   after it, is left to whoever comes after that. Before anything is pushed; not in source order. */
void um_apply_set_aside(struct um_apply *a, const struct um_txn *txn);
/* So much is ahead of the progress that no more should be pushed. */
bool um_apply_is_far_ahead(const struct um_apply *a);
/* Somebody permitted to pass over this transaction, or over rows of it. */
bool um_apply_may_pass_over(const struct um_apply *a, const struct um_txn *txn);
/* Nothing more is there to push for now: what waits is given to workers, however little it is. */
int um_apply_kick(struct um_apply *a, struct um_err *err);
/* Commits everything that was pushed and not left, and records it; a transaction of which the last
   fragment has not come yet stays open. */
int um_apply_flush(struct um_apply *a, struct um_err *err);
/* After a flush: the progress as it will be behind a transaction that is not pushed. Owned by the
   caller. */
void um_apply_after(const struct um_apply *a, const struct um_txn *txn,
                    struct um_state_progress *out);
/* Is there more to come of the transaction that was pushed last? */
bool um_apply_is_in_parts(const struct um_apply *a);
/* Something was pushed that is not committed. */
bool um_apply_busy(const struct um_apply *a);
/* Up to where everything is committed. */
const struct um_state_progress *um_apply_progress(const struct um_apply *a);
/* … and the state has it. */
bool um_apply_is_recorded(const struct um_apply *a);
/* What is pushed: ahead of the progress until the next flush. */
const struct um_position *um_apply_position(const struct um_apply *a);
/* Tells the state that the job is alive, and records positions that moved without changes. */
int um_apply_alive(struct um_apply *a, struct um_err *err);

#endif
