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
    UM_FOLLOW_STAGES,   /* from one position to the next, as it is told there */
};

/* Called when everything up to *until is committed (first: before anything is): what is the next
   position? No file: that was all. */
typedef int um_follow_next(void *context, struct um_position *until, struct um_err *err);
/* Called between two transactions: may it go on? */
typedef int um_follow_look(void *context, struct um_err *err);

struct um_follow_goal {
    enum um_follow_until until;
    const struct um_position *position; /* UM_FOLLOW_POSITION */
    um_follow_next *next;               /* UM_FOLLOW_STAGES */
    um_follow_look *look;
    void *context;
};

/* The target's models of the job's tables. A DDL that an earlier run had begun is finished first.
 */
int um_follow_prepare(struct um_job *job, struct um_err *err);

enum um_follow_end {
    UM_FOLLOW_REACHED = 0,
    UM_FOLLOW_ORDERED,     /* before the goal: tables are to be copied again (state/order.h) */
    UM_FOLLOW_HANDED_OVER, /* … a cutover wants the job (follow/hold.h) */
};
/* Needs job->tables with their target models, and job->data as loaded after the copy. An
   um_follow_end, or -1. */
int um_follow(struct um_job *job, const struct um_follow_goal *goal, struct um_err *err);

#endif
