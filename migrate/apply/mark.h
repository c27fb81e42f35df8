#ifndef MIGRATE_APPLY_MARK_H
#define MIGRATE_APPLY_MARK_H

#include "change/change.h"
#include "state/applied.h"

/*
 * The low-water mark: transactions come in the source's order and are committed in any; the mark
 * stands behind the last one before which all are. One thread.
 */
struct um_mark;

struct um_mark *um_mark_new(const struct um_state_progress *from,
                            struct um_applied_left *left); /* takes `left` over */
void um_mark_delete(struct um_mark *m);

/* The next transaction of the stream. Returns its number, from 0 on. */
uint64_t um_mark_push(struct um_mark *m, const struct um_txn *last_fragment);
/* The batch recorded this transaction: to be said before it is done. */
void um_mark_count(struct um_mark *m, uint64_t batch, uint64_t number, uint64_t changes);
/* Committed, or there was nothing to commit. */
void um_mark_done(struct um_mark *m, uint64_t number);
/* An earlier run has applied it. */
bool um_mark_knows(const struct um_mark *m, const struct um_txn *txn);

/* The mark as it will be behind the next transaction, which records it by itself: everything before
   is folded. Owned by the caller. */
void um_mark_after(const struct um_mark *m, const struct um_txn *txn, uint64_t changes,
                   struct um_state_progress *out);
void um_mark_passed(struct um_mark *m, const struct um_txn *txn, uint64_t changes);

const struct um_state_progress *um_mark_progress(const struct um_mark *m);
/* Everything that was pushed, committed or not. */
const struct um_position *um_mark_pushed(const struct um_mark *m);
size_t um_mark_ahead(const struct um_mark *m);    /* transactions pushed that it has not passed */
bool um_mark_moved(const struct um_mark *m);      /* since the last fold */
size_t um_mark_foldable(const struct um_mark *m); /* batches that the mark has passed */
/* Records the mark in the state. */
int um_mark_fold(struct um_mark *m, struct um_conn *c, const struct um_config *config,
                 uint64_t epoch, struct um_err *err);

#endif
