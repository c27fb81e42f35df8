#include <stdlib.h>
#include <string.h>

#include "ddl/ddl.h"
#include "job/model.h"

/* What the job's tables are behind a DDL, by what the target has then. */

/* A table on its way through the effects, one after the other. */
struct table {
    uint32_t id; /* 0: new */
    const char *schema, *name;
    const struct um_table *source;
    const char *before; /* model of the target's table */
    bool dropped;
};

struct tables {
    struct table *items;
    size_t count, cap;
};

static struct table *find(struct tables *all, const char *schema, const char *name)
{
    for (size_t i = 0; i < all->count; i++) {
        struct table *t = &all->items[i];
        if (!t->dropped && strcmp(t->schema, schema) == 0 && strcmp(t->name, name) == 0)
            return t;
    }
    return NULL;
}

static struct table *add(struct tables *all, const char *schema, const char *name)
{
    um_grow(&all->items, &all->cap, all->count + 1, sizeof *all->items);
    all->items[all->count] = (struct table){.schema = schema, .name = name};
    return &all->items[all->count++];
}

static int follow_effect(const struct um_job *job, struct tables *all, const struct um_effect *e,
                         struct um_err *err)
{
    if (e->kind == UM_EFFECT_CREATED) {
        add(all, e->schema, e->name);
        return 0;
    }
    struct table *t = find(all, e->schema, e->name);
    const struct um_job_table *of_job = um_job_find(job, e->schema, e->name);
    if (!t && !of_job)
        return um_fail(err, UM_E_STATE_DAMAGED, "a DDL concerns `%s`.`%s`, which the job has not",
                       e->schema, e->name);
    if (!t) {
        t = add(all, e->schema, e->name);
        t->id = of_job->id;
        t->source = of_job->source;
        t->before = e->model;
    }
    t->dropped = e->kind == UM_EFFECT_DROPPED;
    if (e->kind == UM_EFFECT_RENAMED) {
        t->schema = e->new_schema;
        t->name = e->new_name;
    }
    return 0;
}

static bool among(void *context, const char *schema, const char *name)
{
    return find(context, schema, name) != NULL;
}

static int check_generated_times(const struct um_job *job, const struct um_table *target,
                                 const struct table *t, struct um_err *err)
{
    struct um_ddl *ddl = um_ddl_parse(target->create_sql, err);
    int result = ddl ? um_job_check_generated_times(job, ddl, t->schema, t->name, err) : -1;
    um_ddl_delete(ddl);
    return result;
}

static int put_table(const struct um_job *job, struct um_conn *c, const struct table *t,
                     const struct um_tables *now, struct um_err *err)
{
    if (t->dropped)
        return t->id ? um_state_forget_table(c, job->config, t->id, err) : 0;
    const struct um_table *target = um_tables_find(now, t->schema, t->name);
    if (!target)
        return um_fail(err, UM_E_TARGET_TABLE_GONE,
                       "table `%s`.`%s` is not on the target behind the DDL that made it",
                       t->schema, t->name);
    if (check_generated_times(job, target, t, err) != 0)
        return -1;
    struct um_table *before = NULL;
    if (t->before && !(before = um_model_parse(t->before, t->schema, t->name, err)))
        return -1;
    struct um_table *source = um_model_after(t->source, before, target, t->schema, t->name);
    struct um_buf model = {0};
    um_model_print(source, &model);
    int result = um_state_put_model(c, job->config, t->id, t->schema, t->name, model.data, err);
    um_buf_free(&model);
    um_table_delete(source);
    um_table_delete(before);
    return result;
}

/* A table that was read later may take the name, or not: the copy does not tell, as it had another
   one by that name. */
static int leave_names(const struct um_job *job, struct um_conn *c,
                       const struct um_effects *effects, struct um_err *err)
{
    int result = 0;
    for (size_t i = 0; job->data.snapshot_count > 1 && result == 0 && i < effects->count; i++) {
        const struct um_effect *e = &effects->items[i];
        if (e->kind == UM_EFFECT_DROPPED || e->kind == UM_EFFECT_RENAMED)
            result = um_state_leave_name(c, job->config, e->schema, e->name, err);
    }
    return result;
}

int um_ddl_put_models(struct um_job *job, const struct um_effects *effects, struct um_err *err)
{
    struct um_conn *c = um_state_conn(job->state);
    struct tables all = {0};
    struct um_tables now = {0};
    int result = 0;
    for (size_t i = 0; result == 0 && i < effects->count; i++)
        result = follow_effect(job, &all, &effects->items[i], err);
    if (result == 0)
        result = um_catalog_tables(c, among, &all, &now, err);
    /* What goes first: its name may be another's now. */
    for (int dropped = 1; dropped >= 0; dropped--) {
        for (size_t i = 0; result == 0 && i < all.count; i++) {
            if (all.items[i].dropped == dropped)
                result = put_table(job, c, &all.items[i], &now, err);
        }
    }
    if (result == 0)
        result = leave_names(job, c, effects, err);
    um_tables_delete(&now);
    free(all.items);
    return result;
}
