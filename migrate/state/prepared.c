#include "state/prepared.h"

#include "state/sql.h"

static void where_xid(struct um_buf *sql, const struct um_config *config, const char *xid)
{
    um_sql_job(sql, config);
    um_buf_str(sql, " AND xid=");
    um_sql_text(sql, xid);
}

int um_prepared_put(struct um_conn *c, const struct um_config *config, const char *xid,
                    uint32_t part, const void *bytes, size_t len, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, config, "job_prepared");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_str(&sql, ",xid=");
    um_sql_text(&sql, xid);
    um_buf_fmt(&sql, ",part=%u,changes=_binary", part);
    um_quote_bytes(&sql, bytes, len);
    return um_sql_run(c, &sql, err);
}

int um_prepared_get(struct um_conn *c, const struct um_config *config, const char *xid,
                    uint32_t part, struct um_buf *out, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT changes FROM ");
    um_state_name(&sql, config, "job_prepared");
    where_xid(&sql, config, xid);
    um_buf_fmt(&sql, " AND part=%u", part);
    struct um_resultset *rows = um_query_stream(c, sql.data, sql.len, err);
    um_buf_free(&sql);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int found = um_result_next(rows, &v, &l, err);
    if (found > 0)
        um_buf_add(out, v[0], l[0]);
    um_result_close(rows);
    return found;
}

int um_prepared_remove(struct um_conn *c, const struct um_config *config, const char *xid,
                       struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_prepared");
    where_xid(&sql, config, xid);
    return um_sql_run(c, &sql, err);
}
