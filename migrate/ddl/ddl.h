#ifndef MIGRATE_DDL_DDL_H
#define MIGRATE_DDL_DDL_H

#include "apply/coverage.h"
#include "change/change.h"
#include "job/job.h"
#include "state/ddl.h"

/*
 * DDL of the source, applied to the target where its turn comes: everything before it is committed
 * there, and nothing that has to do with its tables runs beside it. The target tells what the
 * tables are behind it; the source's catalogue may be further. Journalled (state/ddl.h), so it
 * takes effect once whatever is killed.
 *
 * One thread calls all of this, while no other uses the job, but for um_ddl_is_over.
 */

/* What a statement of the source means for the job. */
struct um_ddl_decision {
    bool run; /* else there is nothing to do */
    struct um_buf statement;
    struct um_effects effects;
    struct um_buf first;    /* a statement to run before it, or empty */
    const char *object;     /* "VIEW", "PROCEDURE" …: what it makes, or NULL */
    bool may_fail;          /* for it, tables are ahead of it: what it makes is made in the end */
    bool rows_follow;       /* in the transaction that it is a part of */
    bool default_collation; /* a table gets that of its schema */
    bool drops_schema;
    char *schema, *name; /* of the object, of the table, of the schema */
    bool repeatable;     /* may run again, whether it took effect or not */
    bool swaps_rows;     /* definitions do not tell whether it took effect */
    bool permutes;       /* they do only where no two of them are alike */
};
/* UM_E_FOLLOW_DDL, quoting the statement, where it is not followed. What the copy has already is
   not run. */
int um_ddl_decide(const struct um_job *job, const struct um_coverage *coverage,
                  const struct um_txn *txn, struct um_ddl_decision *out, struct um_err *err);
void um_ddl_decision_clear(struct um_ddl_decision *d);

/*
 * Runs it, in a thread of its own. `before` and `after` are the progress in front of the statement
 * and behind it. NULL where it did not begin.
 */
struct um_ddl_run;
struct um_ddl_run *um_ddl_begin(struct um_job *job, const struct um_txn *txn,
                                struct um_ddl_decision *decision,
                                const struct um_state_progress *before,
                                const struct um_state_progress *after, struct um_err *err);
/* Has the statement ended, whatever came of it? wait_us < 0: until it has. */
bool um_ddl_is_over(const struct um_ddl_run *r, int64_t wait_us);
/*
 * Waits for its end and frees it. On success the state stands behind the statement; in front of it
 * where rows follow in the same transaction, which is then to be read once more. The job's models
 * are to be read again.
 */
int um_ddl_end(struct um_job *job, struct um_ddl_run *r, struct um_err *err);
/* Where there is nothing to run: the state stands behind the statement. */
int um_ddl_pass(struct um_job *job, struct um_ddl_decision *decision,
                const struct um_state_progress *after, struct um_err *err);
/*
 * The job's tables, by their place in job->tables, that have to do with the statement: all others
 * may be written to while it runs. Owned by the caller. NULL where nothing may: it concerns more
 * than tables, or a reader of the target would see what the source never was.
 */
bool *um_ddl_aside(const struct um_job *job, const struct um_ddl_decision *decision);
/* What an earlier run left between intent and done comes to its end. *found: there was one, and
   the job's models are to be read again. */
int um_ddl_recover(struct um_job *job, bool *found, struct um_err *err);

/* UM_E_FOLLOW_DDL, naming position, reason and statement. */
int um_ddl_refuse(const struct um_txn *txn, struct um_err *err, const char *why, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- private to this folder ---- */

/* Statements that make a session of the target as the source's was, one to a line. */
int um_ddl_session(const struct um_job *job, struct um_conn *target, const struct um_txn *txn,
                   struct um_buf *out, struct um_err *err);

/* Would the table get the collation that it got on the source? */
int um_ddl_check_schema(const struct um_job *job, struct um_conn *target, const struct um_txn *txn,
                        const char *schema, const char *table, struct um_err *err);

/* What the statement concerns, as it is on the target now. */
int um_ddl_fingerprint(struct um_conn *c, const struct um_ddl_decision *decision,
                       const struct um_effects *effects, struct um_buf *out, struct um_err *err);
/* *out: false also where it leaves no trace and may run twice. */
int um_ddl_took_effect(struct um_conn *c, const struct um_state_ddl *ddl, bool *out,
                       struct um_err *err);

/* The done step, within a transaction of the state's connection. */
int um_ddl_put_models(struct um_job *job, const struct um_effects *effects, struct um_err *err);

#endif
