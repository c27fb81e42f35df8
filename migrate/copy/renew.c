#include "copy/renew.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "copy/along.h"
#include "copy/worker.h"
#include "target/target.h"

/* ---- before the snapshot ---- */

static int drop_on_target(const struct um_job *job, const struct um_state_table *t,
                          struct um_err *err)
{
    struct um_conn *ddl = um_target_ddl_open(job->config, err);
    struct um_buf sql = {0};
    um_buf_str(&sql, "DROP TABLE IF EXISTS ");
    um_quote_table(&sql, t->schema, t->name);
    int result = ddl ? um_exec_bytes(ddl, sql.data, sql.len, err) : -1;
    um_buf_free(&sql);
    um_conn_close(ddl);
    return result;
}

static int refuse(const struct um_job *job, const char *schema, const char *name, const char *what,
                  struct um_err *err)
{
    return um_fail(err, UM_E_SOURCE_DDL,
                   "table `%s`.`%s` was %s on the source while the copy was not finished, and %s",
                   schema, name, what,
                   job->config->apply.ddl == UM_FOLLOW_DDL_STOP
                       ? "apply.ddl is stop"
                       : "copy.existing is empty, so the target's table stays as it is");
}

/* Tables that were made for the job beforehand are not made anew. */
static bool may_renew(const struct um_job *job, const struct um_state_table *t)
{
    const struct um_config *c = job->config;
    return c->apply.ddl != UM_FOLLOW_DDL_STOP &&
           (c->copy.existing != UM_EXISTING_EMPTY || t->state == UM_TABLE_PENDING);
}

static int remove_table(struct um_job *job, const struct um_state_table *t, struct um_err *err)
{
    /* One that was added to the job and is gone before it was looked at has never been of it. */
    bool known = t->create_sql[0] || t->state != UM_TABLE_PENDING;
    if (known && !may_renew(job, t))
        return refuse(job, t->schema, t->name, "dropped or renamed", err);
    um_warn("`%s`.`%s` is no longer on the source and leaves the job.", t->schema, t->name);
    if (t->state != UM_TABLE_PENDING && drop_on_target(job, t, err) != 0)
        return -1;
    if (um_fault(UM_FAULT_COPY_BEFORE_RENEWAL, err) != 0)
        return -1;
    return um_state_remove_table(job->state, t->id, err);
}

static int replace_table(struct um_job *job, const struct um_state_table *t,
                         const struct um_table *now, struct um_err *err)
{
    bool known = t->create_sql[0];
    if (known && !may_renew(job, t))
        return refuse(job, t->schema, t->name, "altered", err);
    if (known)
        um_warn("`%s`.`%s` was altered on the source and is copied from the beginning.", t->schema,
                t->name);
    char *definition = um_job_fingerprint(now->create_sql);
    int result = um_fault(UM_FAULT_COPY_BEFORE_RENEWAL, err);
    if (result == 0)
        result = um_state_replace_table(job->state, t, definition, now->rows_estimate, err);
    free(definition);
    return result;
}

static int add_table(struct um_job *job, const struct um_table *now, struct um_err *err)
{
    if (job->config->apply.ddl == UM_FOLLOW_DDL_STOP)
        return refuse(job, now->schema, now->name, "created", err);
    um_info("`%s`.`%s` is new on the source and joins the job.", now->schema, now->name);
    struct um_state_table t = {.schema = now->schema,
                               .name = now->name,
                               .create_sql = um_job_fingerprint(now->create_sql),
                               .rows_estimate = now->rows_estimate};
    int result = um_fault(UM_FAULT_COPY_BEFORE_RENEWAL, err);
    if (result == 0)
        result = um_state_add_table(job->state, &t, err);
    free(t.create_sql);
    return result;
}

static const struct um_state_table *find_recorded(const struct um_job *job, const char *schema,
                                                  const char *name)
{
    for (size_t i = 0; i < job->data.table_count; i++) {
        const struct um_state_table *t = &job->data.tables[i];
        if (strcmp(t->schema, schema) == 0 && strcmp(t->name, name) == 0)
            return t;
    }
    return NULL;
}

static int renew(struct um_job *job, bool *changed, struct um_err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < job->data.table_count; i++) {
        const struct um_state_table *t = &job->data.tables[i];
        const struct um_table *now = um_tables_find(&job->source_tables, t->schema, t->name);
        if (um_state_is_copied(t) || (now && um_job_is_as_recorded(now, t)))
            continue;
        *changed = true;
        result = now ? replace_table(job, t, now, err) : remove_table(job, t, err);
    }
    for (size_t i = 0; result == 0 && i < job->source_tables.count; i++) {
        const struct um_table *now = job->source_tables.items[i];
        if (find_recorded(job, now->schema, now->name))
            continue;
        *changed = true;
        result = add_table(job, now, err);
    }
    return result;
}

static int load_again(struct um_job *job, struct um_err *err)
{
    um_state_data_clear(&job->data);
    return um_state_load(um_state_conn(job->state), job->config, true, &job->data, err);
}

int um_copy_renew(struct um_job *job, bool *changed, struct um_err *err)
{
    *changed = false;
    for (bool more = true; more;) {
        bool renewed = false;
        if (renew(job, &renewed, err) != 0 || (renewed && load_again(job, err) != 0) ||
            um_job_match(job, err) != 0 || um_copy_take_along(job, &more, err) != 0 ||
            (more && load_again(job, err) != 0))
            return -1;
        *changed |= renewed;
    }
    return 0;
}

/* ---- behind it ---- */

void um_copy_ask_rows(struct um_buf *sql, const struct um_job_table *t)
{
    um_buf_str(sql, "SHOW CREATE TABLE ");
    um_quote_table(sql, t->source->schema, t->source->name);
}

static int read_definition(struct um_resultset *rows, char **out, struct um_err *err)
{
    const char *const *v;
    const unsigned long *l;
    int more = rows ? um_result_next(rows, &v, &l, err) : -1;
    *out = more > 0 ? um_job_fingerprint(v[1] ? v[1] : "") : NULL;
    while (more > 0)
        more = um_result_next(rows, &v, &l, err);
    um_result_close(rows);
    if (*out && more == 0)
        return 0;
    free(*out);
    *out = NULL;
    return -1;
}

static int show_create(struct um_conn *source, const struct um_job_table *t, char **out,
                       struct um_err *err)
{
    struct um_buf sql = {0};
    um_copy_ask_rows(&sql, t);
    int result = read_definition(um_query_stream(source, sql.data, sql.len, err), out, err);
    um_buf_free(&sql);
    return result;
}

static int changed_meanwhile(const struct um_job_table *t, struct um_err *err)
{
    return um_fail(err, UM_E_COPY_CHANGED,
                   "table `%s`.`%s` was altered on the source while it was copied",
                   t->source->schema, t->source->name);
}

static int check_definition(const struct um_job *job, struct um_conn *source,
                            const struct um_job_table *t, struct um_err *err)
{
    char *now;
    if (show_create(source, t, &now, err) != 0)
        return um_copy_is_changed_table(err) ? changed_meanwhile(t, err) : -1;
    bool same = strcmp(now, job->data.tables[t->index].create_sql) == 0;
    free(now);
    return same ? 0 : changed_meanwhile(t, err);
}

static int read_one(struct um_conn *session, const char *schema, const char *name,
                    struct um_err *err)
{
    struct um_buf quoted = {0};
    um_quote_table(&quoted, schema, name);
    struct um_resultset *rows = um_query(session, err, "SELECT 1 FROM %s LIMIT 1", quoted.data);
    int result = rows ? 0 : -1;
    um_result_close(rows);
    um_buf_free(&quoted);
    return um_copy_unlock(session, result, err);
}

bool um_copy_is_readable(struct um_conn *session, const struct um_table *t)
{
    struct um_err err = {0};
    return read_one(session, t->schema, t->name, &err) == 0 || !um_copy_is_changed_table(&err);
}

/* A table that the snapshot does not know comes by the stream. */
static int check_new(struct um_conn *session, const char *schema, const char *name,
                     struct um_err *err)
{
    if (read_one(session, schema, name, err) != 0)
        return um_copy_is_changed_table(err) ? 0 : -1;
    return um_fail(err, UM_E_COPY_CHANGED,
                   "table `%s`.`%s` was created on the source while the copy was being started",
                   schema, name);
}

static int check_no_new_ones(const struct um_job *job, struct um_conn *source,
                             struct um_conn *session, struct um_err *err)
{
    struct um_strv names = {0};
    int result = um_catalog_table_names(source, &names, err);
    for (size_t i = 0; result == 0 && i + 1 < names.count; i += 2) {
        const char *schema = names.items[i], *name = names.items[i + 1];
        if (um_config_wants(job->config, schema, name) && !um_job_find(job, schema, name))
            result = check_new(session, schema, name, err);
    }
    um_strv_clear(&names);
    return result;
}

int um_copy_check_snapshot(const struct um_job *job, struct um_conn *session, struct um_err *err)
{
    struct um_conn *source = um_conn_open(&job->config->source, err);
    int result = source ? 0 : -1;
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        if (!um_state_is_copied(&job->data.tables[i]))
            result = check_definition(job, source, &job->tables[i], err);
    }
    if (result == 0)
        result = check_no_new_ones(job, source, session, err);
    um_conn_close(source);
    return result;
}

/* ---- while it is read ---- */

bool um_copy_is_changed_table(const struct um_err *err)
{
    enum {
        BAD_DATABASE = 1049,
        BAD_COLUMN = 1054,
        NO_SUCH_TABLE = 1146,
        NO_SUCH_KEY = 1176,
        DEFINITION_CHANGED = 1412,
        NOT_IN_ENGINE = 1932,
    };
    static const unsigned codes[] = {BAD_DATABASE, BAD_COLUMN,         NO_SUCH_TABLE,
                                     NO_SUCH_KEY,  DEFINITION_CHANGED, NOT_IN_ENGINE};
    for (size_t i = 0; um_err_exit(err) == UM_EXIT_SOURCE && i < sizeof codes / sizeof *codes;
         i++) {
        if (err->server_code == codes[i])
            return true;
    }
    return false;
}

/* Columns are lines that begin with a quoted name, and come before all else. */
static const char *column_line(const char **p, size_t *len)
{
    const char *line = strchr(*p, '\n');
    if (!line || strncmp(line, "\n  `", 4) != 0)
        return NULL;
    *p = line + 1;
    *len = strcspn(*p, "\n");
    if (*len && (*p)[*len - 1] == ',')
        --*len;
    return *p;
}

bool um_copy_has_columns(const char *now, const char *then)
{
    size_t wanted_len, len;
    const char *wanted;
    while ((wanted = column_line(&then, &wanted_len)) != NULL) {
        const char *line;
        do {
            line = column_line(&now, &len);
        } while (line && !(len == wanted_len && memcmp(line, wanted, len) == 0));
        if (!line)
            return false;
    }
    return true;
}

int um_copy_judge_rows(const struct um_job *job, const struct um_job_table *t,
                       struct um_resultset *answer, struct um_err *err)
{
    char *now;
    if (read_definition(answer, &now, err) != 0)
        return -1;
    bool same = um_copy_has_columns(now, job->data.tables[t->index].create_sql);
    free(now);
    return same ? 0 : changed_meanwhile(t, err);
}

int um_copy_check_rows(const struct um_job *job, struct um_conn *session,
                       const struct um_job_table *t, struct um_err *err)
{
    struct um_buf sql = {0};
    um_copy_ask_rows(&sql, t);
    struct um_resultset *answer = um_query_stream(session, sql.data, sql.len, err);
    um_buf_free(&sql);
    return um_copy_judge_rows(job, t, answer, err);
}
