#include "state/repair.h"

#include <inttypes.h>
#include <stdlib.h>

#include "state/sql.h"

static void put_text(struct um_buf *sql, const char *text)
{
    um_buf_char(sql, ',');
    um_sql_text(sql, text);
}

void um_state_repair_statement(const struct um_config *config, const struct um_repair_record *r,
                               struct um_buf *sql)
{
    if (!sql->len) {
        um_buf_str(sql, "INSERT INTO ");
        um_state_name(sql, config, "job_repair");
        um_buf_str(sql, " (job, run, log_file, log_pos, schema_name, table_name, op, row_key, "
                        "before_image, after_image, recorded_at) VALUES ");
    } else {
        um_buf_char(sql, ',');
    }
    um_buf_char(sql, '(');
    um_sql_text(sql, config->job);
    um_buf_fmt(sql, ",%" PRIu64, r->run);
    put_text(sql, r->at->file);
    um_buf_fmt(sql, ",%" PRIu64, r->at->offset);
    put_text(sql, r->schema);
    put_text(sql, r->table);
    put_text(sql, r->op);
    put_text(sql, r->key);
    put_text(sql, r->before);
    put_text(sql, r->after);
    um_buf_str(sql, ",UTC_TIMESTAMP(6))");
}

static int lock_rows(struct um_conn *c, const struct um_config *config, const char *table,
                     const char *name, uint64_t value, const char *more, bool *there,
                     struct um_err *err)
{
    struct um_buf sql = {0};
    char *found = NULL;
    um_buf_str(&sql, "SELECT 1 FROM ");
    um_state_name(&sql, config, table);
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND %s=%" PRIu64 "%s LOCK IN SHARE MODE", name, value, more);
    int result = um_query_value(c, &found, err, "%s", sql.data);
    um_buf_free(&sql);
    *there = found != NULL;
    free(found);
    return result;
}

int um_state_repair_fence(struct um_conn *c, const struct um_config *config,
                          const struct um_repair_fence *fence, struct um_err *err)
{
    bool there = false;
    int result = lock_rows(c, config, "job", "epoch", fence->epoch, "", &there, err);
    if (result == 0 && there && fence->ticket)
        result = lock_rows(c, config, "job_hold", "ticket", fence->ticket, " AND stage='reached'",
                           &there, err);
    if (result != 0 || there)
        return result;
    return um_fail(err, UM_E_REPAIR_FENCED,
                   "job '%s': the migration no longer stands still where it was asked to",
                   config->job);
}
