#include <stdarg.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "ddl/ddl.h"
#include "ddl/decide.h"
#include "job/model.h"
#include "schema/ddl_statement.h"

/* What a statement of the source means for the job. Pure. */

int um_ddl_refuse(const struct um_txn *txn, struct um_err *err, const char *why, ...)
{
    struct um_buf text = {0};
    va_list args;
    va_start(args, why);
    um_buf_vfmt(&text, why, args);
    va_end(args);
    um_fail(err, UM_E_FOLLOW_DDL,
            "at %s:%" PRIu64 " the source ran a statement that is not followed, %s: %.300s",
            txn->file, txn->end_offset, text.data, txn->statement);
    um_buf_free(&text);
    return -1;
}

void um_ddl_decision_clear(struct um_ddl_decision *d)
{
    um_buf_free(&d->statement);
    um_buf_free(&d->first);
    free(d->schema);
    free(d->name);
    um_effects_clear(&d->effects);
    *d = (struct um_ddl_decision){0};
}

static struct um_job_table *member(const struct um_deciding *d, const struct um_sql_name *n)
{
    return um_job_find(d->job, n->schema, n->name);
}

static bool wanted(const struct um_deciding *d, const struct um_sql_name *n)
{
    return um_job_wants(d->job, n->schema, n->name);
}

/* Views have no companions. */
bool um_is_included(const struct um_deciding *d, const struct um_sql_name *n)
{
    return um_config_wants(d->job->config, n->schema, n->name);
}

struct um_effect *um_find_effect(const struct um_effects *e, const char *schema, const char *name)
{
    for (size_t i = 0; i < e->count; i++) {
        if (strcmp(e->items[i].schema, schema) == 0 && strcmp(e->items[i].name, name) == 0)
            return &e->items[i];
    }
    return NULL;
}

/* Of a table that the job has: what it is on the target now goes with it. */
int um_add_member(struct um_deciding *d, enum um_effect_kind kind, const struct um_job_table *t,
                  struct um_err *err)
{
    if (!um_model_alike(t->source, t->target))
        return um_ddl_refuse(d->txn, err,
                             "because the target's table `%s`.`%s` has other columns than the "
                             "source's",
                             t->target_schema, t->target_name);
    struct um_effect *e =
        um_effects_add(&d->out->effects, kind, t->source->schema, t->source->name);
    struct um_buf model = {0};
    um_model_print(t->target, &model);
    e->model = um_buf_take(&model);
    return 0;
}

/* Foreign keys follow what becomes of their parents. Those of tables that were read later, in whole
   or in part, are not there yet, and will be as they are then. */
static int add_children(struct um_deciding *d, struct um_err *err)
{
    struct um_effects *effects = &d->out->effects;
    for (size_t n = 0, own = effects->count; n < own; n++) {
        for (size_t i = 0; i < d->job->table_count; i++) {
            const struct um_job_table *t = &d->job->tables[i];
            bool child = false;
            for (size_t k = 0; k < t->source->foreign_key_count; k++) {
                const struct um_foreign_key *fk = &t->source->foreign_keys[k];
                const struct um_effect *e = &effects->items[n];
                child |= strcasecmp(fk->parent_schema, e->schema) == 0 &&
                         strcasecmp(fk->parent_table, e->name) == 0;
                child |= e->new_name && strcasecmp(fk->parent_schema, e->new_schema) == 0 &&
                         strcasecmp(fk->parent_table, e->new_name) == 0;
            }
            if (child && !um_find_effect(effects, t->source->schema, t->source->name) &&
                um_standing_of(d, t->source->schema, t->source->name) == UM_STANDS_IN_STEP &&
                um_add_member(d, UM_EFFECT_CHANGED, t, err) != 0)
                return -1;
        }
    }
    return 0;
}

/* ---- one kind after the other ---- */

/* A column that a key makes NOT NULL has the default 0 in MySQL 5.6, and none since. */
static int check_implied(struct um_deciding *d, struct um_err *err)
{
    const struct um_server *from = &d->job->source, *to = &d->job->target;
    if (from->flavour != UM_MYSQL || from->version >= 50700 || to->version < 50700)
        return 0;
    const struct um_job_table *t = d->sql->name_count ? member(d, &d->sql->names[0]) : NULL;
    struct um_strv columns = {0};
    um_sql_implied_not_null(d->sql, d->how, &columns);
    int result = 0;
    for (size_t i = 0; result == 0 && i < columns.count; i++) {
        int at = t ? um_table_column(t->source, columns.items[i]) : -1;
        if (at < 0 || t->source->columns[at].nullable)
            result = um_ddl_refuse(d->txn, err,
                                   "because the source gives `%s` of its primary key a default, "
                                   "and the target would not (say NOT NULL)",
                                   columns.items[i]);
    }
    um_strv_clear(&columns);
    return result;
}

static int take_text(struct um_deciding *d, struct um_err *err)
{
    if (check_implied(d, err) != 0 || um_refuse_what_plan_blocks(d, err) != 0)
        return -1;
    struct um_buf why = {0};
    int result = 0;
    d->out->run = true;
    if (!um_sql_transactional(d->sql, d->how, &d->out->statement, &why))
        result = um_ddl_refuse(d->txn, err, "because the target would not keep it exactly (%s)",
                               why.data);
    um_buf_free(&why);
    return result;
}

void um_about(struct um_deciding *d, const struct um_sql_name *n)
{
    d->out->schema = um_strdup(n->schema);
    d->out->name = um_strdup(n->name);
}

static int decide_create(struct um_deciding *d, struct um_err *err)
{
    const struct um_sql_name *n = &d->sql->names[0];
    if (!wanted(d, n))
        return 0;
    const struct um_job_table *t = member(d, n);
    if (t && d->sql->if_exists)
        return 0; /* it was there already */
    if (t && !d->sql->or_replace)
        return um_ddl_refuse(d->txn, err, "because `%s`.`%s` is there already", n->schema, n->name);
    if (d->sql->kind == UM_SQL_CREATE_TABLE_LIKE && !member(d, &d->sql->names[1]))
        return um_ddl_refuse(d->txn, err, "because `%s`.`%s` is no table of the job",
                             d->sql->names[1].schema, d->sql->names[1].name);
    if (t && um_add_member(d, UM_EFFECT_DROPPED, t, err) != 0)
        return -1;
    um_effects_add(&d->out->effects, UM_EFFECT_CREATED, n->schema, n->name);
    d->out->default_collation = d->sql->default_collation;
    um_about(d, n);
    return take_text(d, err);
}

/* From outside into the job, or out of it. */
int um_refuse_border(const struct um_deciding *d, const struct um_sql_name *from,
                     const struct um_sql_name *to, bool enters, struct um_err *err)
{
    return um_ddl_refuse(d->txn, err,
                         enters ? "because `%s`.`%s`, whose rows the job does not have, becomes "
                                  "`%s`.`%s` (include both from the beginning)"
                                : "because `%s`.`%s` of the job becomes `%s`.`%s`, which is not "
                                  "included",
                         from->schema, from->name, to->schema, to->name);
}

void um_becomes(struct um_effect *e, const struct um_sql_name *to)
{
    e->kind = UM_EFFECT_RENAMED;
    e->new_schema = um_strdup(to->schema);
    e->new_name = um_strdup(to->name);
}

static bool has_primary_key(const struct um_table *t)
{
    return t->index_count && t->indexes[0].primary;
}

/* What goes into rows beside what the statement says has to be the same on both sides. */
static int check_fills(struct um_deciding *d, const struct um_job_table *t, struct um_err *err)
{
    char *what;
    if (um_sql_fills_anew(d->sql, d->how, &what)) {
        um_ddl_refuse(d->txn, err,
                      "because the rows that are there get what %s gives, which would be another "
                      "value on the target",
                      what);
        free(what);
        return -1;
    }
    if (um_sql_goes_by_order(d->sql, d->how) && !has_primary_key(t->source))
        return um_ddl_refuse(d->txn, err,
                             "because it goes by the order of the rows, and `%s`.`%s` has no "
                             "primary key that says which",
                             t->source->schema, t->source->name);
    return 0;
}

static int decide_alter(struct um_deciding *d, struct um_err *err)
{
    size_t ours = 0;
    const struct um_sql *s = d->sql;
    for (size_t i = 0; i < s->name_count; i++) {
        const struct um_sql_name *n = &s->names[i];
        const struct um_job_table *t = n->role == UM_SQL_BECOMES ? NULL : member(d, n);
        const struct um_sql_name *to = n->role == UM_SQL_RENAMES ? &s->names[i + 1] : NULL;
        if (n->role == UM_SQL_BECOMES)
            continue;
        if (to && (t != NULL) != wanted(d, to))
            return um_refuse_border(d, n, to, !t, err);
        if (!t && wanted(d, n) && !s->if_exists)
            return um_ddl_refuse(d->txn, err, "because the job has no table `%s`.`%s`", n->schema,
                                 n->name);
        if (!t)
            continue;
        ours++;
        if (check_fills(d, t, err) != 0 || um_add_member(d, UM_EFFECT_CHANGED, t, err) != 0)
            return -1;
        if (to)
            um_becomes(&d->out->effects.items[d->out->effects.count - 1], to);
    }
    if (!ours)
        return 0;
    bool alone = s->name_count == ours + (s->names[0].role == UM_SQL_RENAMES);
    if (!alone)
        return um_ddl_refuse(d->txn, err, "because it joins a table of the job with another");
    d->out->swaps_rows = s->swaps_rows;
    return take_text(d, err);
}

static int decide_drop(struct um_deciding *d, struct um_err *err)
{
    struct um_buf *b = &d->out->statement;
    for (size_t i = 0; i < d->sql->name_count; i++) {
        const struct um_sql_name *n = &d->sql->names[i];
        const struct um_job_table *t = member(d, n);
        enum um_standing stands = um_standing_of(d, n->schema, n->name);
        if (stands == UM_STANDS_MIXED)
            return um_refuse_mixed(d, n, err);
        if (!t || stands == UM_STANDS_AHEAD ||
            um_find_effect(&d->out->effects, t->source->schema, t->source->name))
            continue;
        um_buf_str(b, d->out->run ? ", " : "DROP TABLE IF EXISTS ");
        um_quote_table(b, t->target_schema, t->target_name);
        /* Not every server drops several of them at once or none. */
        d->out->run = d->out->repeatable = true;
        if (um_add_member(d, UM_EFFECT_DROPPED, t, err) != 0)
            return -1;
    }
    return 0;
}

static int decide_change(struct um_deciding *d, struct um_err *err)
{
    const struct um_job_table *t = member(d, &d->sql->names[0]);
    if (!t && wanted(d, &d->sql->names[0]) && !d->sql->if_exists)
        return um_ddl_refuse(d->txn, err, "because the job has no table `%s`.`%s`",
                             d->sql->names[0].schema, d->sql->names[0].name);
    if (!t)
        return 0;
    if (um_add_member(d, UM_EFFECT_CHANGED, t, err) != 0)
        return -1;
    if (d->sql->kind != UM_SQL_TRUNCATE_TABLE)
        return take_text(d, err);
    um_buf_str(&d->out->statement, "TRUNCATE TABLE ");
    um_quote_table(&d->out->statement, t->target_schema, t->target_name);
    d->out->run = true;
    return 0;
}

static int decide_kind(struct um_deciding *d, struct um_err *err)
{
    switch (d->sql->kind) {
    case UM_SQL_CREATE_TABLE:
    case UM_SQL_CREATE_TABLE_LIKE:
        return decide_create(d, err);
    case UM_SQL_ALTER_TABLE:
        return decide_alter(d, err);
    case UM_SQL_DROP_TABLE:
        return decide_drop(d, err);
    case UM_SQL_RENAME_TABLE:
        return um_decide_rename(d, err);
    case UM_SQL_TRUNCATE_TABLE:
    case UM_SQL_CREATE_INDEX:
    case UM_SQL_DROP_INDEX:
        return decide_change(d, err);
    case UM_SQL_VIEW:
    case UM_SQL_ROUTINE:
        return um_decide_object(d, err);
    case UM_SQL_DROP_VIEW:
    case UM_SQL_DROP_ROUTINE:
    case UM_SQL_DROP_EVENT:
        return um_decide_drop_object(d);
    case UM_SQL_CREATE_DATABASE:
        return um_decide_create_database(d);
    case UM_SQL_ALTER_DATABASE:
        return um_decide_alter_database(d, err);
    case UM_SQL_DROP_DATABASE:
        return um_decide_drop_database(d, err);
    case UM_SQL_TRIGGER:
        return 0; /* they are made at the end, as the source has them then */
    default:
        return um_ddl_refuse(d->txn, err, "because this version does not know it");
    }
}

/* A server writes what failed only when a part of it took effect. */
static bool failed_in_part(const struct um_deciding *d)
{
    enum { UNKNOWN_TABLE = 1051 }; /* DROP TABLE a, b: what was there went */
    return d->txn->session.error_code &&
           !(d->sql->kind == UM_SQL_DROP_TABLE && d->txn->session.error_code == UNKNOWN_TABLE);
}

/* Means the same to MySQL and MariaDB, whatever the session. */
static bool is_neutral(const struct um_sql *s)
{
    return s->kind == UM_SQL_DROP_TABLE || s->kind == UM_SQL_RENAME_TABLE ||
           s->kind == UM_SQL_TRUNCATE_TABLE || s->kind == UM_SQL_TRIGGER;
}

static int decide(struct um_deciding *d, struct um_err *err)
{
    const struct um_job *job = d->job;
    if (job->config->apply.ddl == UM_FOLLOW_DDL_STOP)
        return um_ddl_refuse(d->txn, err, "by apply.ddl");
    /* What follows it in its transaction must not be passed over. */
    d->out->rows_follow = d->sql->in_transaction || d->txn->within;
    if (d->out->rows_follow && (d->sql->kind != UM_SQL_CREATE_TABLE || d->sql->or_replace ||
                                job->config->apply.ddl == UM_FOLLOW_DDL_IGNORE))
        return um_ddl_refuse(d->txn, err, "because it is a part of a transaction");
    if (job->config->apply.ddl == UM_FOLLOW_DDL_IGNORE) {
        um_warn("At %s:%" PRIu64 ", passed over by apply.ddl: %.300s", d->txn->file,
                d->txn->end_offset, d->txn->statement);
        return 0;
    }
    if (failed_in_part(d))
        return um_ddl_refuse(d->txn, err, "because it failed on the source with error %u",
                             d->txn->session.error_code);
    bool copied;
    if (um_decide_copied(d, &copied, err) != 0)
        return -1;
    if (copied) {
        um_info("At %s:%" PRIu64 ", passed over as the copy has it already: %.300s", d->txn->file,
                d->txn->end_offset, d->txn->statement);
        return 0;
    }
    if (job->source.flavour != job->target.flavour && !is_neutral(d->sql))
        return um_ddl_refuse(d->txn, err, "because source and target are of two flavours");
    if (decide_kind(d, err) != 0 || add_children(d, err) != 0)
        return -1;
    return um_refuse_what_waits(d, err);
}

int um_ddl_decide(const struct um_job *job, const struct um_coverage *coverage,
                  const struct um_txn *txn, struct um_ddl_decision *out, struct um_err *err)
{
    const struct um_statement_session *s = &txn->session;
    struct um_sql_reading how =
        um_job_reading(job, s->schema, s->has_sql_mode ? s->sql_mode : 0, s->charset_client);
    struct um_sql sql;
    um_sql_read(txn->statement, txn->statement_len, &how, &sql);
    struct um_deciding d = {
        .job = job, .coverage = coverage, .txn = txn, .sql = &sql, .how = &how, .out = out};
    *out = (struct um_ddl_decision){0};
    int result = decide(&d, err);
    um_sql_clear(&sql);
    if (result != 0)
        um_ddl_decision_clear(out);
    return result;
}
