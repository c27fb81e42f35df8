#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ddl/ddl.h"

/* Which tables have to wait for a DDL, and which need not. */

static bool is_parent(const struct um_table *child, const struct um_table *parent)
{
    for (size_t i = 0; i < child->foreign_key_count; i++) {
        if (strcasecmp(child->foreign_keys[i].parent_schema, parent->schema) == 0 &&
            strcasecmp(child->foreign_keys[i].parent_table, parent->name) == 0)
            return true;
    }
    return false;
}

/* A statement locks the definitions of the tables that foreign keys lead to, in both directions and
   along cascades. */
static bool add_relatives(const struct um_job *job, bool *aside)
{
    bool found = false;
    for (size_t i = 0; i < job->table_count; i++) {
        for (size_t k = 0; !aside[i] && k < job->table_count; k++) {
            const struct um_table *a = job->tables[i].source, *b = job->tables[k].source;
            if (aside[k] && (is_parent(a, b) || is_parent(b, a)))
                aside[i] = found = true;
        }
    }
    return found;
}

static bool is_of_tables(const struct um_ddl_decision *d)
{
    if (!d->run || d->rows_follow || d->object || d->drops_schema || !d->effects.count)
        return false;
    for (size_t i = 0; i < d->effects.count; i++) {
        enum um_effect_kind kind = d->effects.items[i].kind;
        if (kind != UM_EFFECT_CHANGED && kind != UM_EFFECT_DROPPED)
            return false; /* of a name that stands for nothing yet: soon done */
    }
    return true;
}

bool *um_ddl_aside(const struct um_job *job, const struct um_ddl_decision *decision)
{
    if (!is_of_tables(decision) || job->config->apply.commit_order == UM_COMMIT_SOURCE)
        return NULL;
    bool *aside = um_alloc_array(job->table_count, sizeof *aside);
    for (size_t i = 0; i < decision->effects.count; i++) {
        const struct um_effect *e = &decision->effects.items[i];
        const struct um_job_table *t = um_job_find(job, e->schema, e->name);
        if (t)
            aside[t->index] = true;
    }
    while (add_relatives(job, aside))
        ;
    return aside;
}
