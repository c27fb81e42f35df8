#include "apply/apply.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apply/prepared.h"
#include "apply/run.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

struct um_apply {
    const struct um_job *job;
    struct um_coverage *coverage;
    struct um_conn *target;
    struct um_run run;                     /* changes that go into the next statement */
    struct um_prepared prepared;           /* what XA prepared */
    const struct um_job_table *last_table; /* of the last change: most come in rows of one table */

    bool open;           /* a target transaction is open */
    bool in_transaction; /* of the source: its last fragment has not come yet */
    uint64_t batch_changes, batch_transactions;
    struct um_state_progress committed; /* as in the progress row */
    struct um_position pushed;          /* all that was pushed, to the last whole transaction */
    int64_t pushed_commit_us, pushed_log_born;
    uint64_t committed_stamp, pushed_stamp; /* how many positions came by: does the row lag? */
};

struct um_apply *um_apply_new(const struct um_job *job, struct um_coverage *coverage,
                              const struct um_state_progress *from, struct um_err *err)
{
    struct um_apply *a = um_alloc(sizeof *a);
    a->job = job;
    a->coverage = coverage;
    a->committed = *from;
    a->committed.at = (struct um_position){0};
    um_position_copy(&a->committed.at, &from->at);
    um_position_copy(&a->pushed, &from->at);
    a->pushed_commit_us = from->commit_us;
    a->pushed_log_born = from->log_born;
    a->target = um_conn_open(&job->config->target, err);
    if (!a->target) {
        um_apply_delete(a);
        return NULL;
    }
    um_run_init(&a->run, a->target);
    a->prepared = (struct um_prepared){.job = job, .target = a->target};
    um_coverage_reached(coverage, &a->pushed);
    return a;
}

void um_apply_delete(struct um_apply *a)
{
    if (!a)
        return;
    um_run_clear(&a->run);
    um_conn_close(a->target);
    um_position_clear(&a->committed.at);
    um_position_clear(&a->pushed);
    free(a);
}

const struct um_state_progress *um_apply_progress(const struct um_apply *a)
{
    return &a->committed;
}

const struct um_position *um_apply_position(const struct um_apply *a)
{
    return &a->pushed;
}

/* ---- committing ---- */

static int commit(struct um_apply *a, struct um_err *err)
{
    struct um_state_progress next = a->committed;
    next.at = a->pushed; /* borrowed for the statement */
    next.log_born = a->pushed_log_born;
    next.transactions += a->batch_transactions;
    next.changes += a->batch_changes;
    next.commit_us = a->pushed_commit_us;
    if (um_state_put_progress(a->target, a->job->config, um_state_epoch(a->job->state), &next,
                              err) != 0 ||
        um_fault(UM_FAULT_APPLY_BEFORE_COMMIT, err) != 0)
        return -1;
    if (a->open && um_exec(a->target, err, "COMMIT") != 0)
        return -1;
    a->open = false;
    um_debug("Applied %" PRIu64 " transactions, %" PRIu64 " rows, up to %s:%" PRIu64 ".",
             a->batch_transactions, a->batch_changes, a->pushed.file, a->pushed.offset);
    um_progress_applied(a->job->progress, a->batch_transactions, a->batch_changes);
    a->batch_transactions = a->batch_changes = 0;

    um_position_clear(&a->committed.at);
    struct um_position at = {0};
    um_position_copy(&at, &a->pushed);
    a->committed = next;
    a->committed.at = at;
    a->committed_stamp = a->pushed_stamp;
    um_coverage_reached(a->coverage, &a->pushed);
    return um_fault(UM_FAULT_APPLY_AFTER_COMMIT, err);
}

int um_apply_flush(struct um_apply *a, struct um_err *err)
{
    if (a->in_transaction || !a->open)
        return 0;
    return commit(a, err);
}

int um_apply_alive(struct um_apply *a, struct um_err *err)
{
    if (a->in_transaction || a->open)
        return 0;
    if (a->pushed_stamp != a->committed_stamp)
        return commit(a, err);
    return um_state_put_alive(a->target, a->job->config, um_state_epoch(a->job->state), err);
}

/* ---- one transaction ---- */

static int begin(struct um_apply *a, struct um_err *err)
{
    if (a->open)
        return 0;
    if (um_exec(a->target, err, "START TRANSACTION") != 0)
        return -1;
    a->open = true;
    return 0;
}

static bool has_chunk_key(const struct um_job_table *t, const struct um_value *row)
{
    for (size_t i = 0; i < t->chunk_key.part_count; i++) {
        if (row[t->chunk_key.index->parts[i].column].kind == UM_V_ABSENT)
            return false;
    }
    return true;
}

static bool is_whole(const struct um_job_table *t, const struct um_value *row)
{
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (row[i].kind == UM_V_ABSENT && um_column_writable(&t->source->columns[i]))
            return false;
    }
    return true;
}

static int fail_image(const struct um_job_table *t, struct um_err *err)
{
    return um_fail(err, UM_E_APPLY_IMAGE,
                   "`%s`.`%s`: the row image lacks columns (binlog_row_image is not FULL in that "
                   "session), and the rows of this table were read at several positions",
                   t->source->schema, t->source->name);
}

/* Is the change of this row later than the row's chunk? */
static int is_later(const struct um_apply *a, const struct um_txn *txn,
                    const struct um_change *change, const struct um_value *row, bool *later,
                    struct um_err *err)
{
    const struct um_job_table *t = a->last_table;
    *later = false;
    if (!row)
        return 0;
    if (um_coverage_is_mixed(a->coverage, t) && !has_chunk_key(t, row))
        return fail_image(t, err);
    *later = um_coverage_applies(a->coverage, t, row, txn, change->offset);
    return 0;
}

/* What remains of a change under the coverage rule: 1, 0 when nothing does, -1. */
static int remaining(struct um_apply *a, const struct um_txn *txn, const struct um_change *change,
                     struct um_row_change *out, struct um_err *err)
{
    if (!a->last_table || a->last_table->source != change->table)
        a->last_table = um_job_find(a->job, change->table->schema, change->table->name);
    const struct um_job_table *t = a->last_table;
    UM_ASSERT(t);
    bool before, after;
    if (is_later(a, txn, change, change->before, &before, err) != 0 ||
        is_later(a, txn, change, change->after, &after, err) != 0)
        return -1;
    if (change->before && after && !before && !is_whole(t, change->after))
        return fail_image(t, err); /* an insert has to be of the whole row */
    *out = (struct um_row_change){.op = before && after ? UM_ROW_UPDATE
                                        : before        ? UM_ROW_DELETE
                                                        : UM_ROW_INSERT,
                                  .table = t,
                                  .before = before ? change->before : NULL,
                                  .after = after ? change->after : NULL,
                                  .flags = change->flags,
                                  .offset = change->offset};
    return before || after;
}

static int apply_changes(struct um_apply *a, struct um_txn *txn, struct um_err *err)
{
    for (size_t i = 0; i < txn->change_count; i++) {
        struct um_row_change change;
        int some = remaining(a, txn, &txn->changes[i], &change, err);
        if (some < 0)
            return -1;
        if (some == 0)
            continue;
        if (begin(a, err) != 0 || um_run_add(&a->run, &change, err) != 0 ||
            um_fault(UM_FAULT_APPLY_MID_TRANSACTION, err) != 0)
            return -1;
        a->batch_changes++;
    }
    return um_run_execute(&a->run, err);
}

/* What was prepared under the XID is applied where its commit stands. */
static int apply_prepared(struct um_apply *a, const struct um_txn *txn, struct um_err *err)
{
    struct um_prepared_reader reader = {.prepared = &a->prepared, .at = txn};
    struct um_txn *part;
    int result = um_prepared_next(&reader, &part, err);
    while (result == 0 && part) {
        result = apply_changes(a, part, err);
        um_txn_delete(part);
        if (result == 0)
            result = um_prepared_next(&reader, &part, err);
    }
    um_buf_free(&reader.bytes);
    return result == 0 ? um_prepared_forget(&a->prepared, txn->xid, err) : -1;
}

static int apply_fragment(struct um_apply *a, struct um_txn *txn, struct um_err *err)
{
    if (txn->kind == UM_TXN_ROWS)
        return apply_changes(a, txn, err);
    if (begin(a, err) != 0)
        return -1;
    switch (txn->kind) {
    case UM_TXN_XA_PREPARE:
        return um_prepared_keep(&a->prepared, txn, err);
    case UM_TXN_XA_COMMIT:
        return apply_prepared(a, txn, err);
    case UM_TXN_XA_ROLLBACK:
        return um_prepared_forget(&a->prepared, txn->xid, err);
    default:
        UM_BUG("a fragment of unknown kind");
    }
}

static void move_position(struct um_apply *a, const struct um_txn *txn)
{
    if (txn->log_born || strcmp(a->pushed.file, txn->file) != 0)
        a->pushed_log_born = txn->log_born;
    snprintf(a->pushed.file, sizeof a->pushed.file, "%s", txn->file);
    a->pushed.offset = txn->end_offset;
    if (txn->gtid.kind != UM_GTID_NONE) {
        if (!a->pushed.gtids)
            a->pushed.gtids = um_gtid_set_new(txn->gtid.kind);
        um_gtid_set_add(a->pushed.gtids, &txn->gtid);
    }
    if (txn->commit_us)
        a->pushed_commit_us = txn->commit_us;
    a->pushed_stamp++;
}

static int refuse_ddl(struct um_apply *a, const struct um_txn *txn, struct um_err *err)
{
    if (um_apply_flush(a, err) != 0)
        return -1;
    return um_fail(err, UM_E_FOLLOW_DDL,
                   "at %s:%" PRIu64 " the source ran a statement that this version does not "
                   "follow: %.300s",
                   txn->file, txn->end_offset, txn->statement);
}

int um_apply_push(struct um_apply *a, struct um_txn *txn, struct um_err *err)
{
    if (txn->kind == UM_TXN_DDL) {
        int result = refuse_ddl(a, txn, err);
        um_txn_delete(txn);
        return result;
    }
    int result = apply_fragment(a, txn, err);
    if (result != 0 && !um_err_is_lost(err) && err->id != UM_E_STOPPED)
        um_fail_in(err, "at %s:%" PRIu64, txn->file, a->run.failed_offset);
    if (result == 0) {
        a->in_transaction = !txn->last;
        if (txn->last) {
            move_position(a, txn);
            if (um_txn_writes(txn))
                a->batch_transactions++;
        }
    }
    um_txn_delete(txn);
    if (result == 0 && !a->in_transaction && a->batch_changes >= a->job->config->apply.batch_rows)
        result = um_apply_flush(a, err);
    return result;
}
