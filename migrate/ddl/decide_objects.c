#include "ddl/decide.h"

#include <stdlib.h>
#include <string.h>

#include "target/target.h"

/* What is no table. */

static bool schema_is_ours(const struct um_deciding *d, const char *schema)
{
    for (size_t i = 0; i < d->job->table_count; i++) {
        if (strcmp(d->job->tables[i].source->schema, schema) == 0)
            return true;
    }
    return false;
}

/* Views by their names, the others with their schema. */
static bool is_followed(const struct um_deciding *d, const struct um_sql_name *n)
{
    bool view = d->sql->kind == UM_SQL_VIEW || d->sql->kind == UM_SQL_DROP_VIEW;
    return view ? um_is_included(d, n) : schema_is_ours(d, n->schema);
}

static void put_drop(struct um_buf *b, const char *object, const struct um_sql_name *n)
{
    um_buf_fmt(b, "DROP %s IF EXISTS ", object);
    um_quote_table(b, n->schema, n->name);
}

/* As it was written: a body keeps its comments. */
static int take_original(struct um_deciding *d, struct um_err *err)
{
    const struct um_server *from = &d->job->source, *to = &d->job->target;
    const char *text = d->txn->statement;
    if (from->version != to->version && (strstr(text, "/*!") || strstr(text, "/*M!")))
        return um_ddl_refuse(d->txn, err, "because it has comments that only some versions run");
    char *own = d->job->config->copy.definer == UM_DEFINER_CURRENT ? um_target_without_definer(text)
                                                                   : um_strdup(text);
    um_buf_str(&d->out->statement, own);
    free(own);
    d->out->run = d->out->repeatable = true;
    return 0;
}

/* Views, routines: made anew where a crash may have come after it. */
int um_decide_object(struct um_deciding *d, struct um_err *err)
{
    const struct um_sql *s = d->sql;
    const struct um_sql_name *n = &s->names[0];
    if (!is_followed(d, n))
        return 0;
    bool creates = n->role == UM_SQL_CREATES;
    if (creates && !s->if_exists && !s->or_replace)
        put_drop(&d->out->first, s->object, n);
    if (creates)
        d->out->object = s->object;
    d->out->may_fail = um_is_before_a_snapshot(d);
    um_about(d, n);
    return take_original(d, err);
}

int um_decide_drop_object(struct um_deciding *d)
{
    struct um_buf *b = &d->out->statement;
    for (size_t i = 0; i < d->sql->name_count; i++) {
        const struct um_sql_name *n = &d->sql->names[i];
        if (!is_followed(d, n))
            continue;
        if (!d->out->run) {
            put_drop(b, d->sql->object, n);
        } else {
            um_buf_str(b, ", ");
            um_quote_table(b, n->schema, n->name);
        }
        d->out->run = d->out->repeatable = true;
    }
    return 0;
}

int um_decide_create_database(struct um_deciding *d)
{
    const struct um_sql_name *n = &d->sql->names[0];
    if (!um_config_wants(d->job->config, n->schema, ""))
        return 0;
    um_buf_str(&d->out->statement, "CREATE DATABASE IF NOT EXISTS ");
    um_quote_ident(&d->out->statement, n->schema);
    um_buf_str(&d->out->statement, d->sql->text + n->at + n->len);
    d->out->run = d->out->repeatable = true;
    return 0;
}

int um_decide_alter_database(struct um_deciding *d, struct um_err *err)
{
    return schema_is_ours(d, d->sql->names[0].schema) ? take_original(d, err) : 0;
}

int um_decide_drop_database(struct um_deciding *d, struct um_err *err)
{
    const struct um_sql_name *n = &d->sql->names[0];
    size_t ahead = 0;
    for (size_t i = 0; i < d->job->table_count; i++) {
        const struct um_job_table *t = &d->job->tables[i];
        if (strcmp(t->source->schema, n->schema) != 0)
            continue;
        if (um_standing_of(d, n->schema, t->source->name) != UM_STANDS_IN_STEP && ++ahead)
            continue;
        d->out->run = d->out->repeatable = d->out->drops_schema = true;
        if (um_add_member(d, UM_EFFECT_DROPPED, t, err) != 0)
            return -1;
    }
    if (d->out->run && ahead)
        return um_ddl_refuse(d->txn, err,
                             "because some of its tables were copied before it ran and some after");
    um_buf_str(&d->out->statement, "DROP DATABASE IF EXISTS ");
    um_quote_ident(&d->out->statement, n->schema);
    um_about(d, n);
    return 0;
}
