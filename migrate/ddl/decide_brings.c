#include <string.h>

#include "config/config.h"
#include "ddl/decide.h"
#include "schema/cascades.h"

/* What the plan blocks, where a statement would bring it to a table of the job. */

/* Older servers read REFERENCES behind a column and leave it out. */
static bool keeps_references_of_columns(const struct um_server *s)
{
    return s->version >= (s->flavour == UM_MARIADB ? 100500U : 90000U);
}

/* What the configuration includes joins once it is made. A companion that the job has not may be
   there since before. */
static bool comes_along(const struct um_deciding *d, const struct um_foreign_key *fk)
{
    const struct um_sql_name *own = &d->sql->names[0];
    return um_job_find(d->job, fk->parent_schema, fk->parent_table) ||
           um_config_wants(d->job->config, fk->parent_schema, fk->parent_table) ||
           (strcmp(own->schema, fk->parent_schema) == 0 &&
            strcmp(own->name, fk->parent_table) == 0);
}

struct keys {
    const struct um_deciding *d;
    struct um_err *err;
    int result; /* -1 once one is refused */
};

static int refuse_lost(const struct um_deciding *d, const struct um_foreign_key *fk,
                       struct um_err *err)
{
    return um_ddl_refuse(d->txn, err,
                         "because %s%s%s of `%s`.`%s` cascades from `%s`.`%s`, which is not of the "
                         "job, and the source does not log what it does to rows (include the "
                         "parent from the beginning, or let the key not cascade)",
                         fk->name ? "foreign key `" : "a foreign key", fk->name ? fk->name : "",
                         fk->name ? "`" : "", d->sql->names[0].schema, d->sql->names[0].name,
                         fk->parent_schema, fk->parent_table);
}

static void judge_key(void *context, const struct um_foreign_key *fk, bool of_column)
{
    struct keys *k = context;
    const struct um_deciding *d = k->d;
    bool made = !of_column || keeps_references_of_columns(&d->job->source);
    if (k->result != 0)
        return;
    if (!made && keeps_references_of_columns(&d->job->target))
        k->result = um_ddl_refuse(d->txn, k->err,
                                  "because REFERENCES `%s`.`%s` behind a column makes no foreign "
                                  "key on the source, and would on the target",
                                  fk->parent_schema, fk->parent_table);
    else if (made && um_cascade_is_lost(fk, d->job->cascades_logged) && !comes_along(d, fk))
        k->result = refuse_lost(d, fk, k->err);
}

int um_refuse_what_plan_blocks(const struct um_deciding *d, struct um_err *err)
{
    if (um_sql_versions(d->sql, d->how))
        return um_ddl_refuse(d->txn, err,
                             "because it makes `%s`.`%s` system-versioned: a server writes the row "
                             "times itself, so that history cannot be carried over as it is",
                             d->sql->names[0].schema, d->sql->names[0].name);
    struct keys keys = {.d = d, .err = err};
    um_sql_foreign_keys(d->sql, d->how, judge_key, &keys);
    return keys.result;
}
