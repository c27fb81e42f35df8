#include "state/skip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "state/sql.h"

void um_stopped_clear(struct um_stopped *s)
{
    free(s->transaction);
    free(s->file);
    free(s->schema);
    free(s->table);
    free(s->op);
    free(s->row_key);
    *s = (struct um_stopped){0};
}

void um_skip_clear(struct um_skip *s)
{
    free(s->transaction);
    free(s->items);
    *s = (struct um_skip){0};
}

const struct um_permission *um_skip_find(const struct um_skip *s, uint64_t row)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].row == row)
            return &s->items[i];
    }
    return NULL;
}

/* ---- what stopped the job ---- */

int um_state_put_stopped(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                         const struct um_stopped *s, struct um_err *err)
{
    const char *const texts[] = {s->transaction, s->file, s->schema, s->table, s->op, s->row_key};
    struct um_buf sql = {0};
    um_buf_str(&sql, "REPLACE INTO ");
    um_state_name(&sql, config, "job_stopped");
    um_buf_str(&sql, " (job, transaction_name, log_file, schema_name, table_name, op, row_key,"
                     " log_pos, row_no, error) SELECT job");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        um_buf_char(&sql, ',');
        um_sql_text(&sql, texts[i]);
    }
    um_buf_fmt(&sql, ",%" PRIu64 ",%" PRIu64 ",%u FROM ", s->offset, s->row, s->error);
    um_state_name(&sql, config, "job");
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND epoch=%" PRIu64, epoch);
    return um_sql_run(c, &sql, err);
}

static char *dup_or_null(const char *text)
{
    return text ? um_strdup(text) : NULL;
}

int um_state_load_stopped(struct um_conn *c, const struct um_config *config, struct um_stopped *out,
                          struct um_err *err)
{
    *out = (struct um_stopped){0};
    struct um_resultset *rows = um_sql_select(
        c, config,
        "transaction_name, log_file, log_pos, row_no, schema_name, table_name, op, row_key, error",
        "job_stopped", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = um_result_next(rows, &v, &l, err);
    if (more > 0)
        *out = (struct um_stopped){.transaction = um_strdup(v[0]),
                                   .file = um_strdup(v[1]),
                                   .offset = strtoull(v[2], NULL, 10),
                                   .row = strtoull(v[3], NULL, 10),
                                   .schema = dup_or_null(v[4]),
                                   .table = dup_or_null(v[5]),
                                   .op = dup_or_null(v[6]),
                                   .row_key = dup_or_null(v[7]),
                                   .error = (unsigned)strtoul(v[8], NULL, 10)};
    um_result_close(rows);
    return more < 0 ? -1 : 0;
}

/* ---- permissions ---- */

int um_state_load_skip(struct um_conn *c, const struct um_config *config, struct um_skip *out,
                       struct um_err *err)
{
    *out = (struct um_skip){0};
    struct um_resultset *rows =
        um_sql_select(c, config, "transaction_name, row_no, error", "job_skip", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        if (!out->transaction)
            out->transaction = um_strdup(v[0]);
        um_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items);
        out->items[out->count++] = (struct um_permission){
            .row = strtoull(v[1], NULL, 10), .error = (unsigned)strtoul(v[2], NULL, 10)};
    }
    um_result_close(rows);
    if (more < 0)
        um_skip_clear(out);
    return more;
}

static int forget_others(struct um_conn *c, const struct um_config *config, const char *transaction,
                         struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_skip");
    um_sql_job(&sql, config);
    um_buf_str(&sql, " AND transaction_name<>");
    um_sql_text(&sql, transaction);
    return um_sql_run(c, &sql, err);
}

static int insert_permission(struct um_conn *c, const struct um_config *config,
                             const char *transaction, uint64_t row, unsigned error,
                             struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "REPLACE INTO ");
    um_state_name(&sql, config, "job_skip");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_str(&sql, ",transaction_name=");
    um_sql_text(&sql, transaction);
    um_buf_fmt(&sql, ",row_no=%" PRIu64 ",error=%u", row, error);
    return um_sql_run(c, &sql, err);
}

int um_state_permit(struct um_conn *c, const struct um_config *config,
                    const struct um_stopped *what, bool whole, struct um_err *err)
{
    if (um_exec(c, err, "START TRANSACTION") == 0 &&
        forget_others(c, config, what->transaction, err) == 0 &&
        insert_permission(c, config, what->transaction, whole ? 0 : what->row, what->error, err) ==
            0)
        return um_exec(c, err, "COMMIT");
    return -1;
}

int um_state_consume_skip(struct um_conn *c, const struct um_config *config,
                          const struct um_skip *s, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_skip");
    um_sql_job(&sql, config);
    um_buf_str(&sql, " AND transaction_name=");
    um_sql_text(&sql, s->transaction);
    if (um_sql_run(c, &sql, err) != 0)
        return -1;
    return um_affected(c) == s->count ? 0 : um_state_fenced(config, err);
}
