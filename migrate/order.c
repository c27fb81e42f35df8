#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "config/suggest.h"
#include "copy/along.h"
#include "plan/plan.h"
#include "state/added.h"
#include "state/order.h"
#include "state/schema.h"

struct ordering {
    struct um_job *job; /* as its state says, and what is to join it */
    bool add;
    struct um_strv adding; /* "schema.name" */
    bool *tables;          /* of job->data.tables: that are ordered */
};

void um_order_clear(struct um_order *o)
{
    um_strv_clear(&o->tables);
    um_strv_clear(&o->along);
}

/* ---- what is meant: tables of the job ---- */

static char *full_name(const struct um_state_table *t)
{
    return um_sprintf("%s.%s", t->schema, t->name);
}

/* Sets tables[i] for the tables of that name, if there is a place for it. */
static bool find_named(const struct um_state_data *data, const char *name, bool *tables)
{
    bool found = false;
    for (size_t i = 0; i < data->table_count; i++) {
        char *full = full_name(&data->tables[i]);
        bool same = strcmp(full, name) == 0;
        if (same && tables)
            tables[i] = true;
        found |= same;
        free(full);
    }
    return found;
}

static int find_all(struct ordering *o, const struct um_strv *names, struct um_err *err)
{
    o->tables = um_alloc_array(o->job->data.table_count + 1, sizeof *o->tables);
    for (size_t i = 0; i < names->count; i++) {
        if (!find_named(&o->job->data, names->items[i], o->tables))
            return um_fail(err, UM_E_ORDER_TABLE, "job '%s' has no table '%.200s'",
                           o->job->config->job, names->items[i]);
    }
    return 0;
}

/* ---- what is meant: tables of the source ---- */

static int fail_unknown(const struct um_strv *there, const char *name, struct um_err *err)
{
    struct um_suggest suggest;
    struct um_strv full = {0};
    um_suggest_start(&suggest, name);
    for (size_t i = 0; i + 1 < there->count; i += 2) {
        char *one = um_sprintf("%s.%s", there->items[i], there->items[i + 1]);
        um_strv_add(&full, one);
        free(one);
    }
    for (size_t i = 0; i < full.count; i++)
        um_suggest_try(&suggest, full.items[i]);
    um_fail(err, UM_E_ADD_UNKNOWN,
            "the source has no table '%.200s' that the account may see%s%s%s", name,
            suggest.best ? "; did you mean '" : "", suggest.best ? suggest.best : "",
            suggest.best ? "'?" : "");
    um_strv_clear(&full);
    return -1;
}

/* Its place in `there`, or there->count. A dot may be part of a name: then more than one table can
   be meant, and nobody guesses. */
static int find_on_source(const struct um_strv *there, const char *name, size_t *at,
                          struct um_err *err)
{
    *at = there->count;
    for (size_t i = 0; i + 1 < there->count; i += 2) {
        size_t len = strlen(there->items[i]);
        if (strncmp(there->items[i], name, len) != 0 || name[len] != '.' ||
            strcmp(there->items[i + 1], name + len + 1) != 0)
            continue;
        if (*at < there->count)
            return um_fail(err, UM_E_ADD_UNKNOWN, "'%.200s' is the name of two tables", name);
        *at = i;
    }
    return *at < there->count ? 0 : fail_unknown(there, name, err);
}

/* As if it had joined: nothing of it is there yet, and what it is has yet to be read. */
static int take_table(struct ordering *o, const char *schema, const char *name, struct um_err *err)
{
    struct um_state_data *d = &o->job->data;
    um_strv_add(&d->added, schema);
    um_strv_add(&d->added, name);
    if (!um_config_wants(o->job->config, schema, name))
        return um_fail(err, UM_E_ADD_UNKNOWN,
                       "'%s.%s' is a table of the server's or of the job's own", schema, name);
    d->tables = um_realloc(d->tables, (d->table_count + 1) * sizeof *d->tables);
    d->tables[d->table_count++] = (struct um_state_table){
        .schema = um_strdup(schema), .name = um_strdup(name), .create_sql = um_strdup("")};
    return 0;
}

static bool is_named_before(const struct um_strv *names, size_t i)
{
    bool found = false;
    for (size_t k = 0; k < i; k++)
        found |= strcmp(names->items[k], names->items[i]) == 0;
    return found;
}

static int take_all(struct ordering *o, const struct um_strv *there, const struct um_strv *names,
                    struct um_err *err)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t at;
        if (is_named_before(names, i))
            continue;
        if (find_named(&o->job->data, names->items[i], NULL))
            return um_fail(err, UM_E_ADD_MEMBER, "'%.200s' is a table of job '%s' already",
                           names->items[i], o->job->config->job);
        if (find_on_source(there, names->items[i], &at, err) != 0 ||
            take_table(o, there->items[at], there->items[at + 1], err) != 0)
            return -1;
        um_strv_add(&o->adding, names->items[i]);
    }
    return 0;
}

static int take_new(struct ordering *o, const struct um_strv *names, struct um_err *err)
{
    size_t before = o->job->data.table_count;
    struct um_strv there = {0};
    struct um_conn *source = um_conn_open(&o->job->config->source, err);
    int result = source ? um_catalog_table_names(source, &there, err) : -1;
    um_conn_close(source);
    if (result == 0)
        result = take_all(o, &there, names, err);
    um_strv_clear(&there);
    o->tables = um_alloc_array(o->job->data.table_count + 1, sizeof *o->tables);
    for (size_t i = before; i < o->job->data.table_count; i++)
        o->tables[i] = true;
    return result;
}

/* ---- whether it can be done ---- */

/* Tables that were made beforehand are not made anew. */
static int check_existing(const struct um_config *config, struct um_err *err)
{
    return config->copy.existing == UM_EXISTING_EMPTY
               ? um_fail(err, UM_E_ORDER_EXISTING,
                         "job '%s' was given its tables on the target (copy.existing is empty)",
                         config->job)
               : 0;
}

static int check_job(const struct ordering *o, struct um_err *err)
{
    const struct um_config *config = o->job->config;
    const struct um_state_data *data = &o->job->data;
    if (!data->exists)
        return um_fail(err, UM_E_STATE_NONE, "there is no job '%s' on the target", config->job);
    if (data->identity != um_config_identity(config))
        return um_fail(err, UM_E_STATE_CONFIG,
                       "job '%s' was begun with other tables or settings than the configuration "
                       "has now",
                       config->job);
    /* Whoever runs it would never look there. */
    if (o->add && data->running && data->version < UM_STATE_VERSION_ADDED)
        return um_fail(err, UM_E_ORDER_STATE,
                       "job '%s' runs with an earlier version of this program, which takes in no "
                       "tables",
                       config->job);
    return o->add ? 0 : check_existing(config, err);
}

static int check_plan(const struct ordering *o, struct um_err *err)
{
    struct um_plan plan = {0};
    int result = o->add ? um_plan_make_adding(o->job->config, &o->adding, &plan, err)
                        : um_plan_make(o->job->config, true, &plan, err);
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
static int put_orders(const struct ordering *o, struct um_err *err)
{
    struct um_job *job = o->job;
    struct um_conn *c = um_state_conn(job->state);
    int result = um_exec(c, err, "START TRANSACTION");
    for (size_t i = 0; result == 0 && i < job->data.table_count; i++) {
        const struct um_state_table *t = &job->data.tables[i];
        if (o->tables[i])
            result = (o->add ? um_state_put_added : um_state_put_order)(c, job->config, t->schema,
                                                                        t->name, err);
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

static int list(const struct ordering *o, struct um_order *out, struct um_err *err)
{
    const struct um_job *job = o->job;
    bool *all = um_alloc_array(job->table_count + 1, sizeof *all);
    int result = 0;
    memcpy(all, o->tables, job->table_count * sizeof *all);
    um_copy_along(job, all);
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        if (!all[i])
            continue;
        char *name = full_name(&job->data.tables[i]);
        um_strv_add(o->tables[i] ? &out->tables : &out->along, name);
        free(name);
        result = check_children(job, &job->tables[i], err);
    }
    free(all);
    return result == 0 && (!o->add || out->along.count) ? check_existing(job->config, err) : result;
}

static int order(struct ordering *o, const struct um_strv *names, struct um_order *out,
                 struct um_err *err)
{
    int result = (o->add ? take_new : find_all)(o, names, err);
    if (result == 0)
        result = check_plan(o, err);
    if (result == 0)
        result = read_tables(o->job, err);
    if (result == 0)
        result = list(o, out, err);
    if (result == 0)
        result = put_orders(o, err);
    out->running = o->job->data.running;
    return result;
}

static int order_of(const struct um_config *config, bool add, const struct um_strv *names,
                    struct um_order *out, struct um_err *err)
{
    struct um_job job;
    struct ordering o = {.job = &job, .add = add};
    *out = (struct um_order){0};
    um_job_init(&job, config);
    job.state = um_state_look(job.config, err);
    int result = job.state ? 0 : -1;
    if (result == 0)
        result = um_state_load(um_state_conn(job.state), job.config, false, &job.data, err);
    if (result == 0)
        result = check_job(&o, err);
    /* A job of an earlier version keeps it: only what is lacking is added, for the next start. */
    if (result == 0)
        result = um_state_schema_upgrade(um_state_conn(job.state), config, job.data.version,
                                         UM_STATE_VERSION, err);
    if (result == 0)
        result = order(&o, names, out, err);
    um_job_clear(&job);
    um_strv_clear(&o.adding);
    free(o.tables);
    if (result != 0)
        um_order_clear(out);
    return result;
}

int um_order_recopy(const struct um_config *config, const struct um_strv *names,
                    struct um_order *out, struct um_err *err)
{
    return order_of(config, false, names, out, err);
}

int um_order_add(const struct um_config *config, const struct um_strv *names, struct um_order *out,
                 struct um_err *err)
{
    return order_of(config, true, names, out, err);
}
