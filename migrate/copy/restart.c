#include "copy/restart.h"

#include "base/log.h"
#include "copy/renew.h"
#include "target/target.h"

static bool has_rows(const struct um_state_table *t)
{
    return t->chunk_count > 0 || um_state_is_copied(t);
}

/* A unit of tables is whole when each of them is copied: they share one snapshot then. */
static bool unit_is_broken(const struct um_job *job, size_t unit)
{
    bool some = false, all = true;
    for (size_t i = 0; i < job->table_count; i++) {
        if (job->tables[i].unit != unit)
            continue;
        some |= has_rows(&job->data.tables[i]);
        all &= um_state_is_copied(&job->data.tables[i]);
    }
    return some && !all;
}

static const char *why_one_snapshot(const struct um_job *job, const struct um_job_table *t)
{
    for (size_t i = 0; i < job->table_count; i++) {
        if (&job->tables[i] != t && job->tables[i].unit == t->unit)
            return "cascading foreign keys join it to other tables";
    }
    if (!t->chunk_key.client_ordered)
        return "its key cannot be ordered outside of the server";
    if (!job->full_row_image)
        return "row images are not FULL";
    return "rows are known by another key than that of the chunks";
}

/* Chunks of several positions may go on into a table as long as its unique indexes wait. */
static int is_in_the_way(const struct um_job *job, struct um_conn *ddl,
                         const struct um_job_table *t, bool *is, struct um_err *err)
{
    const struct um_state_table *recorded = &job->data.tables[t->index];
    *is = false;
    if (!recorded->chunk_count || recorded->state >= UM_TABLE_COPIED ||
        job->config->copy.existing == UM_EXISTING_EMPTY)
        return 0;
    return um_target_has_unique(ddl, t, is, err);
}

static int begin_anew(struct um_job *job, struct um_conn *ddl, struct um_job_table *t,
                      const char *why, struct um_err *err)
{
    um_info("`%s`.`%s` is copied anew: its rows have to be of one snapshot (%s).",
            t->source->schema, t->source->name, why);
    return um_target_reset_table(job, ddl, t, err);
}

int um_copy_begin_anew(struct um_job *job, struct um_err *err)
{
    struct um_conn *ddl = NULL;
    int result = 0;
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        struct um_job_table *t = &job->tables[i];
        if (!has_rows(&job->data.tables[i]) || (!t->mixable && !unit_is_broken(job, t->unit)) ||
            (t->mixable && job->data.tables[i].state >= UM_TABLE_COPIED))
            continue;
        if (!ddl && !(ddl = um_target_ddl_open(job->config, err)))
            return -1;
        bool is = true;
        if (t->mixable)
            result = is_in_the_way(job, ddl, t, &is, err);
        if (result == 0 && is)
            result = begin_anew(job, ddl, t,
                                t->mixable ? "its unique indexes are there already"
                                           : why_one_snapshot(job, t),
                                err);
    }
    um_conn_close(ddl);
    return result;
}

int um_copy_begin_rebuilt_anew(struct um_job *job, struct um_conn *before, struct um_err *err)
{
    struct um_conn *ddl = NULL;
    int result = 0;
    for (size_t i = 0; before && result == 0 && i < job->table_count; i++) {
        struct um_job_table *t = &job->tables[i];
        const struct um_state_table *recorded = &job->data.tables[i];
        if (um_state_is_copied(recorded) || !recorded->chunk_count ||
            um_copy_is_readable(before, t->source))
            continue;
        if (!ddl && !(ddl = um_target_ddl_open(job->config, err)))
            return -1;
        um_warn("`%s`.`%s` was truncated or rebuilt on the source and is copied from the "
                "beginning.",
                t->source->schema, t->source->name);
        result = um_target_reset_table(job, ddl, t, err);
    }
    um_conn_close(ddl);
    return result;
}
