#include "state/added.h"

#include "state/sql.h"

int um_state_put_added(struct um_conn *c, const struct um_config *config, const char *schema,
                       const char *name, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, config, "job_added");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_str(&sql, ",schema_name=");
    um_sql_text(&sql, schema);
    um_buf_str(&sql, ",table_name=");
    um_sql_text(&sql, name);
    um_buf_str(&sql, ",ordered_at=UTC_TIMESTAMP(6) ON DUPLICATE KEY UPDATE "
                     "ordered_at=UTC_TIMESTAMP(6)");
    return um_sql_run(c, &sql, err);
}

int um_state_load_added(struct um_conn *c, const struct um_config *config, struct um_strv *joined,
                        struct um_strv *ordered, struct um_err *err)
{
    struct um_resultset *rows = um_sql_select(
        c, config, "schema_name, table_name, joined_at IS NOT NULL, ordered_at IS NOT NULL",
        "job_added", " ORDER BY schema_name, table_name", err);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0) {
        for (int i = 0; i < 2; i++) {
            if (v[2][0] == '1')
                um_strv_add(joined, v[i]);
            if (v[3][0] == '1')
                um_strv_add(ordered, v[i]);
        }
    }
    um_result_close(rows);
    return more;
}

int um_state_set_joined(struct um_conn *c, const struct um_config *config, const char *schema,
                        const char *name, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "UPDATE ");
    um_state_name(&sql, config, "job_added");
    um_buf_str(&sql, " SET joined_at=UTC_TIMESTAMP(6),ordered_at=NULL");
    um_sql_job(&sql, config);
    um_buf_str(&sql, " AND schema_name=");
    um_sql_text(&sql, schema);
    um_buf_str(&sql, " AND table_name=");
    um_sql_text(&sql, name);
    return um_sql_run(c, &sql, err);
}
