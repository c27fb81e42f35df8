#include <inttypes.h>
#include <stdlib.h>

#include "apply/patience.h"
#include "apply/writer.h"
#include "base/clock.h"
#include "base/fault.h"
#include "state/applied.h"

/* Without locks on the gaps between rows, which only get workers into each other's way. A server
   that logs statements does not allow that. */
static int set_isolation(struct um_conn *c, struct um_err *err)
{
    uint64_t statements = 0;
    if (um_query_uint(c, &statements, err,
                      "SELECT @@log_bin AND @@sql_log_bin AND @@binlog_format='STATEMENT'") != 0)
        return -1;
    return um_exec(c, err, "SET SESSION TRANSACTION ISOLATION LEVEL %s",
                   statements ? "REPEATABLE READ" : "READ COMMITTED");
}

/* Whoever is in the way of a batch may itself wait for that batch, at the gate: it learns of that
   only when the batch asks for room. */
static int set_patience(struct um_conn *c, bool in_order, struct um_err *err)
{
    return in_order ? um_exec(c, err, "SET SESSION innodb_lock_wait_timeout=1") : 0;
}

struct um_writer *um_writer_new(const struct um_worker_setup *setup, struct um_gate *gate,
                                unsigned number, struct um_err *err)
{
    struct um_writer *w = um_alloc(sizeof *w);
    w->setup = setup;
    w->gate = gate;
    w->next_batch = setup->next_batch + number;
    w->target = um_conn_open(&setup->job->config->target, err);
    if (!w->target || um_multi_allow(w->target, err) != 0 || set_isolation(w->target, err) != 0 ||
        set_patience(w->target, setup->in_order, err) != 0) {
        um_writer_delete(w);
        return NULL;
    }
    um_run_init(&w->run, w->target, setup->conflicts);
    w->prepared =
        (struct um_prepared){.job = setup->job, .coverage = setup->coverage, .target = w->target};
    return w;
}

void um_writer_delete(struct um_writer *w)
{
    if (!w)
        return;
    um_run_clear(&w->run);
    um_fold_free(&w->fold);
    um_conn_close(w->target);
    free(w);
}

/* ---- pieces of a transaction ---- */

int um_writer_changes(struct um_writer *w, const struct um_row_change *changes, size_t count,
                      struct um_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (um_run_add(&w->run, &changes[i], err) != 0 ||
            um_fault(UM_FAULT_APPLY_MID_TRANSACTION, err) != 0)
            return -1;
    }
    return um_run_execute(&w->run, err);
}

int um_writer_begin(struct um_writer *w, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "START TRANSACTION");
    int result = um_run_say(&w->run, &sql, err);
    um_buf_free(&sql);
    return result;
}

/* The row that says what the transaction applies. All before it has been done behind it. */
static int record(struct um_writer *w, const struct um_task *first, size_t count, uint64_t *id,
                  struct um_err *err)
{
    const struct um_job *job = w->setup->job;
    struct um_applied_batch batch = {.id = w->next_batch, .transactions = count};
    struct um_buf sql = {0};
    w->next_batch += w->setup->count;
    for (const struct um_task *t = first; count-- > 0; t = t->next) {
        um_applied_add(&batch.of, t->txn);
        batch.changes += t->count;
    }
    um_state_applied_statement(job->config, um_state_epoch(job->state), &batch, &sql);
    um_applied_clear(&batch.of);
    int result = um_run_say(&w->run, &sql, err);
    um_buf_free(&sql);
    *id = batch.id;
    if (result != 0 || um_run_flush(&w->run, err) != 0)
        return -1;
    return um_state_check_applied(job->config, um_affected(w->target), err);
}

int um_writer_commit(struct um_writer *w, struct um_err *err)
{
    if (um_fault(UM_FAULT_APPLY_BEFORE_COMMIT, err) != 0 || um_exec(w->target, err, "COMMIT") != 0)
        return -1;
    return 0;
}

void um_writer_rollback(struct um_writer *w)
{
    w->open = false;
    um_run_rollback(&w->run);
}

/* ---- together ---- */

static void mark_done(struct um_task *first, size_t count, uint64_t batch)
{
    for (struct um_task *t = first; count-- > 0; t = t->next)
        t->batch = batch;
}

/* AGAIN: somebody was in the way. OTHERWISE: the same, in other packets. SURPRISED: not together.
 */
enum outcome { DONE, FAILED, AGAIN, OTHERWISE, SURPRISED };

static enum outcome wait_for_turn(struct um_writer *w, const struct um_batch *b, bool has_locks,
                                  struct um_err *err)
{
    int64_t begun = um_now_us();
    enum um_gate_answer answer = um_gate_wait(w->gate, b->order, has_locks);
    w->turn_us += um_now_us() - begun;
    switch (answer) {
    case UM_GATE_OPEN:
        return DONE;
    case UM_GATE_MAKE_ROOM:
        return AGAIN;
    case UM_GATE_CLOSED:
        break;
    }
    um_fail(err, UM_E_STOPPED, "what comes before it was not committed");
    return FAILED;
}

static int write_folded(struct um_writer *w, struct um_batch *b, bool late, struct um_err *err)
{
    um_fold_tasks(&w->fold, w->setup->toucher, b->tasks, late);
    return um_writer_changes(w, w->fold.changes, w->fold.count, err);
}

static enum outcome outcome_of(const struct um_writer *w, int result, const struct um_err *err)
{
    return result == 0                ? DONE
           : w->run.warned            ? OTHERWISE
           : w->run.surprised         ? SURPRISED
           : um_err_is_retryable(err) ? AGAIN
                                      : FAILED;
}

/* One packet, another one for what has to wait for its turn, and COMMIT. */
static enum outcome try_together(struct um_writer *w, struct um_batch *b, struct um_err *err)
{
    uint64_t batch = 0;
    um_err_clear(err);
    um_run_begin_together(&w->run);
    int result = um_writer_begin(w, err);
    if (result == 0)
        result = write_folded(w, b, false, err);
    if (result == 0)
        result = record(w, b->tasks, b->count, &batch, err);
    enum outcome outcome = outcome_of(w, result, err);
    if (outcome == DONE)
        outcome = wait_for_turn(w, b, true, err);
    if (outcome != DONE)
        return outcome;
    result = write_folded(w, b, true, err);
    if (result == 0)
        result = um_run_flush(&w->run, err);
    if (result == 0)
        result = um_writer_commit(w, err);
    if (result != 0)
        return outcome_of(w, result, err);
    mark_done(b->tasks, b->count, batch);
    b->changes = b->rows;
    return um_fault(UM_FAULT_APPLY_AFTER_COMMIT, err) == 0 ? DONE : FAILED;
}

/* ---- one by one ---- */

/* Who is told what stopped the job can have it passed over: it has to be the cause. */
static void note_stopped(const struct um_writer *w, struct um_batch *b, const struct um_txn *txn,
                         const struct um_err *err)
{
    const struct um_run_failed *failed = &w->run.failed;
    um_stopped_clear(&b->stopped);
    um_stopped_at(&b->stopped, txn, err);
    if (!failed->table)
        return;
    b->stopped.offset = failed->offset;
    b->stopped.row = failed->number;
    b->stopped.schema = um_strdup(failed->table->target_schema);
    b->stopped.table = um_strdup(failed->table->target_name);
    b->stopped.op = um_strdup(um_statement_op(failed->op));
    b->stopped.row_key = um_strdup(failed->key.data ? failed->key.data : "");
}

int um_writer_fail_at(const struct um_writer *w, struct um_batch *b, const struct um_txn *txn,
                      struct um_err *err)
{
    if (um_err_is_lost(err) || err->id == UM_E_STOPPED)
        return -1;
    if (!um_err_is_retryable(err))
        note_stopped(w, b, txn, err);
    return um_fail_in(err, "at %s:%" PRIu64, txn->file,
                      w->run.failed_offset ? w->run.failed_offset : txn->end_offset);
}

static int try_task(struct um_writer *w, struct um_task *t, struct um_err *err)
{
    uint64_t batch;
    um_run_begin(&w->run, t->txn, NULL);
    if (um_writer_begin(w, err) != 0 || um_writer_changes(w, t->changes, t->count, err) != 0 ||
        record(w, t, 1, &batch, err) != 0 || um_writer_commit(w, err) != 0)
        return -1;
    mark_done(t, 1, batch);
    return um_fault(UM_FAULT_APPLY_AFTER_COMMIT, err);
}

/* ---- again and again while the server only says that somebody was in the way ---- */

/* After a rollback: may it be tried once more? Waits a little. */
static bool try_again(struct um_writer *w, struct um_patience *p, uint64_t order,
                      const struct um_err *err)
{
    int64_t limit = w->setup->job->config->follow.reconnect_timeout_us;
    if (!um_patience_lasts(p, limit, &w->next_warning, err))
        return false;
    um_gate_ask_for_room(w->gate, order);
    return um_sleep_us(um_backoff_next(&p->pause)) == 0;
}

static int write_task(struct um_writer *w, struct um_batch *b, struct um_task *t,
                      struct um_err *err)
{
    struct um_patience patience = um_patience_begin();
    for (;;) {
        if (try_task(w, t, err) == 0)
            return 0;
        um_writer_rollback(w);
        if (t->batch || !um_err_is_retryable(err) || !try_again(w, &patience, b->order, err))
            return um_writer_fail_at(w, b, t->txn, err);
    }
}

static int write_one_by_one(struct um_writer *w, struct um_batch *b, struct um_err *err)
{
    if (wait_for_turn(w, b, false, err) != DONE)
        return -1;
    b->changes = 0;
    for (struct um_task *t = b->tasks; t; t = t->next) {
        if (write_task(w, b, t, err) != 0)
            return -1;
        b->changes += t->count;
    }
    return 0;
}

static int write_batch(struct um_writer *w, struct um_batch *b, struct um_err *err)
{
    struct um_patience patience = um_patience_begin();
    for (;;) {
        enum outcome outcome = try_together(w, b, err);
        if (outcome == DONE)
            return 0;
        um_writer_rollback(w);
        if (outcome == OTHERWISE)
            continue;
        if (outcome == SURPRISED)
            return write_one_by_one(w, b, err);
        if (outcome == FAILED || !try_again(w, &patience, b->order, err))
            return um_writer_fail_at(w, b, b->tasks->txn, err);
        /* It has given its locks back once: now it keeps out of the way until it is its turn. */
        int64_t waits = um_now_us();
        if (wait_for_turn(w, b, false, err) != DONE)
            return -1;
        patience.since_us += um_now_us() - waits;
    }
}

static int write_part(struct um_writer *w, struct um_batch *b, struct um_err *err)
{
    return wait_for_turn(w, b, false, err) == DONE ? um_writer_part(w, b, err) : -1;
}

int um_writer_apply(struct um_writer *w, struct um_batch *batch, struct um_err *err)
{
    int64_t begun = um_now_us(), server = um_conn_waited_us(w->target), turn = w->turn_us;
    int result = batch->is_part ? write_part(w, batch, err) : write_batch(w, batch, err);
    int64_t whole = um_now_us() - begun;
    server = um_conn_waited_us(w->target) - server;
    turn = w->turn_us - turn;
    struct um_times *times = w->setup->times;
    times->server_us += server;
    times->turn_us += turn;
    times->prepare_us += whole - server - turn;
    return result;
}
