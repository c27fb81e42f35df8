#ifndef MIGRATE_FOLLOW_FOLLOWING_H
#define MIGRATE_FOLLOW_FOLLOWING_H

#include "apply/apply.h"
#include "ddl/ddl.h"
#include "follow/follow.h"
#include "job/history.h"
#include "follow/hold.h"
#include "follow/reader.h"

/*
 * Private to follow.c (sessions, one after the other), step.c (what one does), goal.c (how far it
 * may go) and turn.c (the DDL between two of them). One thread.
 */
struct um_following {
    struct um_job *job;
    const struct um_follow_goal *goal;
    struct um_coverage *coverage;
    struct um_reader *reader;
    struct um_apply *apply;
    struct um_conn *control; /* hold requests; the source's clock is not asked for */
    struct um_txn *ddl;      /* its turn has come: it ends the session, whose models it changes */
    struct um_ddl_run *running; /* it has begun: */
    bool *aside;                /* … sessions beside it leave these tables alone */
    bool lost; /* … and a connection of that session was: another one may begin */
    struct um_state_progress before_ddl, after_ddl;
    bool passed_over;       /* … or it did so by being passed over: nothing is read behind it */
    bool stale;             /* the job's models are those of before it */
    struct um_txn *waiting; /* beyond the limit: stays here until it is lifted */
    struct um_hold hold;
    struct um_position sync; /* UM_FOLLOW_SYNCED, UM_FOLLOW_STAGES: what has to be reached */
    unsigned sync_rounds;
    bool late_done; /* indexes that waited for the coverage are built */
    double idle;    /* share of the last second or so that was spent waiting for the stream */
    int64_t measured_us, waited_us; /* since the last measurement */
    int64_t next_poll, next_alive, next_order, last_success;
    int64_t blocked_since; /* locks of others held up what comes next; 0: they do not */
    struct um_position blocked_at;
    struct um_times times; /* of the session */
    struct um_history_watch history;
    bool without_source; /* it was gone when the session began, which the spool is enough for */
    bool heard;          /* the stream said something since the history was looked at */
};

enum { UM_FOLLOW_POLL_US = 50000 };

/* ---- step.c ---- */

/* What a step of the session leads to, beside -1 for an error. */
enum um_follow_step {
    UM_STEP_ON,
    UM_STEP_REACHED,
    UM_STEP_CHANGED,
    UM_STEP_ORDERED,
    UM_STEP_HANDED_OVER
};
int um_follow_step(struct um_following *f, struct um_err *err);
/* The same beside a DDL that is running. UM_STEP_CHANGED: it is over, or nothing more can be done
   before it is. */
int um_follow_step_beside(struct um_following *f, struct um_err *err);

/* ---- goal.c ---- */

/* Must the transaction wait: for the goal, or because verification wants the target as it is before
   it? */
bool um_follow_is_beyond(const struct um_following *f, const struct um_txn *txn);
bool um_follow_is_held(const struct um_following *f);
/* Has somebody asked for one: to f->hold. */
int um_follow_read_hold(struct um_following *f, struct um_err *err);
/* … and is answered. */
int um_follow_poll_hold(struct um_following *f, struct um_err *err);
/* UM_FOLLOW_SYNCED, UM_FOLLOW_STAGES: the first goal. */
int um_follow_read_first_goal(struct um_following *f, struct um_err *err);
int um_follow_check_goal(struct um_following *f, bool *done, struct um_err *err);
/* Between two transactions: are tables to be copied again? Then all before is committed. */
int um_follow_look_for_orders(struct um_following *f, bool *found, struct um_err *err);

/* ---- turn.c ---- */

/* Everything before the statement is committed; the session ends. */
int um_follow_begin_ddl(struct um_following *f, struct um_txn *txn, struct um_err *err);
/* Between two sessions, while no thread uses the job's models. The DDL whose turn it is begins, and
   is waited for unless a session may run beside it; one that is running is waited for. Then the
   models are read again. */
int um_follow_run_ddl(struct um_following *f, struct um_err *err);
/* What it ran into is recorded with its name, so that somebody can permit to pass over it. */
void um_follow_note_refused(const struct um_following *f, const struct um_err *error);
void um_follow_forget_ddl(struct um_following *f);
/* Indexes and keys that rows of different positions could have collided under. */
int um_follow_build_late(struct um_following *f, struct um_err *err);
/* Triggers are on the target of a job that stopped in step. They go before something is applied,
   and not sooner: a job that cannot go on leaves them. */
int um_follow_leave_step(struct um_following *f, struct um_err *err);

#endif
