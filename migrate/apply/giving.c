#include <stdlib.h>

#include "apply/applier.h"
#include "base/clock.h"

void um_apply_task_delete(struct um_task *t)
{
    um_txn_delete(t->txn);
    free(t->changes);
    free(t);
}

void um_apply_batch_delete(struct um_batch *b)
{
    for (struct um_task *t = b->tasks, *next; t; t = next) {
        next = t->next;
        um_apply_task_delete(t);
    }
    um_stopped_clear(&b->stopped);
    free(b);
}

/* ---- what comes back ---- */

static void count_done(struct um_apply *a, const struct um_batch *b)
{
    uint64_t done = 0;
    for (const struct um_task *t = b->tasks; t && t->batch; t = t->next) {
        um_mark_count(a->mark, t->batch, t->sequence, t->count);
        um_mark_done(a->mark, t->sequence);
        done++;
    }
    um_progress_applied(a->job->progress, done, b->changes);
}

/* The error of what came first is the one that counts. */
static void note_failure(struct um_apply *a, struct um_batch *b)
{
    if (a->failed && a->failed_order < b->order)
        return;
    a->failed = true;
    a->failed_order = b->order;
    a->err = b->err;
    um_stopped_clear(&a->stopped);
    a->stopped = b->stopped;
    b->stopped = (struct um_stopped){0};
}

static void take_back(struct um_apply *a, struct um_batch *b)
{
    a->busy &= ~((uint64_t)1 << b->slot);
    a->running--;
    a->running_bytes -= b->bytes;
    um_schedule_done(a->schedule, b->slot);
    if (!b->is_part)
        count_done(a, b);
    if (b->result != 0)
        note_failure(a, b);
}

static struct um_batch *wait_for_batch(struct um_apply *a, int64_t wait_us)
{
    int64_t begun = wait_us ? um_now_us() : 0;
    struct um_batch *b = um_workers_finished(a->workers, wait_us);
    if (wait_us)
        a->waited_us += um_now_us() - begun;
    return b;
}

void um_apply_collect(struct um_apply *a, int64_t wait_us)
{
    struct um_batch *b;
    while (a->running && (b = wait_for_batch(a, wait_us)) != NULL) {
        take_back(a, b);
        um_apply_batch_delete(b);
        wait_us = 0;
    }
}

/* For whoever wants to have it passed over. The error is the job's, whether this works or not. */
static void record_stopped(struct um_apply *a)
{
    struct um_err ignored;
    if (a->stopped.transaction)
        um_state_put_stopped(a->target, a->job->config, um_state_epoch(a->job->state), &a->stopped,
                             &ignored);
    um_stopped_clear(&a->stopped);
}

int um_apply_failure(struct um_apply *a, struct um_err *err)
{
    if (!a->failed)
        return 0;
    while (a->running)
        um_apply_collect(a, -1);
    struct um_err ignored;
    if (!um_err_is_lost(&a->err) && !a->in_parts)
        um_mark_fold(a->mark, a->target, a->job->config, um_state_epoch(a->job->state), &ignored);
    *err = a->err;
    record_stopped(a);
    return -1;
}

int um_apply_refuse(struct um_apply *a, const struct um_txn *txn, const struct um_err *err)
{
    um_stopped_clear(&a->stopped);
    um_stopped_at(&a->stopped, txn, err);
    record_stopped(a);
    return -1;
}

/* ---- what is given out ---- */

static void give(struct um_apply *a, struct um_batch *b, unsigned slot)
{
    b->slot = slot;
    b->order = a->batches++;
    a->busy |= (uint64_t)1 << slot;
    a->running++;
    a->running_bytes += b->bytes;
    um_workers_give(a->workers, b);
}

void um_apply_give_alone(struct um_apply *a, struct um_batch *b)
{
    give(a, b, 0);
    take_back(a, wait_for_batch(a, -1));
}

static bool give_batch(struct um_apply *a, unsigned slot, size_t rows)
{
    size_t room = um_apply_memory(a) > a->running_bytes ? um_apply_memory(a) - a->running_bytes : 0;
    if (a->running && !room)
        return false;
    struct um_task *tasks = um_schedule_take(a->schedule, slot, rows, room);
    if (!tasks)
        return false;
    struct um_batch *b = um_alloc(sizeof *b);
    b->tasks = tasks;
    for (const struct um_task *t = tasks; t; t = t->next) {
        b->count++;
        b->rows += t->count;
        b->bytes += t->bytes;
    }
    give(a, b, slot);
    return true;
}

void um_apply_dispatch(struct um_apply *a, size_t least)
{
    unsigned workers = a->job->config->apply.workers;
    size_t full = a->job->config->apply.batch_rows;
    for (unsigned slot = 0; slot < workers && !a->failed; slot++) {
        if (a->busy >> slot & 1)
            continue;
        size_t share = (um_schedule_waiting_rows(a->schedule) + workers - 1) / workers;
        if (!share || !um_schedule_ready(a->schedule, least))
            return;
        size_t rows = share > least ? share : least;
        if (!give_batch(a, slot, rows < full ? rows : full))
            return;
    }
}

int um_apply_drain(struct um_apply *a, struct um_err *err)
{
    while (um_schedule_waiting(a->schedule) || a->running) {
        um_apply_dispatch(a, 1);
        um_apply_collect(a, -1);
        if (um_apply_failure(a, err) != 0)
            return -1;
    }
    return 0;
}
