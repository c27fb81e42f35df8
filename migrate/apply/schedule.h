#ifndef MIGRATE_APPLY_SCHEDULE_H
#define MIGRATE_APPLY_SCHEDULE_H

#include "apply/touch.h"

/*
 * Which transactions may be applied now, and which together.
 *
 * A transaction goes when each earlier one that touches the same is over or goes along with it, to
 * the same worker, which keeps the source's order. So whatever runs at the same time has nothing in
 * common, and no worker ever waits for another's locks.
 *
 * In order, what is taken is always the beginning of what waits, so it may touch what others run:
 * it is marked as late, and has to be written when all that was taken before has been committed.
 *
 * What is held is never taken from this schedule, nor is what touches the same after it.
 *
 * Pure and without threads: whoever schedules calls it. Tasks are borrowed.
 */
struct um_skip;
struct um_task {
    struct um_txn *txn;
    struct um_row_change *changes; /* what is left of it by the coverage rule */
    size_t count;
    uint64_t sequence; /* of the source's order */
    size_t bytes;
    const struct um_skip *skip; /* what of it may be passed over; NULL: nothing. Borrowed */
    uint64_t batch;             /* that recorded it as applied; 0: not yet */
    bool late;                  /* taken in order while others run what it touches */
    /* The schedule's own. */
    struct um_node *node;
    struct um_task *next;            /* of the list that it is in */
    struct um_task *earlier, *later; /* in the source's order, while it waits */
};

enum { UM_SCHEDULE_SLOTS = 64 };

struct um_schedule;
/* in_order: what is taken is always the beginning of what waits. */
struct um_schedule *um_schedule_new(bool in_order);
void um_schedule_delete(struct um_schedule *s); /* tasks stay their owner's */

/* In the source's order. */
void um_schedule_add(struct um_schedule *s, struct um_task *task, const struct um_touches *touches);
/* Would a task that touches this come after one that is held? */
bool um_schedule_is_held(struct um_schedule *s, const struct um_touches *touches);
void um_schedule_hold(struct um_schedule *s, const struct um_touches *touches);
/* Tasks for the slot, which must be free, in the source's order by ->next: up to so many rows and
   bytes, and more when a single one has more. NULL when nothing may go now. */
struct um_task *um_schedule_take(struct um_schedule *s, unsigned slot, size_t rows, size_t bytes);
/* Could rows of that number be taken now? */
bool um_schedule_ready(const struct um_schedule *s, size_t rows);
/* What the slot ran is over. */
void um_schedule_done(struct um_schedule *s, unsigned slot);

size_t um_schedule_waiting(const struct um_schedule *s);      /* tasks */
size_t um_schedule_waiting_rows(const struct um_schedule *s); /* at least 1 for each task */
size_t um_schedule_waiting_bytes(const struct um_schedule *s);
/* A task that waits, to give back to its owner; NULL when there is none. */
struct um_task *um_schedule_drop(struct um_schedule *s);

#endif
