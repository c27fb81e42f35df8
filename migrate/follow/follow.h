#ifndef MIGRATE_FOLLOW_FOLLOW_H
#define MIGRATE_FOLLOW_FOLLOW_H

#include "job/job.h"

/*
 * Following: stream → reader thread → queue → applier, from the last durable position, again and
 * again when a connection is lost. Runs on the caller's thread until its goal is reached.
 */
enum um_follow_until {
    UM_FOLLOW_FOREVER,
    UM_FOLLOW_SYNCED,   /* in step with the source, by the contract of `--until synced` */
    UM_FOLLOW_POSITION, /* exactly there: everything up to it and nothing behind it */
};

struct um_follow_goal {
    enum um_follow_until until;
    const struct um_position *position; /* UM_FOLLOW_POSITION */
};

/* The target's models of the job's tables. A DDL that an earlier run had begun is finished first.
 */
int um_follow_prepare(struct um_job *job, struct um_err *err);

/* Needs job->tables with their target models, and job->data as loaded after the copy. 1: before the
   goal, as tables are to be copied again (state/order.h). */
int um_follow(struct um_job *job, const struct um_follow_goal *goal, struct um_err *err);

#endif
