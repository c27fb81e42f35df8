#include <stdlib.h>
#include <string.h>

#include "ddl/decide.h"

/* RENAME TABLE: one after the other, a name may be another table's by the time it is used. */

/* What a name stands for after the renames so far. */
enum occupant {
    OURS,    /* a table that is in step */
    VACATED, /* one was, and has left */
    AHEAD,   /* whose rows were copied later, or nothing that was left by then */
    OTHER,   /* no table of the job */
};

static int find_occupant(const struct um_deciding *d, const struct um_sql_name *n,
                         enum occupant *out, struct um_err *err)
{
    static const enum occupant by_standing[] = {[UM_STANDS_IN_STEP] = OURS,
                                                [UM_STANDS_AHEAD] = AHEAD,
                                                [UM_STANDS_GONE] = AHEAD,
                                                [UM_STANDS_OUTSIDE] = OTHER};
    const struct um_effects *effects = &d->out->effects;
    bool told = false;
    for (size_t k = 0; k < effects->count; k++) {
        const struct um_effect *e = &effects->items[k];
        if (strcmp(e->schema, n->schema) == 0 && strcmp(e->name, n->name) == 0)
            *out = VACATED, told = true;
        if (e->new_name && strcmp(e->new_schema, n->schema) == 0 &&
            strcmp(e->new_name, n->name) == 0)
            *out = OURS, told = true;
    }
    if (told)
        return 0;
    enum um_standing stands = um_standing_of(d, n->schema, n->name);
    if (stands == UM_STANDS_MIXED)
        return um_refuse_mixed(d, n, err);
    *out = by_standing[stands];
    return 0;
}

static int rename_ours(struct um_deciding *d, const struct um_sql_name *from,
                       const struct um_sql_name *to, struct um_err *err)
{
    struct um_effects *effects = &d->out->effects;
    struct um_buf *b = &d->out->statement;
    um_buf_str(b, d->out->run ? ", " : "RENAME TABLE ");
    um_quote_table(b, from->schema, from->name);
    um_buf_str(b, " TO ");
    um_quote_table(b, to->schema, to->name);
    d->out->run = true;
    /* Of a name that was another table's: the model is that one's, and comes along. */
    const struct um_job_table *t = um_job_find(d->job, from->schema, from->name);
    struct um_effect *e;
    if (t && !um_find_effect(effects, from->schema, from->name)) {
        if (um_add_member(d, UM_EFFECT_CHANGED, t, err) != 0)
            return -1;
        e = &effects->items[effects->count - 1];
    } else {
        e = um_effects_add(effects, UM_EFFECT_RENAMED, from->schema, from->name);
    }
    um_becomes(e, to);
    return 0;
}

/* It becomes one whose copy is there already. */
static int drop_ours(struct um_deciding *d, const struct um_sql_name *from, struct um_err *err)
{
    struct um_buf *b = &d->out->statement;
    const struct um_job_table *t = um_job_find(d->job, from->schema, from->name);
    if (!t || um_find_effect(&d->out->effects, from->schema, from->name) ||
        um_refuse_children(d, from, err) != 0)
        return um_ddl_refuse(d->txn, err,
                             "because `%s`.`%s` becomes a table that was copied after it ran",
                             from->schema, from->name);
    um_buf_str(b, d->out->run ? ", " : "DROP TABLE IF EXISTS ");
    um_quote_table(b, t->target_schema, t->target_name);
    d->out->run = d->out->repeatable = true;
    return um_add_member(d, UM_EFFECT_DROPPED, t, err);
}

/* What is ahead or outside stays so: the copy has it, or nobody asked for it. */
static int pass_over(const struct um_deciding *d, const struct um_sql_name *from,
                     const struct um_sql_name *to, struct um_err *err)
{
    return um_refuse_children(d, from, err) != 0 || um_refuse_children(d, to, err) != 0 ? -1 : 0;
}

static int rename_one(struct um_deciding *d, const struct um_sql_name *from,
                      const struct um_sql_name *to, size_t *dropped, size_t *renamed,
                      struct um_err *err)
{
    enum occupant was, takes;
    if (find_occupant(d, from, &was, err) != 0 || find_occupant(d, to, &takes, err) != 0)
        return -1;
    bool ours = was == OURS, wanted = um_job_wants(d->job, to->schema, to->name);
    bool is_copy = takes == AHEAD && um_job_find(d->job, to->schema, to->name);
    if (ours && is_copy)
        return ++*dropped, drop_ours(d, from, err);
    if (was == AHEAD && (takes == VACATED || takes == OURS || (takes == OTHER && wanted)))
        return um_ddl_refuse(d->txn, err,
                             "because `%s`.`%s`, which was copied after it ran, takes the place of "
                             "`%s`.`%s`, which was copied before",
                             from->schema, from->name, to->schema, to->name);
    if (was == AHEAD || (was == OTHER && takes == AHEAD))
        return pass_over(d, from, to, err);
    if (ours != wanted)
        return um_refuse_border(d, from, to, !ours, err);
    return ours ? ++*renamed, rename_ours(d, from, to, err) : 0;
}

int um_decide_rename(struct um_deciding *d, struct um_err *err)
{
    size_t dropped = 0, renamed = 0;
    for (size_t i = 0; i + 1 < d->sql->name_count; i += 2) {
        const struct um_sql_name *from = &d->sql->names[i];
        if (rename_one(d, from, from + 1, &dropped, &renamed, err) != 0)
            return -1;
    }
    if (dropped && renamed)
        return um_ddl_refuse(d->txn, err,
                             "because some of its tables were copied before it ran and some after");
    /* When all names are those of before, only the tables themselves tell who is who. */
    const struct um_effects *effects = &d->out->effects;
    bool same = renamed > 0;
    for (size_t k = 0; same && k < effects->count; k++)
        same &= um_job_find(d->job, effects->items[k].new_schema, effects->items[k].new_name) ||
                um_find_effect(effects, effects->items[k].new_schema, effects->items[k].new_name);
    d->out->permutes = same;
    return 0;
}
