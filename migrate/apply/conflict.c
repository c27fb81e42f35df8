#include "apply/conflict.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "apply/image.h"
#include "apply/in_the_way.h"
#include "apply/run.h"
#include "base/fault.h"
#include "base/log.h"
#include "copy/rows.h"
#include "state/conflict.h"

struct um_conflicts {
    const struct um_job *job;
    atomic_bool *warned; /* by table */
};

struct um_conflicts *um_conflicts_new(const struct um_job *job)
{
    struct um_conflicts *s = um_alloc(sizeof *s);
    s->job = job;
    s->warned = um_alloc_array(job->table_count, sizeof *s->warned);
    return s;
}

void um_conflicts_delete(struct um_conflicts *s)
{
    if (!s)
        return;
    free(s->warned);
    free(s);
}

/* ---- the record ---- */

static int record(struct um_run *r, const struct um_row_change *c, const char *policy,
                  unsigned found, const char *target_rows, struct um_err *err)
{
    struct um_buf key = {0}, before = {0}, after = {0};
    um_statement_describe(&key, c);
    int result = c->before ? um_image_json(c->table, c->before, &before, err) : 0;
    if (result == 0 && c->after)
        result = um_image_json(c->table, c->after, &after, err);
    struct um_conflict_record row = {.txn = r->txn,
                                     .offset = c->offset,
                                     .row = c->number,
                                     .schema = c->table->target_schema,
                                     .table = c->table->target_name,
                                     .op = um_statement_op(c->op),
                                     .policy = policy,
                                     .error = found,
                                     .key = key.data,
                                     .before = before.data,
                                     .after = after.data,
                                     .target_rows = target_rows};
    if (result == 0)
        result = um_state_put_conflict(r->target, r->conflicts->job->config, &row, err);
    um_buf_free(&key);
    um_buf_free(&before);
    um_buf_free(&after);
    return result;
}

static void warn_once(struct um_run *r, const struct um_row_change *c, const char *done,
                      const struct um_err *found)
{
    if (atomic_exchange(&r->conflicts->warned[c->table->index], true))
        return;
    um_warn("At %s: %s. The change was %s and recorded in job_conflict; further ones of this table "
            "are recorded without a word here.",
            r->txn->file, found->text, done);
}

/* ---- overwrite ---- */

/* Its foreign keys keep still: a row takes the place of the one that goes, and rows that refer to
   it stay. */
static int delete_in_the_way(struct um_run *r, const struct um_row_change *c,
                             const struct um_in_the_way *w, struct um_err *err)
{
    if (!w->count)
        return 0;
    if (um_in_the_way_check_children(r->target, c, w, err) != 0 ||
        um_run_checks(r, UM_CHANGE_NO_FOREIGN_KEYS, err) != 0)
        return -1;
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_quote_table(&sql, c->table->target_schema, c->table->target_name);
    um_buf_str(&sql, " WHERE ");
    um_buf_add(&sql, w->where.data, w->where.len);
    int result = um_exec_bytes(r->target, sql.data, sql.len, err);
    um_buf_free(&sql);
    if (result == 0 && um_affected(r->target) != w->count)
        result = um_fail(err, UM_E_APPLY_UNSETTLED, "the rows in the way could not all be deleted");
    return result;
}

/* The whole after image, not only what the source changed: the row of the target may differ in
   more. An image without the other columns finds the row by its key, and has nothing unchanged. */
static int write_whole(struct um_run *r, const struct um_row_change *c, bool is_there,
                       struct um_err *err)
{
    const struct um_job_table *t = c->table;
    struct um_row_change whole = *c;
    whole.upsert = false;
    if (!is_there) {
        whole.op = UM_ROW_INSERT;
        whole.before = NULL;
        return um_run_alone(r, &whole, err);
    }
    if (!t->row_key.index)
        return um_run_alone(r, &whole, err);
    struct um_value *key = um_alloc_array(t->source->column_count, sizeof *key);
    for (size_t i = 0; i < t->row_key.part_count; i++) {
        size_t column = (size_t)t->row_key.index->parts[i].column;
        key[column] = c->before[column];
    }
    whole.before = key;
    int result = um_run_alone(r, &whole, err);
    free(key);
    return result;
}

static int overwrite(struct um_run *r, const struct um_row_change *c, bool is_there,
                     const struct um_in_the_way *w, struct um_err *err)
{
    if (c->op == UM_ROW_DELETE)
        return 0;
    if (!um_image_is_whole(c->table, c->after))
        return um_fail(err, UM_E_APPLY_UNSETTLED,
                       "the row image lacks columns (binlog_row_image is not FULL in that "
                       "session), so the row cannot be written anew");
    if (delete_in_the_way(r, c, w, err) != 0)
        return -1;
    if (write_whole(r, c, is_there, err) == 0)
        return 0;
    if (err->id == UM_E_APPLY_DUPLICATE || err->id == UM_E_APPLY_MISSING_ROW) {
        struct um_err refused = *err;
        um_fail(err, UM_E_APPLY_UNSETTLED, "what is in the way cannot be told: %s", refused.text);
    }
    return -1;
}

/* ---- whichever ---- */

/* To an error of ours, what the change met is added; a server's that may go away stays itself. */
static int fail_settling(const struct um_err *found, struct um_err *err)
{
    if (err->id != UM_E_APPLY_UNSETTLED)
        return -1;
    return um_fail_in(err, "%s, and", found->text);
}

int um_conflict_settle(struct um_run *r, const struct um_row_change *c, struct um_err *err)
{
    enum um_on_conflict policy = c->table->on_conflict;
    if (policy == UM_CONFLICT_STOP ||
        (err->id != UM_E_APPLY_MISSING_ROW && err->id != UM_E_APPLY_DUPLICATE))
        return -1;
    struct um_err found = *err;
    bool overwrites = policy == UM_CONFLICT_OVERWRITE;
    bool is_there = c->before && found.id == UM_E_APPLY_DUPLICATE;
    struct um_row_change wanted = *c; /* of a row that is not there, none has to be left alone */
    if (!is_there)
        wanted.before = NULL;
    struct um_in_the_way w = {0};
    int result = um_in_the_way_find(r->target, &wanted, overwrites, &w, err);
    if (result == 0 && overwrites)
        result = overwrite(r, c, is_there, &w, err);
    if (result == 0)
        result = record(r, c, overwrites ? "overwrite" : "skip", found.id, w.rows.data, err);
    um_in_the_way_clear(&w);
    if (result != 0)
        return fail_settling(&found, err);
    warn_once(r, c, overwrites ? "applied over it" : "left out", &found);
    return um_fault(UM_FAULT_APPLY_SETTLED, err);
}

int um_conflict_pass_over(struct um_run *r, const struct um_row_change *c,
                          const struct um_permission *permission, struct um_err *err)
{
    struct um_in_the_way w = {0};
    int result = um_in_the_way_find(r->target, c, false, &w, err);
    if (result == 0)
        result = record(r, c, "ctl skip", permission->error, w.rows.data, err);
    um_in_the_way_clear(&w);
    return result;
}

int um_conflict_pass_over_rest(struct um_run *r, const struct um_permission *permission,
                               struct um_err *err)
{
    struct um_conflict_record row = {.txn = r->txn,
                                     .offset = r->txn->end_offset,
                                     .op = "statement",
                                     .policy = "ctl skip",
                                     .error = permission->error,
                                     .key = r->txn->statement};
    return um_state_put_conflict(r->target, r->conflicts->job->config, &row, err);
}
