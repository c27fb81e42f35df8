#include "state/order.h"

#include <string.h>

#include "state/added.h"
#include "state/sql.h"

int um_state_put_order(struct um_conn *c, const struct um_config *config, const char *schema,
                       const char *name, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "REPLACE INTO ");
    um_state_name(&sql, config, "job_order");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_str(&sql, ",schema_name=");
    um_sql_text(&sql, schema);
    um_buf_str(&sql, ",table_name=");
    um_sql_text(&sql, name);
    um_buf_str(&sql, ",ordered_at=UTC_TIMESTAMP(6)");
    return um_sql_run(c, &sql, err);
}

int um_state_load_orders(struct um_conn *c, const struct um_config *config, struct um_strv *out,
                         struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT schema_name, table_name FROM ");
    um_state_name(&sql, config, "job_order");
    um_sql_job(&sql, config);
    um_buf_str(&sql, " ORDER BY schema_name, table_name");
    struct um_resultset *rows = um_query(c, err, "%s", sql.data);
    um_buf_free(&sql);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0) {
        um_strv_add(out, v[0]);
        um_strv_add(out, v[1]);
    }
    um_result_close(rows);
    return more;
}

int um_state_has_orders(struct um_conn *c, const struct um_config *config, bool *out,
                        struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT (EXISTS (SELECT 1 FROM ");
    um_state_name(&sql, config, "job_order");
    um_sql_job(&sql, config);
    um_buf_str(&sql, ") OR EXISTS (SELECT 1 FROM ");
    um_state_name(&sql, config, "job_added");
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND ordered_at IS NOT NULL)) AND IS_USED_LOCK('unmoor.%s.verify') IS NULL",
               config->job);
    uint64_t count = 0;
    int result = um_query_uint(c, &count, err, "%s", sql.data);
    um_buf_free(&sql);
    *out = count > 0;
    return result;
}

static int discard(struct um_state *s, const struct um_config *config, uint32_t id,
                   struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "UPDATE ");
    um_state_name(&sql, config, "job_table");
    um_buf_fmt(&sql, " SET state='%s',create_sql=''", um_table_state_name(UM_TABLE_CREATING));
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND id=%u", id);
    if (um_sql_run(um_state_conn(s), &sql, err) != 0 || um_state_forget_chunks(s, id, err) != 0)
        return -1;
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_model");
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND table_id=%u", id);
    return um_sql_run(um_state_conn(s), &sql, err);
}

static int take_back(struct um_state *s, const struct um_config *config, const char *schema,
                     const char *name, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_order");
    um_sql_job(&sql, config);
    um_buf_str(&sql, " AND schema_name=");
    um_sql_text(&sql, schema);
    um_buf_str(&sql, " AND table_name=");
    um_sql_text(&sql, name);
    return um_sql_run(um_state_conn(s), &sql, err);
}

/* It may be there by now: DDL can have made it under a name that was wanted all the same. */
static int join(struct um_state *s, const struct um_state_data *d, char *schema, char *name,
                bool *joined, struct um_err *err)
{
    char none[] = "";
    const struct um_state_table t = {.schema = schema, .name = name, .create_sql = none};
    bool there = false;
    for (size_t i = 0; i < d->table_count; i++)
        there |= strcmp(d->tables[i].schema, schema) == 0 && strcmp(d->tables[i].name, name) == 0;
    *joined |= !there;
    int result = um_state_set_joined(um_state_conn(s), um_state_config(s), schema, name, err);
    return result == 0 && !there ? um_state_add_table(s, &t, err) : result;
}

static int change(struct um_state *s, const struct um_state_data *d, const bool *again,
                  bool ordered, struct um_err *err)
{
    const struct um_config *config = um_state_config(s);
    int result = 0;
    bool any = false;
    for (size_t i = 0; result == 0 && i < d->table_count; i++) {
        any |= again[i];
        /* Nothing is there of one that is pending. */
        if (again[i] && d->tables[i].state != UM_TABLE_PENDING)
            result = discard(s, config, d->tables[i].id, err);
    }
    for (size_t i = 0; result == 0 && ordered && i + 1 < d->orders.count; i += 2)
        result = take_back(s, config, d->orders.items[i], d->orders.items[i + 1], err);
    for (size_t i = 0; result == 0 && ordered && i + 1 < d->adding.count; i += 2)
        result = join(s, d, d->adding.items[i], d->adding.items[i + 1], &any, err);
    /* It names the epoch, so whoever lost the lock cannot commit the rest either. */
    return result == 0 ? um_state_set_phase(s, any ? UM_PHASE_COPY : d->phase, err) : -1;
}

int um_state_copy_again(struct um_state *s, const struct um_state_data *d, const bool *again,
                        bool ordered, struct um_err *err)
{
    struct um_conn *c = um_state_conn(s);
    if (um_exec(c, err, "START TRANSACTION") != 0)
        return -1;
    if (change(s, d, again, ordered, err) == 0)
        return um_exec(c, err, "COMMIT");
    struct um_err ignored;
    um_exec(c, &ignored, "ROLLBACK");
    return -1;
}
