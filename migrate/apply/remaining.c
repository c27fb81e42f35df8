#include "apply/remaining.h"

#include <inttypes.h>

#include "apply/gone.h"
#include "apply/image.h"

static bool has_chunk_key(const struct um_job_table *t, const struct um_value *row)
{
    for (size_t i = 0; i < t->chunk_key.part_count; i++) {
        if (row[t->chunk_key.index->parts[i].column].kind == UM_V_ABSENT)
            return false;
    }
    return true;
}

static int fail_image(const struct um_job_table *t, struct um_err *err)
{
    return um_fail(err, UM_E_APPLY_IMAGE,
                   "`%s`.`%s`: the row image lacks columns (binlog_row_image is not FULL in that "
                   "session), and the rows of this table were read at several positions",
                   t->source->schema, t->source->name);
}

/* Is the change of this row later than the row's chunk? */
static int is_later(const struct um_coverage *coverage, const struct um_job_table *t,
                    const struct um_txn *txn, const struct um_change *change,
                    const struct um_value *row, bool *later, struct um_err *err)
{
    *later = false;
    if (!row)
        return 0;
    if (um_coverage_is_mixed(coverage, t) && !has_chunk_key(t, row))
        return fail_image(t, err);
    *later = um_coverage_applies(coverage, t, row, txn, change->offset);
    return 0;
}

/* What remains of one change: 1, 0 when nothing does, -1. */
static int remains(const struct um_coverage *coverage, const struct um_job_table *t,
                   const struct um_txn *txn, const struct um_change *change,
                   struct um_row_change *out, struct um_err *err)
{
    bool before, after;
    if (is_later(coverage, t, txn, change, change->before, &before, err) != 0 ||
        is_later(coverage, t, txn, change, change->after, &after, err) != 0)
        return -1;
    if (change->before && after && !before && !um_image_is_whole(t, change->after))
        return fail_image(t, err); /* an insert has to be of the whole row */
    *out = (struct um_row_change){.op = before && after ? UM_ROW_UPDATE
                                        : before        ? UM_ROW_DELETE
                                                        : UM_ROW_INSERT,
                                  .table = t,
                                  .before = before ? change->before : NULL,
                                  .after = after ? change->after : NULL,
                                  .flags = change->flags,
                                  .offset = change->offset};
    return before || after;
}

int um_remaining(const struct um_job *job, const struct um_coverage *coverage, struct um_task *task,
                 struct um_err *err)
{
    const struct um_txn *txn = task->txn;
    const struct um_job_table *t = NULL;
    task->changes = um_alloc_array(txn->change_count, sizeof *task->changes);
    task->count = 0;
    for (size_t i = 0; i < txn->change_count; i++) {
        const struct um_change *change = &txn->changes[i];
        if (!t || t->source != change->table)
            t = um_job_find(job, change->table->schema, change->table->name);
        UM_ASSERT(t);
        int some = remains(coverage, t, txn, change, &task->changes[task->count], err);
        if (some < 0)
            return um_fail_in(err, "at %s:%" PRIu64, txn->file, change->offset);
        task->count += (size_t)some;
    }
    um_gone_leave_out(job, task);
    return 0;
}
