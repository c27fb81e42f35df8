#ifndef MIGRATE_MOMENT_H
#define MIGRATE_MOMENT_H

#include "job/job.h"
#include "state/repair.h"

/*
 * A moment at which the target stands exactly at a position of the source: the source's snapshots
 * are taken at P under the brief lock, and the target is brought to P and not a transaction
 * further. A migration that runs, perhaps on another machine, is asked to hold there
 * (follow/hold.h); when none runs, what is missing up to P is applied here, under the job's own
 * lock.
 */
struct um_moment {
    /* Of the caller, before it begins. */
    const struct um_config *config;
    struct um_conn *control; /* to the target; holds the lock of the verification */
    enum um_lock_method lock;
    const struct um_table **tables; /* of the source, for that lock */
    size_t table_count;
    bool to_write; /* the target's triggers go, and may come back at the end */
    /* While it lasts. */
    struct um_repair_fence fence;
    bool held, alone; /* somebody else's migration; the job is here */
    bool settled;     /* it stood in step with the source, and is to again */
    struct um_job job;
};

/* `source`: open, idle connections, which are inside their snapshots afterwards. To be ended in
   every case. */
int um_moment_begin(struct um_moment *m, struct um_conn **source, size_t n, struct um_position *at,
                    struct um_err *err);
/* `result` and `err` are those of what was done meanwhile; returns -1 if that or the end failed. */
int um_moment_end(struct um_moment *m, int result, struct um_err *err);

/* The source's snapshots alone, where there is no job. */
int um_moment_source(const struct um_moment *m, struct um_conn **source, size_t n,
                     struct um_position *at, struct um_err *err);

#endif
