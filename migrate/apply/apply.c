#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apply/applier.h"
#include "apply/remaining.h"
#include "base/clock.h"
#include "base/log.h"

/* ---- beginning and end ---- */

static void on_finished(void *context)
{
    struct um_apply *a = context;
    if (a->finished)
        a->finished(a->context);
}

/* Batches of earlier runs keep their numbers until they are folded. */
static uint64_t next_batch(const struct um_applied_left *left)
{
    return left->count ? left->ids[left->count - 1] + 1 : 1;
}

/* One for a transaction that is applied meanwhile, by a state that was put back, means nothing. */
static int load_permissions(struct um_apply *a, const struct um_state_progress *from,
                            struct um_err *err)
{
    if (um_state_load_skip(a->target, a->job->config, &a->skip, err) != 0)
        return -1;
    if (!a->skip.transaction || !um_applied_name_within(a->skip.transaction, &from->at))
        return 0;
    int result = um_state_consume_skip(a->target, a->job->config, &a->skip, err);
    um_skip_clear(&a->skip);
    return result;
}

struct um_apply *um_apply_new(const struct um_job *job, struct um_coverage *coverage,
                              const struct um_state_progress *from, struct um_times *times,
                              struct um_err *err)
{
    struct um_apply *a = um_alloc(sizeof *a);
    a->job = job;
    a->coverage = coverage;
    a->times = times;
    bool in_order = job->config->apply.commit_order == UM_COMMIT_SOURCE;
    struct um_applied_left left = {0};
    a->target = um_conn_open(&job->config->target, err);
    if (!a->target || um_state_load_applied(a->target, job->config, &left, err) != 0 ||
        load_permissions(a, from, err) != 0) {
        um_applied_left_clear(&left);
        um_apply_delete(a);
        return NULL;
    }
    a->conflicts = um_conflicts_new(job);
    a->toucher = um_toucher_new(job);
    a->schedule = um_schedule_new(in_order);
    struct um_worker_setup setup = {.job = job,
                                    .toucher = a->toucher,
                                    .coverage = coverage,
                                    .conflicts = a->conflicts,
                                    .times = times,
                                    .count = job->config->apply.workers,
                                    .in_order = in_order,
                                    .next_batch = next_batch(&left),
                                    .finished = on_finished,
                                    .context = a};
    a->mark = um_mark_new(from, &left);
    a->workers = um_workers_start(&setup, err);
    if (!a->workers) {
        um_apply_delete(a);
        return NULL;
    }
    um_coverage_reached(coverage, um_mark_pushed(a->mark));
    return a;
}

void um_apply_notify(struct um_apply *a, void (*finished)(void *context), void *context)
{
    a->context = context;
    a->finished = finished;
}

void um_apply_delete(struct um_apply *a)
{
    if (!a)
        return;
    while (a->running)
        um_apply_batch_delete(um_workers_finished(a->workers, -1)), a->running--;
    um_workers_stop(a->workers);
    for (struct um_task *t; a->schedule && (t = um_schedule_drop(a->schedule)) != NULL;)
        um_apply_task_delete(t);
    um_schedule_delete(a->schedule);
    um_toucher_delete(a->toucher);
    um_touches_free(&a->touches);
    um_mark_delete(a->mark);
    um_conflicts_delete(a->conflicts);
    um_skip_clear(&a->skip);
    um_stopped_clear(&a->stopped);
    um_conn_close(a->target);
    free(a);
}

const struct um_state_progress *um_apply_progress(const struct um_apply *a)
{
    return um_mark_progress(a->mark);
}

bool um_apply_is_recorded(const struct um_apply *a)
{
    return !um_mark_moved(a->mark);
}

const struct um_position *um_apply_position(const struct um_apply *a)
{
    return um_mark_pushed(a->mark);
}

bool um_apply_is_in_parts(const struct um_apply *a)
{
    return a->in_parts;
}

bool um_apply_busy(const struct um_apply *a)
{
    return a->running || um_schedule_waiting(a->schedule) || a->in_parts;
}

/* ---- from time to time ---- */

static int fold(struct um_apply *a, struct um_err *err)
{
    if (!um_mark_moved(a->mark) || a->in_parts)
        return 0;
    return um_mark_fold(a->mark, a->target, a->job->config, um_state_epoch(a->job->state), err);
}

int um_apply_flush(struct um_apply *a, struct um_err *err)
{
    return a->in_parts ? 0 : um_apply_drain(a, err) != 0 ? -1 : fold(a, err);
}

int um_apply_kick(struct um_apply *a, struct um_err *err)
{
    if (a->in_parts)
        return 0;
    um_apply_collect(a, 0);
    um_apply_dispatch(a, 1);
    return um_apply_failure(a, err);
}

int um_apply_alive(struct um_apply *a, struct um_err *err)
{
    if (um_mark_moved(a->mark) && !a->in_parts)
        return fold(a, err);
    return um_state_put_alive(a->target, a->job->config, um_state_epoch(a->job->state), err);
}

/* ---- transactions ---- */

static struct um_task *task_new(struct um_txn *txn)
{
    struct um_task *t = um_alloc(sizeof *t);
    t->txn = txn;
    t->bytes = txn->bytes;
    return t;
}

static void nothing_to_do(struct um_apply *a, struct um_task *t)
{
    um_mark_done(a->mark, um_mark_push(a->mark, t->txn));
    um_apply_task_delete(t);
}

/* Waits while more is under way than memory or sense allow. */
static int make_room(struct um_apply *a, struct um_err *err)
{
    size_t batch = a->job->config->apply.batch_rows;
    for (;;) {
        um_apply_collect(a, 0);
        um_apply_dispatch(a, batch);
        if (um_apply_failure(a, err) != 0)
            return -1;
        bool many = um_schedule_waiting_rows(a->schedule) >= batch * a->job->config->apply.workers;
        bool much = um_schedule_waiting_bytes(a->schedule) + a->running_bytes >= um_apply_memory(a);
        if (!many && !much)
            return 0;
        um_apply_dispatch(a, much || !a->running ? 1 : (batch + 3) / 4);
        um_apply_collect(a, -1);
    }
}

static int push_whole(struct um_apply *a, struct um_txn *txn, struct um_err *err)
{
    struct um_task *t = task_new(txn);
    if (um_mark_knows(a->mark, txn)) {
        nothing_to_do(a, t);
        return 0;
    }
    if (um_remaining(a->job, a->coverage, t, err) != 0) {
        um_apply_refuse(a, txn, err);
        um_apply_task_delete(t);
        return -1;
    }
    if (!t->count && !txn->set_aside) {
        nothing_to_do(a, t);
        return 0;
    }
    um_touches_clear(&a->touches);
    for (size_t i = 0; i < t->count; i++)
        um_touch_change(a->toucher, &t->changes[i], &a->touches);
    t->sequence = um_mark_push(a->mark, txn);
    if (txn->set_aside || um_schedule_is_held(a->schedule, &a->touches)) {
        um_schedule_hold(a->schedule, &a->touches);
        um_apply_task_delete(t);
        return 0;
    }
    um_schedule_add(a->schedule, t, &a->touches);
    return make_room(a, err);
}

/* What does not fit a batch has the target for itself: everything before it is committed and
   folded, so that it can record itself in the mark. */
static int push_part(struct um_apply *a, struct um_txn *txn, struct um_err *err)
{
    if (txn->first && !a->in_parts) {
        if (um_apply_drain(a, err) != 0 || fold(a, err) != 0) {
            um_txn_delete(txn);
            return -1;
        }
        a->in_parts = true;
        a->part_changes = 0;
        a->known = um_mark_knows(a->mark, txn);
    }
    if (a->known) {
        a->in_parts = a->known = !txn->last;
        if (txn->last)
            um_mark_done(a->mark, um_mark_push(a->mark, txn));
        um_txn_delete(txn);
        return 0;
    }
    struct um_batch *b = um_alloc(sizeof *b);
    struct um_state_progress mark = {0};
    b->is_part = true;
    b->tasks = task_new(txn);
    b->tasks->skip = a->skips ? &a->skip : NULL;
    b->count = 1;
    b->bytes = txn->bytes;
    if (txn->last) {
        um_mark_after(a->mark, txn, a->part_changes, &mark);
        b->mark = &mark;
    }
    int result = txn->kind == UM_TXN_ROWS ? um_remaining(a->job, a->coverage, b->tasks, err) : 0;
    if (result != 0) {
        um_apply_refuse(a, txn, err);
        um_apply_batch_delete(b);
    } else {
        um_apply_give_alone(a, b);
        a->part_changes += b->changes;
        if (b->tasks->batch) {
            um_mark_passed(a->mark, txn, a->part_changes);
            um_progress_applied(a->job->progress, 1, a->part_changes);
            a->in_parts = false;
        }
        um_apply_batch_delete(b);
        result = um_apply_failure(a, err);
        if (result == 0 && a->skips && !a->in_parts)
            um_skip_clear(&a->skip); /* used up */
    }
    um_position_clear(&mark.at);
    return result;
}

void um_apply_set_aside(struct um_apply *a, const struct um_txn *txn)
{
    um_mark_push(a->mark, txn);
}

bool um_apply_is_far_ahead(const struct um_apply *a)
{
    enum { FAR = 100000 }; /* each is known by its name, here and in the state */
    return um_mark_ahead(a->mark) >= FAR;
}

void um_apply_after(const struct um_apply *a, const struct um_txn *txn,
                    struct um_state_progress *out)
{
    um_mark_after(a->mark, txn, 0, out);
}

/* A connection keeps the memory of the largest statement that it sent: large rows all go through
   the first worker's. */
static bool fits_a_batch(const struct um_apply *a, const struct um_txn *txn)
{
    return txn->kind == UM_TXN_ROWS && txn->first && txn->last &&
           txn->bytes <= um_apply_memory(a) / 4;
}

bool um_apply_may_pass_over(const struct um_apply *a, const struct um_txn *txn)
{
    if (!a->skip.transaction)
        return false;
    struct um_buf name = {0};
    um_applied_name(txn, &name);
    bool same = strcmp(name.data, a->skip.transaction) == 0;
    um_buf_free(&name);
    return same;
}

int um_apply_push(struct um_apply *a, struct um_txn *txn, struct um_err *err)
{
    int64_t begun = um_now_us(), waited = a->waited_us;
    a->skips = um_apply_may_pass_over(a, txn);
    UM_ASSERT(txn->kind != UM_TXN_DDL || a->skips);
    bool together = fits_a_batch(a, txn) && !a->skips;
    int result = together ? push_whole(a, txn, err) : push_part(a, txn, err);
    if (result == 0 && !a->in_parts)
        um_coverage_reached(a->coverage, um_mark_pushed(a->mark));
    a->times->schedule_us += um_now_us() - begun - (a->waited_us - waited);
    return result;
}
