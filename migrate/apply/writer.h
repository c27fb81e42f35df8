#ifndef MIGRATE_APPLY_WRITER_H
#define MIGRATE_APPLY_WRITER_H

#include "apply/fold.h"
#include "apply/prepared.h"
#include "apply/run.h"
#include "apply/write.h"

/* What write.c and parts.c share: a worker's session, and pieces of a transaction on it. */
struct um_writer {
    const struct um_worker_setup *setup;
    struct um_gate *gate;
    struct um_conn *target;
    struct um_run run;
    struct um_fold fold;
    struct um_prepared prepared;
    int64_t turn_us; /* waited so far */
    int64_t next_warning;
    uint64_t next_batch; /* the workers' numbers lie between each other's */
    bool open;           /* parts of a transaction are written, and more will come */
};

int um_writer_begin(struct um_writer *w, struct um_err *err);
/* All of them, one statement after the other. */
int um_writer_changes(struct um_writer *w, const struct um_row_change *changes, size_t count,
                      struct um_err *err);
int um_writer_commit(struct um_writer *w, struct um_err *err);
void um_writer_rollback(struct um_writer *w);
/* Says where it failed, and keeps what stopped the job. -1. */
int um_writer_fail_at(const struct um_writer *w, struct um_batch *b, const struct um_txn *txn,
                      struct um_err *err);

/* ---- parts.c ---- */

/* A fragment of a transaction that does not fit a batch, or XA: the target is its alone. */
int um_writer_part(struct um_writer *w, struct um_batch *b, struct um_err *err);

#endif
