#include "job/job.h"

#include <stdlib.h>
#include <strings.h>

#include "schema/cascades.h"

bool um_job_refers_to(const struct um_job *job, const struct um_job_table *child,
                      const struct um_job_table *parent)
{
    for (size_t i = 0; i < child->source->foreign_key_count; i++) {
        const struct um_foreign_key *fk = &child->source->foreign_keys[i];
        if (um_job_find(job, fk->parent_schema, fk->parent_table) == parent)
            return true;
    }
    return false;
}

bool um_job_cascades_by_sql_layer(struct um_conn *c)
{
    struct um_err ignored;
    char *native = um_server_variable(c, "innodb_native_foreign_keys", &ignored);
    bool by_sql_layer = native && strcasecmp(native, "OFF") == 0;
    free(native);
    return by_sql_layer;
}

struct circle {
    const struct um_table *child;
    const struct um_foreign_key *closing;
};

static void keep(void *context, const struct um_table *child, const struct um_foreign_key *closing)
{
    *(struct circle *)context = (struct circle){.child = child, .closing = closing};
}

int um_job_check_cascades(const struct um_job *job, struct um_err *err)
{
    if (job->cascades_logged || job->target.flavour != UM_MYSQL)
        return 0;
    const struct um_table **tables = um_alloc_array(job->table_count + 1, sizeof *tables);
    for (size_t i = 0; i < job->table_count; i++)
        tables[i] = job->tables[i].source;
    struct circle found = {0};
    um_cascade_circles(tables, job->table_count, keep, &found);
    free(tables);
    if (!found.child || !um_job_cascades_by_sql_layer(um_state_conn(job->state)))
        return 0;
    return um_fail(err, UM_E_TARGET_CASCADES,
                   "foreign keys cascade in a circle, closed by `%s`.`%s` to `%s`.`%s`, which the "
                   "target would not carry out whole (innodb_native_foreign_keys=OFF)",
                   found.child->schema, found.child->name, found.closing->parent_schema,
                   found.closing->parent_table);
}
