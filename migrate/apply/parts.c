#include <inttypes.h>
#include <stdlib.h>

#include "apply/remaining.h"
#include "apply/writer.h"
#include "base/fault.h"
#include "state/applied.h"

/* Transactions that come in fragments: one transaction of the target, however many these are. */

/* Folded and in large packets, as a batch is. */
static int try_folded(struct um_writer *w, const struct um_task *t, struct um_err *err)
{
    struct um_buf savepoint = {0};
    um_buf_str(&savepoint, "SAVEPOINT part");
    um_run_together(&w->run, true);
    int result = um_run_say(&w->run, &savepoint, err);
    um_buf_free(&savepoint);
    if (result == 0) {
        um_fold_tasks(&w->fold, w->setup->toucher, t, false);
        result = um_writer_changes(w, w->fold.changes, w->fold.count, err);
    }
    if (result == 0)
        result = um_run_flush(&w->run, err);
    um_run_together(&w->run, false);
    return result;
}

/*
 * On a surprise this fragment alone is taken back and written row by row, which settles conflicts
 * and names the culprit. A permission counts the rows of the source, so with one it is so at once.
 */
static int write_rows(struct um_writer *w, const struct um_task *t, struct um_err *err)
{
    uint64_t rows = w->run.rows;
    bool folded = !t->skip;
    while (folded) {
        if (try_folded(w, t, err) == 0) {
            w->run.rows = rows + t->count;
            return um_run_checks(&w->run, 0, err);
        }
        if (!w->run.warned && !w->run.surprised)
            return -1;
        folded = w->run.warned;
        um_err_clear(err);
        if (um_run_rollback_to(&w->run, "part", err) != 0)
            return -1;
    }
    w->run.rows = rows;
    return um_writer_changes(w, t->changes, t->count, err);
}

/* What was prepared under the XID is applied where its commit stands. */
static int write_prepared(struct um_writer *w, struct um_batch *b, struct um_err *err)
{
    const struct um_txn *txn = b->tasks->txn;
    struct um_prepared_reader reader = {.prepared = &w->prepared, .at = txn};
    struct um_txn *kept;
    int result = um_prepared_next(&reader, &kept, err);
    while (result == 0 && kept) {
        struct um_task task = {.txn = kept, .skip = b->tasks->skip};
        result = um_remaining(w->setup->job, w->setup->coverage, &task, err);
        if (result == 0)
            result = write_rows(w, &task, err);
        b->changes += task.count;
        free(task.changes);
        um_txn_delete(kept);
        if (result == 0)
            result = um_prepared_next(&reader, &kept, err);
    }
    um_buf_free(&reader.bytes);
    return result == 0 ? um_prepared_forget(&w->prepared, txn->xid, err) : -1;
}

/* What is passed over whole: its rows are recorded one by one, what else it is at its end. */
static int pass_over(struct um_writer *w, struct um_batch *b, const struct um_permission *whole,
                     struct um_err *err)
{
    const struct um_task *t = b->tasks;
    int result = t->txn->kind == UM_TXN_XA_COMMIT ? write_prepared(w, b, err)
                                                  : um_writer_changes(w, t->changes, t->count, err);
    if (result == 0 && b->mark && !w->run.rows)
        result = um_conflict_pass_over_rest(&w->run, whole, err);
    b->changes = 0;
    return result;
}

static int write_fragment(struct um_writer *w, struct um_batch *b, struct um_err *err)
{
    const struct um_task *t = b->tasks;
    const struct um_permission *whole = t->skip ? um_skip_find(t->skip, 0) : NULL;
    if (whole)
        return pass_over(w, b, whole, err);
    switch (t->txn->kind) {
    case UM_TXN_ROWS:
        b->changes = t->count;
        return write_rows(w, t, err);
    case UM_TXN_XA_PREPARE:
        return um_prepared_keep(&w->prepared, t->txn, err);
    case UM_TXN_XA_COMMIT:
        return write_prepared(w, b, err);
    case UM_TXN_XA_ROLLBACK:
        return um_prepared_forget(&w->prepared, t->txn->xid, err);
    case UM_TXN_DDL:
        break;
    }
    UM_BUG("a fragment of another kind");
}

static int try_part(struct um_writer *w, struct um_batch *b, struct um_err *err)
{
    const struct um_job *job = w->setup->job;
    const struct um_task *t = b->tasks;
    w->run.failed_offset = 0;
    w->run.failed.table = NULL;
    w->run.txn = t->txn;
    if (!w->open)
        um_run_begin(&w->run, t->txn, t->skip);
    if (!w->open && um_writer_begin(w, err) != 0)
        return -1;
    w->open = true;
    if (write_fragment(w, b, err) != 0)
        return -1;
    if (!b->mark)
        return 0;
    if (t->skip && (um_state_consume_skip(w->target, job->config, t->skip, err) != 0 ||
                    um_fault(UM_FAULT_APPLY_PASSED_OVER, err) != 0))
        return -1;
    struct um_state_progress mark = *b->mark;
    mark.changes += b->changes;
    if (um_state_put_progress(w->target, job->config, um_state_epoch(job->state), &mark, err) !=
            0 ||
        um_writer_commit(w, err) != 0)
        return -1;
    w->open = false;
    b->tasks->batch = UINT64_MAX; /* recorded by the mark */
    return um_fault(UM_FAULT_APPLY_AFTER_COMMIT, err);
}

int um_writer_part(struct um_writer *w, struct um_batch *b, struct um_err *err)
{
    if (try_part(w, b, err) == 0)
        return 0;
    um_writer_rollback(w);
    return um_writer_fail_at(w, b, b->tasks->txn, err);
}
