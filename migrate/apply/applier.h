#ifndef MIGRATE_APPLY_APPLIER_H
#define MIGRATE_APPLY_APPLIER_H

#include "apply/apply.h"
#include "apply/mark.h"
#include "apply/worker.h"

/* Private to apply.c (what is pushed) and giving.c (what is given to workers and comes back). */
struct um_apply {
    const struct um_job *job;
    struct um_coverage *coverage;
    struct um_conn *target; /* the mark's */
    struct um_toucher *toucher;
    struct um_schedule *schedule;
    struct um_mark *mark;
    struct um_workers *workers;
    struct um_times *times;
    int64_t waited_us;         /* for workers, so far */
    struct um_touches touches; /* room for one transaction's */
    void (*finished)(void *context);
    void *context;

    uint64_t busy; /* slots that run something, as bits */
    size_t running, running_bytes;
    uint64_t batches; /* given out so far */
    bool in_parts;    /* a transaction's last fragment has not come yet */
    bool known;       /* … of one that an earlier run, with more memory, has applied whole */
    uint64_t part_changes;

    struct um_conflicts *conflicts;
    struct um_skip skip; /* what may be passed over */
    bool skips;          /* the transaction at hand has a permission, and this is a part of it */

    bool failed; /* nothing is given out any more */
    uint64_t failed_order;
    struct um_err err;
    struct um_stopped stopped;
};

/* What waits and runs may hold so many bytes. */
static inline size_t um_apply_memory(const struct um_apply *a)
{
    return a->job->config->apply.memory / 2;
}

/* Takes back what is finished, or waits until something is. */
void um_apply_collect(struct um_apply *a, int64_t wait_us);
/* Gives batches of at least so many rows to workers that are free: what would be a small one now,
   because much depends on what runs, is a large one later. What waits is shared among all. */
void um_apply_dispatch(struct um_apply *a, size_t least);
/* Until nothing waits or runs. */
int um_apply_drain(struct um_apply *a, struct um_err *err);
/* With nothing else running: until it is done. It stays the caller's. */
void um_apply_give_alone(struct um_apply *a, struct um_batch *b);
/* Once something failed: what still runs comes to its end, and then that is the error. */
int um_apply_failure(struct um_apply *a, struct um_err *err);
/* The same for a transaction that no worker gets to see. */
int um_apply_refuse(struct um_apply *a, const struct um_txn *txn, const struct um_err *err);
void um_apply_task_delete(struct um_task *t);
void um_apply_batch_delete(struct um_batch *b);

#endif
