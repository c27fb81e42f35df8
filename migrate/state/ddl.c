#include "state/ddl.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "state/sql.h"

/* ---- effects: one to a line, names in backticks ---- */

static const char *const effect_names[] = {"created", "changed", "renamed", "dropped"};

struct um_effect *um_effects_add(struct um_effects *e, enum um_effect_kind kind, const char *schema,
                                 const char *name)
{
    um_grow(&e->items, &e->cap, e->count + 1, sizeof *e->items);
    e->items[e->count] =
        (struct um_effect){.kind = kind, .schema = um_strdup(schema), .name = um_strdup(name)};
    return &e->items[e->count++];
}

void um_effects_clear(struct um_effects *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->items[i].schema);
        free(e->items[i].name);
        free(e->items[i].new_schema);
        free(e->items[i].new_name);
        free(e->items[i].model);
    }
    free(e->items);
    *e = (struct um_effects){0};
}

/* " -" for none, or " 5:bytes". */
static void print_text(struct um_buf *b, const char *text)
{
    if (text)
        um_buf_fmt(b, " %zu:%s", strlen(text), text);
    else
        um_buf_str(b, " -");
}

static void print_effects(struct um_buf *b, const struct um_effects *e)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct um_effect *x = &e->items[i];
        const char *const texts[] = {x->schema, x->name, x->new_schema, x->new_name, x->model};
        um_buf_str(b, effect_names[x->kind]);
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            print_text(b, texts[k]);
        um_buf_char(b, '\n');
    }
    um_buf_add(b, "", 0);
}

static bool read_text(const char **p, const char *end, char **out)
{
    if (strncmp(*p, " -", 2) == 0) {
        *p += 2;
        return true;
    }
    if (**p != ' ')
        return false;
    char *colon;
    size_t len = strtoul(*p + 1, &colon, 10);
    if (*colon != ':' || len > (size_t)(end - colon - 1))
        return false;
    *p = colon + 1 + len;
    *out = um_memdup(colon + 1, len);
    return true;
}

static int read_effect(const char **p, const char *end, struct um_effects *e)
{
    size_t word = strcspn(*p, " "), kind = 0;
    while (strlen(effect_names[kind]) != word || strncmp(*p, effect_names[kind], word) != 0) {
        if (++kind == sizeof effect_names / sizeof *effect_names)
            return -1;
    }
    *p += word;
    struct um_effect *x = um_effects_add(e, (enum um_effect_kind)kind, "", "");
    free(x->schema);
    free(x->name);
    x->schema = x->name = NULL;
    bool good = read_text(p, end, &x->schema) && read_text(p, end, &x->name) &&
                read_text(p, end, &x->new_schema) && read_text(p, end, &x->new_name) &&
                read_text(p, end, &x->model) && x->schema && x->name && *(*p)++ == '\n';
    return good ? 0 : -1;
}

static int parse_effects(const char *text, struct um_effects *e, struct um_err *err)
{
    for (const char *p = text, *end = text + strlen(text); *p;) {
        if (read_effect(&p, end, e) != 0)
            return um_fail(err, UM_E_STATE_DAMAGED, "the state's row of a DDL cannot be read: %s",
                           text);
    }
    return 0;
}

/* ---- the journal's row ---- */

void um_state_ddl_clear(struct um_state_ddl *d)
{
    um_position_clear(&d->after.at);
    um_effects_clear(&d->effects);
    free(d->session);
    free(d->statement);
    free(d->before);
    *d = (struct um_state_ddl){0};
}

static int take_row(const char *const *v, const unsigned long *l, struct um_state_ddl *out,
                    struct um_err *err)
{
    out->exists = true;
    out->after.log_born = strtoll(v[3], NULL, 10);
    out->after.commit_us = strtoll(v[4], NULL, 10);
    out->after.transactions = strtoull(v[5], NULL, 10);
    out->after.changes = strtoull(v[6], NULL, 10);
    out->session = um_memdup(v[7], l[7]);
    out->statement = um_memdup(v[8], l[8]);
    out->before = um_strdup(v[10]);
    if (um_position_from_state(v, &out->after.at, err) != 0)
        return -1;
    return parse_effects(v[9], &out->effects, err);
}

int um_state_load_ddl(struct um_conn *c, const struct um_config *config, struct um_state_ddl *out,
                      struct um_err *err)
{
    *out = (struct um_state_ddl){0};
    struct um_resultset *rows =
        um_sql_select(c, config,
                      "log_file, log_pos, gtids, log_born, committed_us, transactions, changes, "
                      "session, statement, effects, before_it",
                      "job_ddl", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = um_result_next(rows, &v, &l, err);
    if (more > 0 && take_row(v, l, out, err) != 0)
        more = -1;
    um_result_close(rows);
    return more < 0 ? -1 : 0;
}

static void put_bytes(struct um_buf *sql, const char *name, const char *text)
{
    um_buf_fmt(sql, ",_binary");
    um_quote_bytes(sql, text, strlen(text));
    um_buf_fmt(sql, " AS %s", name);
}

int um_state_put_ddl(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                     const struct um_state_ddl *intent, struct um_err *err)
{
    struct um_buf sql = {0}, effects = {0}, at = {0};
    print_effects(&effects, &intent->effects);
    const struct um_state_progress *p = &intent->after;
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, config, "job_ddl");
    um_buf_str(&sql, " (job, log_born, committed_us, transactions, changes, session, statement, "
                     "effects, before_it, log_file, log_pos) SELECT job");
    um_buf_fmt(&sql, ",%" PRId64 ",%" PRId64 ",%" PRIu64 ",%" PRIu64, p->log_born, p->commit_us,
               p->transactions, p->changes);
    put_bytes(&sql, "session", intent->session);
    put_bytes(&sql, "statement", intent->statement);
    um_buf_char(&sql, ',');
    um_sql_text(&sql, effects.data);
    um_buf_char(&sql, ',');
    um_sql_text(&sql, intent->before);
    um_buf_str(&sql, ",'',0 FROM ");
    um_state_name(&sql, config, "job");
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND epoch=%" PRIu64 " LOCK IN SHARE MODE", epoch);
    um_buf_free(&effects);
    if (um_exec(c, err, "START TRANSACTION") != 0 || um_sql_run(c, &sql, err) != 0)
        return -1;
    if (um_affected(c) != 1)
        return um_state_fenced(config, err);
    um_buf_str(&at, "UPDATE ");
    um_state_name(&at, config, "job_ddl");
    um_buf_str(&at, " SET ");
    um_sql_position(&at, &p->at);
    um_sql_job(&at, config);
    return um_sql_run(c, &at, err) == 0 ? um_exec(c, err, "COMMIT") : -1;
}

int um_state_forget_ddl(struct um_conn *c, const struct um_config *config, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_ddl");
    um_sql_job(&sql, config);
    return um_sql_run(c, &sql, err);
}

/* ---- the job's tables behind it ---- */

static int next_table_id(struct um_conn *c, const struct um_config *config, uint64_t *id,
                         struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT COALESCE(MAX(id), 0) + 1 FROM ");
    um_state_name(&sql, config, "job_table");
    um_sql_job(&sql, config);
    int result = um_query_uint(c, id, err, "%s", sql.data);
    um_buf_free(&sql);
    return result;
}

int um_state_put_model(struct um_conn *c, const struct um_config *config, uint32_t id,
                       const char *schema, const char *name, const char *model, struct um_err *err)
{
    uint64_t next = id;
    if (!id && next_table_id(c, config, &next, err) != 0)
        return -1;
    struct um_buf sql = {0};
    um_buf_str(&sql, id ? "UPDATE " : "INSERT INTO ");
    um_state_name(&sql, config, "job_table");
    um_buf_str(&sql, " SET schema_name=");
    um_sql_text(&sql, schema);
    um_buf_str(&sql, ",table_name=");
    um_sql_text(&sql, name);
    um_buf_fmt(&sql, ",state='%s',create_sql=''", um_table_state_name(UM_TABLE_FOLLOWED));
    if (id) {
        um_sql_job(&sql, config);
        um_buf_fmt(&sql, " AND id=%u", id);
    } else {
        um_buf_str(&sql, ",rows_estimate=0,job=");
        um_sql_text(&sql, config->job);
        um_buf_fmt(&sql, ",id=%" PRIu64, next);
    }
    return um_sql_run(c, &sql, err) == 0 ? um_state_set_model(c, config, (uint32_t)next, model, err)
                                         : -1;
}

static int delete_of_table(struct um_conn *c, const struct um_config *config, const char *table,
                           const char *column, uint32_t id, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, table);
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND %s=%u", column, id);
    return um_sql_run(c, &sql, err);
}

int um_state_leave_name(struct um_conn *c, const struct um_config *config, const char *schema,
                        const char *name, struct um_err *err)
{
    struct um_buf sql = {0};
    uint64_t next = 0;
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_table");
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND state='%s' AND schema_name=", um_table_state_name(UM_TABLE_LEFT));
    um_sql_text(&sql, schema);
    um_buf_str(&sql, " AND table_name=");
    um_sql_text(&sql, name);
    if (um_sql_run(c, &sql, err) != 0 || next_table_id(c, config, &next, err) != 0)
        return -1;
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, config, "job_table");
    um_buf_str(&sql, " SET schema_name=");
    um_sql_text(&sql, schema);
    um_buf_str(&sql, ",table_name=");
    um_sql_text(&sql, name);
    um_buf_fmt(
        &sql, ",state='%s',create_sql='',rows_estimate=0,job=", um_table_state_name(UM_TABLE_LEFT));
    um_sql_text(&sql, config->job);
    um_buf_fmt(&sql, ",id=%" PRIu64, next);
    return um_sql_run(c, &sql, err);
}

int um_state_forget_table(struct um_conn *c, const struct um_config *config, uint32_t id,
                          struct um_err *err)
{
    if (delete_of_table(c, config, "job_chunk", "table_id", id, err) != 0 ||
        delete_of_table(c, config, "job_model", "table_id", id, err) != 0)
        return -1;
    return delete_of_table(c, config, "job_table", "id", id, err);
}

/* Whoever has seen another one knows that the table was copied, or altered, since: what it had
   found out about its rows is of no use any more (state/verified.h). */
static uint64_t any_number(void)
{
    uint64_t number = 0;
    RAND_bytes((unsigned char *)&number, sizeof number);
    return number;
}

void um_sql_set_model(struct um_buf *sql, const struct um_config *config, uint32_t id,
                      const char *model)
{
    um_buf_str(sql, "REPLACE INTO ");
    um_state_name(sql, config, "job_model");
    um_buf_str(sql, " SET job=");
    um_sql_text(sql, config->job);
    um_buf_fmt(sql, ",table_id=%u,generation=%" PRIu64 ",model=", id, any_number());
    um_sql_text(sql, model);
}

int um_state_set_model(struct um_conn *c, const struct um_config *config, uint32_t id,
                       const char *model, struct um_err *err)
{
    struct um_buf sql = {0};
    um_sql_set_model(&sql, config, id, model);
    return um_sql_run(c, &sql, err);
}
