#ifndef MIGRATE_APPLY_STATEMENT_H
#define MIGRATE_APPLY_STATEMENT_H

#include "change/change.h"
#include "job/job.h"

/* Row changes as SQL. Pure: text out. */

enum um_row_op { UM_ROW_INSERT, UM_ROW_UPDATE, UM_ROW_DELETE };

/* One row to change, after the coverage rule: an update may have become a delete or an insert. */
struct um_row_change {
    enum um_row_op op;
    const struct um_job_table *table;
    const struct um_value *before, *after;
    unsigned flags;  /* um_change_flags */
    uint64_t offset; /* of the row event */
    uint64_t number; /* among what remains of its transaction, from 1; where rows go one by one */
    bool upsert;     /* an update that may be written as an insert of a row that is there already */
    bool moves;      /* an update of a unique value beside its row's key; where rows are folded */
    unsigned section; /* where rows are folded: a table's earlier ones are written first */
};

/* One statement for `count` changes of one table and op; several updates have to be upserts. `lax`
   is how many warnings ENUM's error values will give in a session without strictness. */
int um_statement_build(struct um_buf *sql, const struct um_row_change *changes, size_t count,
                       unsigned *lax, struct um_err *err);
/* May updates of its rows be written as upserts at all? */
bool um_statement_can_upsert(const struct um_job_table *t);
/* How many rows the server has to report for it. */
uint64_t um_statement_affected(const struct um_row_change *changes, size_t count);
/* May `next` go into the same statement as `first`? */
bool um_statement_merges(const struct um_row_change *first, const struct um_row_change *next);
/* The condition that finds the row of the before image. */
int um_statement_where(struct um_buf *sql, const struct um_row_change *change, struct um_err *err);
const char *um_statement_op(enum um_row_op op); /* "insert", "update", "delete" */
/* The row's key for people: "id=41, name='x'". */
void um_statement_describe(struct um_buf *out, const struct um_row_change *change);

#endif
