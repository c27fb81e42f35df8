#include "finish/finish.h"

#include "base/fault.h"
#include "base/log.h"
#include "target/target.h"

static bool held_back(const struct um_job *job, const struct um_coverage *hold_back,
                      const struct um_job_table *t)
{
    if (!hold_back)
        return false;
    /* Rows of a child and of a parent that were read at different positions may refer to what the
       stream has yet to bring, or to take. */
    for (size_t i = 0; i < t->source->foreign_key_count; i++) {
        const struct um_foreign_key *fk = &t->source->foreign_keys[i];
        const struct um_job_table *parent = um_job_find(job, fk->parent_schema, fk->parent_table);
        if (parent && !um_coverage_together(hold_back, t, parent))
            return true;
    }
    return false;
}

static int build_indexes(struct um_job *job, struct um_conn *ddl, const struct um_present *present,
                         const struct um_coverage *hold_back, struct um_err *err)
{
    int result = 0;
    um_progress_steps(job->progress, job->table_count);
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        const struct um_job_table *t = &job->tables[i];
        bool unique = !hold_back || um_coverage_together(hold_back, t, t);
        if (t->ddl)
            result = um_target_build_indexes(ddl, t, um_present_indexes(present, t), unique, err);
        um_progress_step_done(job->progress);
    }
    return result;
}

static int build_foreign_keys(struct um_job *job, struct um_conn *ddl,
                              const struct um_present *present, const struct um_coverage *hold_back,
                              struct um_err *err)
{
    int result = 0;
    um_progress_steps(job->progress, job->table_count);
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        const struct um_job_table *t = &job->tables[i];
        if (t->ddl && t->source->foreign_key_count && !held_back(job, hold_back, t))
            result = um_target_build_foreign_keys(ddl, t, um_present_foreign_keys(present, t), err);
        um_progress_step_done(job->progress);
    }
    return result;
}

int um_finish_tables(struct um_job *job, const struct um_coverage *hold_back, struct um_err *err)
{
    struct um_conn *ddl = um_target_ddl_open(job->config, err);
    struct um_present *present = ddl ? um_present_read(job, ddl, err) : NULL;
    int result = present ? build_indexes(job, ddl, present, hold_back, err) : -1;
    if (result == 0)
        result = um_fault(UM_FAULT_FINISH_BEFORE_FOREIGN_KEYS, err);
    if (result == 0)
        result = build_foreign_keys(job, ddl, present, hold_back, err);
    um_progress_steps(job->progress, 0);
    um_present_delete(present);
    um_conn_close(ddl);
    return result;
}

int um_finish_objects(struct um_job *job, struct um_err *err)
{
    struct um_conn *ddl = um_target_ddl_open(job->config, err);
    int result = ddl ? um_fault(UM_FAULT_FINISH_BEFORE_OBJECTS, err) : -1;
    if (result == 0)
        result = um_target_create_objects(job, ddl, false, err);
    /* They are as the source had them last, and some tables as in an earlier snapshot. */
    if (result != 0 && job->data.snapshot_count > 1 && err->server_code && !um_err_is_lost(err)) {
        um_warn("%s. It is made later, when the tables are so far.", err->text);
        result = 0;
    }
    um_conn_close(ddl);
    return result;
}

/* What was left of them when the tables were not so far. */
static int create_missing_objects(struct um_job *job, struct um_conn *ddl, struct um_err *err)
{
    if (job->data.snapshot_count < 2)
        return 0;
    int result = um_target_create_objects(job, ddl, true, err);
    if (result == 0 || !err->server_code || um_err_is_lost(err))
        return result;
    um_warn("%s. The stream has to bring what it needs first.", err->text);
    return 0;
}

int um_finish_settle(struct um_job *job, struct um_err *err)
{
    struct um_conn *ddl = um_target_ddl_open(job->config, err);
    int result = ddl ? um_fault(UM_FAULT_FINISH_BEFORE_TRIGGERS, err) : -1;
    /* The phase first: should we die in between, the next start removes what is there by then. */
    if (result == 0)
        result = um_state_set_phase(job->state, UM_PHASE_SYNCED, err);
    /* As the source has them by now: they do not follow the stream. */
    if (result == 0)
        result = um_job_read_objects(job, err);
    if (result == 0)
        result = create_missing_objects(job, ddl, err);
    if (result == 0)
        result = um_target_create_triggers(job, ddl, err);
    if (result == 0)
        result = um_target_set_auto_increment(job, ddl, err);
    um_conn_close(ddl);
    return result;
}

int um_finish_unsettle(struct um_job *job, struct um_err *err)
{
    struct um_conn *ddl = um_target_ddl_open(job->config, err);
    int result = ddl ? um_target_drop_triggers(job, ddl, err) : -1;
    um_conn_close(ddl);
    return result == 0 ? um_state_set_phase(job->state, UM_PHASE_FOLLOW, err) : -1;
}
