#include "state/conflict.h"

#include <inttypes.h>

#include "state/sql.h"

static void put_text(struct um_buf *sql, const char *column, const char *text)
{
    um_buf_fmt(sql, ",%s=", column);
    um_sql_text(sql, text);
}

int um_state_put_conflict(struct um_conn *c, const struct um_config *config,
                          const struct um_conflict_record *r, struct um_err *err)
{
    struct um_buf sql = {0}, gtid = {0};
    if (r->txn->gtid.kind != UM_GTID_NONE)
        um_gtid_print(&r->txn->gtid, &gtid);
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, config, "job_conflict");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    put_text(&sql, "log_file", r->txn->file);
    um_buf_fmt(&sql, ",log_pos=%" PRIu64, r->offset);
    put_text(&sql, "gtid", gtid.data);
    um_buf_fmt(&sql, ",row_no=%" PRIu64, r->row);
    put_text(&sql, "schema_name", r->schema);
    put_text(&sql, "table_name", r->table);
    put_text(&sql, "op", r->op);
    put_text(&sql, "policy", r->policy);
    um_buf_fmt(&sql, ",error='UM-%u'", r->error);
    put_text(&sql, "row_key", r->key);
    put_text(&sql, "before_image", r->before);
    put_text(&sql, "after_image", r->after);
    put_text(&sql, "target_rows", r->target_rows);
    um_buf_str(&sql, ",recorded_at=UTC_TIMESTAMP(6)");
    um_buf_free(&gtid);
    return um_sql_run(c, &sql, err);
}
