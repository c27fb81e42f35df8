#ifndef MIGRATE_APPLY_RUN_H
#define MIGRATE_APPLY_RUN_H

#include "apply/conflict.h"
#include "apply/statement.h"
#include "apply/trip.h"

/*
 * A run of row changes that go to the target in one statement. The server's answer is held against
 * what was expected; when they differ, the rows are tried one by one: each conflict is settled
 * (conflict.h), or the culprit is named.
 *
 * Together, nothing is tried: statements wait for one another and go in one packet (trip.h), and a
 * surprise only says that the transaction is to be undone.
 *
 * Changes borrow from their transaction: execute, and flush, before it is freed.
 */
struct um_run {
    struct um_conn *target;
    struct um_row_change *changes;
    size_t count, cap;
    size_t bytes; /* estimate of the statement */
    struct um_buf sql;
    int foreign_keys;       /* the session's foreign_key_checks: 0, 1, or -1 for not known */
    int strict;             /* likewise: what is only a warning without */
    int notes;              /* likewise: warnings of level Note */
    uint64_t failed_offset; /* row event of the change that failed last */
    /* Of the transaction at hand. */
    const struct um_txn *txn;
    const struct um_skip *skip; /* what of it may be passed over; NULL: nothing */
    uint64_t rows;              /* added so far */
    struct um_run_failed {
        const struct um_job_table *table; /* NULL: no single row is known to have failed */
        enum um_row_op op;
        uint64_t offset, number;
        struct um_buf key; /* for people */
    } failed;
    struct um_conflicts *conflicts;
    bool together;  /* a failure only says that something is wrong … */
    bool surprised; /* … and that it is no matter of trying again */
    bool warned;    /* … or that the same has to be sent in other packets */
    struct um_trip trip;
    const struct um_job_table **warns; /* tables whose statements give warnings … */
    size_t warns_count, warns_cap;     /* … that have to be looked at */
};

void um_run_init(struct um_run *r, struct um_conn *target, struct um_conflicts *conflicts);
void um_run_clear(struct um_run *r);
/* A transaction of the source begins … */
void um_run_begin(struct um_run *r, const struct um_txn *txn, const struct um_skip *skip);
/* … or a batch of them, together. */
void um_run_begin_together(struct um_run *r);
/* Adds a change; executes what is there before when it does not fit. */
int um_run_add(struct um_run *r, const struct um_row_change *change, struct um_err *err);
/* UM_E_APPLY_MISSING_ROW, UM_E_APPLY_DUPLICATE, UM_E_APPLY_REFUSED name table and key. */
int um_run_execute(struct um_run *r, struct um_err *err);
/* A statement that changes no rows of the job, behind what was executed. Empties `sql`. */
int um_run_say(struct um_run *r, struct um_buf *sql, struct um_err *err);
/* Together, nothing has happened before this: what was executed is sent, and its answers are held
   against what was expected. um_affected is of the last statement. */
int um_run_flush(struct um_run *r, struct um_err *err);
/* Within the transaction: are statements sent together from now on? */
void um_run_together(struct um_run *r, bool together);
/* Takes back what came behind the savepoint, with what was not sent. */
int um_run_rollback_to(struct um_run *r, const char *savepoint, struct um_err *err);
/* Rolls the transaction back, with what was not sent; the session is as it was at first. */
void um_run_rollback(struct um_run *r);

/* For conflict.c. The session's checks for changes of these flags, and one change by itself. */
int um_run_checks(struct um_run *r, unsigned flags, struct um_err *err);
int um_run_alone(struct um_run *r, const struct um_row_change *change, struct um_err *err);

#endif
