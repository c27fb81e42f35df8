#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "ddl/decide.h"

/* What of a statement the copy has already: tables that were read at a later position. */

static struct um_place place_of(const struct um_txn *txn)
{
    return (struct um_place){.file = txn->file, .offset = txn->end_offset, .gtid = &txn->gtid};
}

bool um_is_before_a_snapshot(const struct um_deciding *d)
{
    return um_coverage_is_before_latest(d->coverage, place_of(d->txn));
}

enum um_standing um_standing_of(const struct um_deciding *d, const char *schema, const char *name)
{
    static const enum um_standing by_side[] = {[UM_SIDE_EARLIER] = UM_STANDS_IN_STEP,
                                               [UM_SIDE_LATER] = UM_STANDS_AHEAD,
                                               [UM_SIDE_MIXED] = UM_STANDS_MIXED};
    const struct um_job_table *t = um_job_find(d->job, schema, name);
    if (t)
        return by_side[um_coverage_side(d->coverage, t, place_of(d->txn))];
    bool gone =
        um_job_wants(d->job, schema, name) &&
        um_coverage_side_of_unknown(d->coverage, schema, name, place_of(d->txn)) == UM_SIDE_LATER;
    return gone ? UM_STANDS_GONE : UM_STANDS_OUTSIDE;
}

int um_refuse_mixed(const struct um_deciding *d, const struct um_sql_name *n, struct um_err *err)
{
    return um_ddl_refuse(d->txn, err,
                         "because the rows of `%s`.`%s` were copied in parts, some before it ran "
                         "and some after",
                         n->schema, n->name);
}

/* Of a table that is in step, one whose foreign key is by this name. */
static const struct um_foreign_key *key_of_child(const struct um_deciding *d,
                                                 const struct um_sql_name *parent,
                                                 const struct um_job_table **child, size_t *at)
{
    for (; *at < d->job->table_count; ++*at) {
        const struct um_job_table *t = &d->job->tables[*at];
        if (um_standing_of(d, t->source->schema, t->source->name) == UM_STANDS_AHEAD)
            continue;
        for (size_t k = 0; k < t->source->foreign_key_count; k++) {
            const struct um_foreign_key *fk = &t->source->foreign_keys[k];
            if (strcasecmp(fk->parent_schema, parent->schema) == 0 &&
                strcasecmp(fk->parent_table, parent->name) == 0) {
                *child = t;
                ++*at;
                return fk;
            }
        }
    }
    return NULL;
}

static bool has_parent_columns(const struct um_table *parent, const struct um_foreign_key *fk)
{
    for (size_t i = 0; i < fk->part_count; i++) {
        if (um_table_column(parent, fk->parts[i].parent_column) < 0)
            return false;
    }
    return true;
}

int um_refuse_children(const struct um_deciding *d, const struct um_sql_name *n, struct um_err *err)
{
    const struct um_job_table *child, *now = um_job_find(d->job, n->schema, n->name);
    const struct um_foreign_key *fk;
    bool renames = n->role == UM_SQL_RENAMES || n->role == UM_SQL_BECOMES;
    for (size_t at = 0; (fk = key_of_child(d, n, &child, &at)) != NULL;) {
        if (renames || (now && !has_parent_columns(now->source, fk)))
            return um_ddl_refuse(d->txn, err,
                                 "because `%s`.`%s` was copied after it ran, and `%s`.`%s`, which "
                                 "refers to it, before",
                                 n->schema, n->name, child->source->schema, child->source->name);
    }
    return 0;
}

/* What is built once the stream has passed the copies of this table and of those it refers to. */
static bool waits(const struct um_deciding *d, const struct um_job_table *t)
{
    if (!t->ddl)
        return false;
    bool together = um_coverage_together(d->coverage, t, t);
    for (size_t i = 0; i < t->source->foreign_key_count; i++) {
        const struct um_foreign_key *fk = &t->source->foreign_keys[i];
        const struct um_job_table *parent =
            um_job_find(d->job, fk->parent_schema, fk->parent_table);
        together &= !parent || um_coverage_together(d->coverage, t, parent);
    }
    return !together;
}

static bool is_not_in_step(void *context, const char *schema, const char *name)
{
    enum um_standing s = um_standing_of(context, schema, name);
    return s == UM_STANDS_AHEAD || s == UM_STANDS_MIXED;
}

/* By a foreign key that it makes. */
static bool refers_ahead(const struct um_deciding *d)
{
    return strcasestr(d->sql->text, "REFERENCES") &&
           um_sql_mentions(d->txn->statement, d->txn->statement_len, d->how, is_not_in_step,
                           (void *)d);
}

static bool concerns_rows_and_columns(enum um_sql_kind kind)
{
    switch (kind) {
    case UM_SQL_CREATE_TABLE:
    case UM_SQL_CREATE_TABLE_LIKE:
    case UM_SQL_ALTER_TABLE:
    case UM_SQL_TRUNCATE_TABLE:
    case UM_SQL_CREATE_INDEX:
    case UM_SQL_DROP_INDEX:
        return true;
    default:
        return false;
    }
}

/* A table that is made where none was left when the latest snapshot was taken: it is run, as it may
   become what is in step; but what it is made of has to be that. */
static bool is_made_of_what_is_ahead(const struct um_deciding *d)
{
    bool ahead = refers_ahead(d);
    for (size_t i = 1; i < d->sql->name_count; i++)
        ahead |=
            um_standing_of(d, d->sql->names[i].schema, d->sql->names[i].name) != UM_STANDS_IN_STEP;
    return ahead;
}

int um_refuse_what_waits(const struct um_deciding *d, struct um_err *err)
{
    for (size_t i = 0; i < d->out->effects.count; i++) {
        const struct um_effect *e = &d->out->effects.items[i];
        const struct um_job_table *t = um_job_find(d->job, e->schema, e->name);
        bool stays = e->kind == UM_EFFECT_CHANGED || e->kind == UM_EFFECT_RENAMED;
        if (t && stays && waits(d, t))
            return um_ddl_refuse(d->txn, err,
                                 "because indexes or foreign keys of `%s`.`%s` wait for the stream "
                                 "to pass the copy of another table",
                                 e->schema, e->name);
    }
    return 0;
}

int um_decide_copied(const struct um_deciding *d, bool *copied, struct um_err *err)
{
    size_t in_step = 0, ahead = 0;
    *copied = false;
    if (!concerns_rows_and_columns(d->sql->kind))
        return 0;
    for (size_t i = 0; i < d->sql->name_count; i++) {
        const struct um_sql_name *n = &d->sql->names[i];
        enum um_standing s = um_standing_of(d, n->schema, n->name);
        if (n->role == UM_SQL_CREATES && s == UM_STANDS_GONE) {
            *copied = is_made_of_what_is_ahead(d);
            return 0;
        }
        if (s == UM_STANDS_MIXED && n->role != UM_SQL_READS)
            return um_refuse_mixed(d, n, err);
        in_step += s == UM_STANDS_IN_STEP && n->role != UM_SQL_READS;
        /* A name that is to be taken is nobody's. */
        ahead += s == UM_STANDS_AHEAD || (s == UM_STANDS_GONE && n->role != UM_SQL_BECOMES);
    }
    if (!ahead && refers_ahead(d))
        return um_ddl_refuse(d->txn, err,
                             "because it refers to a table that was copied after it ran");
    if (!ahead)
        return 0;
    const struct um_sql_name *first = &d->sql->names[0];
    bool creates = first->role == UM_SQL_CREATES &&
                   um_job_wants(d->job, first->schema, first->name) &&
                   um_standing_of(d, first->schema, first->name) == UM_STANDS_OUTSIDE;
    for (size_t i = 0; i < d->sql->name_count; i++) {
        if (in_step || creates)
            return um_ddl_refuse(d->txn, err,
                                 "because some of its tables were copied before it ran and some "
                                 "after");
        if (um_refuse_children(d, &d->sql->names[i], err) != 0)
            return -1;
    }
    *copied = true;
    return 0;
}
