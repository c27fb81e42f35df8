#ifndef MIGRATE_APPLY_WORKER_H
#define MIGRATE_APPLY_WORKER_H

#include "apply/conflict.h"
#include "apply/coverage.h"
#include "apply/schedule.h"
#include "apply/times.h"
#include "job/job.h"

/*
 * The threads that write. Each has a connection of its own; whoever schedules gives one of them a
 * batch, which it commits as one transaction of the target together with the row that records it,
 * and hands back. What fails together is tried again transaction by transaction, and row by row,
 * so that everything before the culprit is applied and the error names it.
 */
struct um_batch {
    struct um_task *tasks; /* in the source's order, by ->next */
    size_t count, rows, bytes;
    unsigned slot;  /* the worker */
    uint64_t order; /* in which batches were given out */
    /* A part of a transaction that is larger than memory, or what cannot share a batch: one task
       of one fragment, applied as it is. The last part records `mark`, its own changes added,
       instead of a batch. */
    bool is_part;
    const struct um_state_progress *mark;
    /* Filled by the worker. Tasks with a batch number are committed, whatever the result. */
    int result;
    struct um_err err;
    struct um_stopped stopped; /* what failed, where that can be told; owned by the batch */
    uint64_t changes;          /* of rows, for the counters */
    struct um_batch *next;     /* of those that are finished */
};

struct um_workers;

struct um_worker_setup {
    const struct um_job *job;
    const struct um_toucher *toucher;
    const struct um_coverage *coverage;
    struct um_conflicts *conflicts;
    struct um_times *times; /* workers add to it until they are stopped */
    unsigned count;
    bool in_order;                   /* batches commit in the order in which they were given out */
    uint64_t next_batch;             /* first number for job_applied */
    void (*finished)(void *context); /* called by workers, after each batch; may be NULL */
    void *context;
};
struct um_workers *um_workers_start(const struct um_worker_setup *setup, struct um_err *err);
/* Waits for what they are at; what was not begun is freed by whoever gave it. */
void um_workers_stop(struct um_workers *w);
/* The worker of batch->slot has nothing to do. It owns the batch until it is finished. */
void um_workers_give(struct um_workers *w, struct um_batch *batch);
/* A batch that is finished; NULL when none is within wait_us (-1: waits for one). */
struct um_batch *um_workers_finished(struct um_workers *w, int64_t wait_us);

#endif
