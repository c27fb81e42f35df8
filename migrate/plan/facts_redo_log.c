#include <stdlib.h>
#include <string.h>

#include "plan/ask.h"
#include "plan/facts.h"
#include "schema/ddl.h"

/* For copy.redo_log: off, everything on the target that this job has not made. */

static void of_job(struct um_buf *sql, const struct um_facts *f, const char *select,
                   const char *table)
{
    um_buf_fmt(sql, "SELECT %s FROM ", select);
    um_quote_table(sql, f->config->state.schema, table);
    um_buf_str(sql, " WHERE job = ");
    um_quote_text(sql, f->config->job);
}

/* Without the state schema there is no job yet. */
static int read_job(struct um_conn *c, struct um_facts *f, struct um_err *err)
{
    struct um_target_facts *t = &f->target;
    struct um_buf sql = {0};
    struct um_strv over = {0};
    of_job(&sql, f, "phase", "job");
    um_buf_str(&sql, " AND phase <> 'copy'");
    int answered = um_ask_names(c, &over, err, sql.data);
    t->copy_is_over = over.count > 0;
    um_strv_clear(&over);
    um_buf_clear(&sql);
    of_job(&sql, f, "schema_name, table_name", "job_table");
    um_buf_str(&sql, " AND state <> 'pending'");
    if (answered >= 0)
        answered = um_ask_names(c, &t->made, err, sql.data);
    um_buf_free(&sql);
    return answered < 0 ? -1 : 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_own(const struct um_strv *sorted, const struct um_strv *others, const char *name)
{
    if (sorted->count && bsearch(&name, sorted->items, sorted->count, sizeof(char *), by_text))
        return true;
    for (size_t i = 0; others && i < others->count; i++) {
        if (strcmp(others->items[i], name) == 0)
            return true;
    }
    return false;
}

static void elsewhere(struct um_buf *sql, const struct um_facts *f, const char *select,
                      const char *column)
{
    um_buf_fmt(sql, "%s %s NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', ",
               select, column);
    um_quote_text(sql, f->config->state.schema);
    um_buf_char(sql, ')');
}

/* What the server will not tell is not taken for absent. */
static int ask_all(struct um_conn *c, struct um_facts *f, struct um_strv *out, const char *sql,
                   struct um_err *err)
{
    int answered = um_ask_names(c, out, err, sql);
    if (answered == 0)
        um_strv_add(&f->target.strangers, "what the server does not list");
    return answered;
}

/* A table that the account may not see is not listed; its schema is, to whom may see all. */
static int read_hidden(struct um_conn *c, struct um_facts *f, struct um_err *err)
{
    struct um_strv schemas = {0};
    struct um_buf sql = {0}, all = {0};
    elsewhere(&sql, f, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE", "SCHEMA_NAME");
    int answered = ask_all(c, f, &schemas, sql.data, err);
    for (size_t i = 0; i < schemas.count; i++) {
        if (um_side_may(&f->target.side, "SELECT", schemas.items[i], NULL))
            continue;
        um_buf_clear(&all);
        um_buf_fmt(&all, "%s.*", schemas.items[i]);
        um_strv_add(&f->target.strangers, all.data);
    }
    um_strv_clear(&schemas);
    um_buf_free(&sql);
    um_buf_free(&all);
    return answered < 0 ? -1 : 0;
}

static int read_strangers(struct um_conn *c, struct um_facts *f, struct um_err *err)
{
    struct um_target_facts *t = &f->target;
    struct um_strv names = {0};
    struct um_buf sql = {0};
    elsewhere(&sql, f,
              "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
              "WHERE TABLE_TYPE <> 'VIEW' AND",
              "TABLE_SCHEMA");
    int answered = ask_all(c, f, &names, sql.data, err);
    if (t->made.count)
        qsort(t->made.items, t->made.count, sizeof *t->made.items, by_text);
    for (size_t i = 0; i < names.count; i++) {
        if (!is_own(&t->made, f->own, names.items[i]))
            um_strv_add(&t->strangers, names.items[i]);
    }
    um_strv_clear(&names);
    um_buf_free(&sql);
    return answered < 0 ? -1 : 0;
}

int um_facts_redo_log(struct um_conn *c, struct um_facts *f, struct um_err *err)
{
    bool on;
    if (um_server_redo_log(c, &on, err) != 0)
        return -1;
    f->target.redo_log_off = !on;
    if (f->config->copy.redo_log != UM_REDO_LOG_OFF || f->following)
        return 0;
    if (read_job(c, f, err) != 0 || read_hidden(c, f, err) != 0)
        return -1;
    return read_strangers(c, f, err);
}
