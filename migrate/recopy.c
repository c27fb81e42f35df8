#include "recopy.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "copy/along.h"
#include "ddl/ddl.h"
#include "finish/finish.h"
#include "plan/plan.h"
#include "state/order.h"
#include "state/schema.h"

void um_recopy_clear(struct um_recopy *r)
{
    um_strv_clear(&r->tables);
    um_strv_clear(&r->along);
}

/* ---- ordering ---- */

static char *full_name(const struct um_state_table *t)
{
    return um_sprintf("%s.%s", t->schema, t->name);
}

/* Sets again[i] for the tables of that name. */
static int find_named(const struct um_state_data *data, const char *job, const char *name,
                      bool *again, struct um_err *err)
{
    bool found = false;
    for (size_t i = 0; i < data->table_count; i++) {
        char *full = full_name(&data->tables[i]);
        if (strcmp(full, name) == 0)
            again[i] = found = true;
        free(full);
    }
    return found ? 0 : um_fail(err, UM_E_ORDER_TABLE, "job '%s' has no table '%.200s'", job, name);
}

static int check_job(const struct um_config *config, const struct um_state_data *data,
                     struct um_err *err)
{
    if (!data->exists)
        return um_fail(err, UM_E_STATE_NONE, "there is no job '%s' on the target", config->job);
    if (data->identity != um_config_identity(config))
        return um_fail(err, UM_E_STATE_CONFIG,
                       "job '%s' was begun with other tables or settings than the configuration "
                       "has now",
                       config->job);
    if (config->copy.existing == UM_EXISTING_EMPTY)
        return um_fail(err, UM_E_ORDER_EXISTING,
                       "job '%s' was given its tables on the target (copy.existing is empty)",
                       config->job);
    return 0;
}

static int check_plan(const struct um_config *config, struct um_err *err)
{
    struct um_plan plan = {0};
    int result = um_plan_make(config, true, &plan, err);
    if (result == 0 && plan.blocked)
        result = um_plan_fail(&plan, err);
    um_plan_clear(&plan);
    return result;
}

/* What is not copied yet may have been altered since the job looked at it last. */
static void take_catalogue(struct um_job *job)
{
    for (size_t i = 0; i < job->data.table_count; i++) {
        struct um_state_table *t = &job->data.tables[i];
        const struct um_table *now = um_tables_find(&job->source_tables, t->schema, t->name);
        if (um_state_is_copied(t) || !now)
            continue;
        free(t->create_sql);
        t->create_sql = um_job_fingerprint(now->create_sql);
    }
}

/* As the job is in its state, and what is not copied yet as the source has it now. */
static int read_tables(struct um_job *job, struct um_err *err)
{
    if (um_job_read_source(job, err) != 0)
        return -1;
    take_catalogue(job);
    return um_job_match(job, err);
}

/* All of them or none. */
static int put_orders(struct um_job *job, const bool *again, struct um_err *err)
{
    struct um_conn *c = um_state_conn(job->state);
    int result = um_exec(c, err, "START TRANSACTION");
    for (size_t i = 0; result == 0 && i < job->data.table_count; i++) {
        const struct um_state_table *t = &job->data.tables[i];
        if (again[i])
            result = um_state_put_order(c, job->config, t->schema, t->name, err);
    }
    return result == 0 ? um_exec(c, err, "COMMIT") : -1;
}

/* Foreign keys of the target that refer to the table: schema, table, key, schema, table, key … */
static int list_child_keys(struct um_conn *c, const struct um_job_table *t, struct um_strv *out,
                           struct um_err *err)
{
    struct um_buf schema = {0}, name = {0};
    um_quote_text(&schema, t->target_schema);
    um_quote_text(&name, t->target_name);
    struct um_resultset *rows =
        um_query(c, err,
                 "SELECT constraint_schema, table_name, constraint_name "
                 "FROM information_schema.referential_constraints "
                 "WHERE unique_constraint_schema = CONVERT(%s USING utf8mb4) "
                 "AND referenced_table_name = CONVERT(%s USING utf8mb4)",
                 schema.data, name.data);
    um_buf_free(&schema);
    um_buf_free(&name);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0) {
        for (int i = 0; i < 3; i++)
            um_strv_add(out, v[i]);
    }
    um_result_close(rows);
    return more;
}

/* A key that nobody would build again when its server lets it go, or that keeps the table from
   being made anew. */
static int check_children(const struct um_job *job, const struct um_job_table *t,
                          struct um_err *err)
{
    struct um_strv found = {0};
    int result = list_child_keys(um_state_conn(job->state), t, &found, err);
    for (size_t i = 0; result == 0 && i + 2 < found.count; i += 3) {
        if (!um_job_find(job, found.items[i], found.items[i + 1]))
            result = um_fail(err, UM_E_ORDER_CHILD,
                             "`%s`.`%s` on the target, which is not of the job, refers to "
                             "`%s`.`%s` by its foreign key `%s`",
                             found.items[i], found.items[i + 1], t->target_schema, t->target_name,
                             found.items[i + 2]);
    }
    um_strv_clear(&found);
    return result;
}

static int list(const struct um_job *job, const bool *again, struct um_recopy *out,
                struct um_err *err)
{
    bool *all = um_alloc_array(job->table_count + 1, sizeof *all);
    int result = 0;
    memcpy(all, again, job->table_count * sizeof *all);
    um_copy_along(job, all);
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        if (!all[i])
            continue;
        char *name = full_name(&job->data.tables[i]);
        um_strv_add(again[i] ? &out->tables : &out->along, name);
        free(name);
        result = check_children(job, &job->tables[i], err);
    }
    free(all);
    return result;
}

static int order(struct um_job *job, const struct um_strv *names, struct um_recopy *out,
                 struct um_err *err)
{
    bool *again = um_alloc_array(job->data.table_count + 1, sizeof *again);
    int result = 0;
    for (size_t i = 0; result == 0 && i < names->count; i++)
        result = find_named(&job->data, job->config->job, names->items[i], again, err);
    if (result == 0)
        result = check_plan(job->config, err);
    if (result == 0)
        result = read_tables(job, err);
    if (result == 0)
        result = list(job, again, out, err);
    if (result == 0)
        result = put_orders(job, again, err);
    out->running = job->data.running;
    free(again);
    return result;
}

int um_recopy_order(const struct um_config *config, const struct um_strv *names,
                    struct um_recopy *out, struct um_err *err)
{
    *out = (struct um_recopy){0};
    struct um_job job = {.config = config, .state = um_state_look(config, err)};
    int result = job.state ? 0 : -1;
    if (result == 0)
        result = um_state_load(um_state_conn(job.state), config, false, &job.data, err);
    if (result == 0)
        result = check_job(config, &job.data, err);
    /* A job of an earlier version keeps it: only what is lacking is added, for the next start. */
    if (result == 0)
        result = um_state_schema_upgrade(um_state_conn(job.state), config, job.data.version,
                                         UM_STATE_VERSION, err);
    if (result == 0)
        result = order(&job, names, out, err);
    um_job_clear(&job);
    if (result != 0)
        um_recopy_clear(out);
    return result;
}

/* ---- taking it up ---- */

bool um_recopy_is_due(const struct um_job *job)
{
    return job->data.orders.count > 0 && !job->data.verifying;
}

/* A DDL that an earlier run began, and triggers of a job that stopped in step. */
static int leave_stream(struct um_job *job, struct um_err *err)
{
    bool recovered;
    if (um_ddl_recover(job, &recovered, err) != 0)
        return -1;
    if (job->data.phase == UM_PHASE_SYNCED && um_finish_unsettle(job, err) != 0)
        return -1;
    if (job->data.phase == UM_PHASE_SYNCED)
        job->data.phase = UM_PHASE_FOLLOW;
    if (!recovered)
        return 0;
    um_state_data_clear(&job->data);
    return um_state_load(um_state_conn(job->state), job->config, true, &job->data, err);
}

static void find_ordered(const struct um_state_data *d, const char *schema, const char *name,
                         bool *again)
{
    bool found = false;
    for (size_t i = 0; i < d->table_count; i++) {
        if (strcmp(d->tables[i].schema, schema) == 0 && strcmp(d->tables[i].name, name) == 0)
            again[i] = found = true;
    }
    if (found)
        um_info("`%s`.`%s` is copied again, as ordered.", schema, name);
    else
        um_warn("`%s`.`%s` was ordered to be copied again, and the job has no such table any more.",
                schema, name);
}

int um_recopy_take(struct um_job *job, struct um_err *err)
{
    if (um_fault(UM_FAULT_RECOPY_BEFORE_TAKING, err) != 0 ||
        (job->data.phase >= UM_PHASE_FINISH && leave_stream(job, err) != 0))
        return -1;
    const struct um_state_data *d = &job->data;
    bool *again = um_alloc_array(d->table_count + 1, sizeof *again);
    for (size_t i = 0; i + 1 < d->orders.count; i += 2)
        find_ordered(d, d->orders.items[i], d->orders.items[i + 1], again);
    int result = um_state_copy_again(job->state, d, again, &d->orders, err);
    free(again);
    return result == 0 ? um_fault(UM_FAULT_RECOPY_TAKEN, err) : -1;
}
