#include "state/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schema/ddl.h"

void um_state_name(struct um_buf *b, const struct um_config *config, const char *table)
{
    um_quote_table(b, config->state.schema, table);
}

void um_sql_text(struct um_buf *b, const char *text)
{
    if (!text) {
        um_buf_str(b, "NULL");
        return;
    }
    um_buf_str(b, "_utf8mb4");
    um_quote_text(b, text);
}

static void put_gtids(struct um_buf *b, const struct um_gtid_set *set)
{
    if (!set) {
        um_buf_str(b, "NULL");
        return;
    }
    struct um_buf text = {0};
    /* The kind goes in front: the two forms cannot be told apart when they are empty. */
    um_buf_str(&text, um_gtid_set_kind(set) == UM_GTID_MARIADB ? "mariadb:" : "mysql:");
    um_gtid_set_print(set, &text);
    um_sql_text(b, text.data);
    um_buf_free(&text);
}

int um_sql_has_table(struct um_conn *c, const struct um_config *config, const char *table,
                     uint64_t *there, struct um_err *err)
{
    struct um_buf schema = {0};
    um_quote_text(&schema, config->state.schema);
    int result =
        um_query_uint(c, there, err,
                      "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
                      "CONVERT(%s USING utf8mb4) AND table_name = '%s'",
                      schema.data, table);
    um_buf_free(&schema);
    return result;
}

struct um_resultset *um_sql_select(struct um_conn *c, const struct um_config *config,
                                   const char *columns, const char *table, const char *order,
                                   struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_fmt(&sql, "SELECT %s FROM ", columns);
    um_state_name(&sql, config, table);
    um_sql_job(&sql, config);
    um_buf_str(&sql, order);
    struct um_resultset *rows = um_query(c, err, "%s", sql.data);
    um_buf_free(&sql);
    return rows;
}

void um_sql_position(struct um_buf *b, const struct um_position *p)
{
    um_buf_str(b, "log_file=");
    um_sql_text(b, p->file);
    um_buf_fmt(b, ",log_pos=%" PRIu64 ",gtids=", p->offset);
    put_gtids(b, p->gtids);
}

void um_sql_position_values(struct um_buf *b, const struct um_position *p)
{
    um_sql_text(b, p->file);
    um_buf_fmt(b, ",%" PRIu64 ",", p->offset);
    put_gtids(b, p->gtids);
}

int um_position_from_state(const char *const *v, struct um_position *out, struct um_err *err)
{
    snprintf(out->file, sizeof out->file, "%s", v[0] ? v[0] : "");
    out->offset = v[1] ? strtoull(v[1], NULL, 10) : 0;
    out->gtids = NULL;
    if (!v[2])
        return 0;
    const char *colon = strchr(v[2], ':');
    bool mariadb = strncmp(v[2], "mariadb:", 8) == 0;
    out->gtids =
        um_gtid_set_parse(mariadb ? UM_GTID_MARIADB : UM_GTID_MYSQL, colon ? colon + 1 : v[2], err);
    return out->gtids ? 0 : um_fail_in(err, "the job's state on the target");
}

void um_sql_job(struct um_buf *b, const struct um_config *config)
{
    um_buf_str(b, " WHERE job=");
    um_sql_text(b, config->job);
}

int um_sql_run(struct um_conn *c, struct um_buf *sql, struct um_err *err)
{
    int result = um_exec_bytes(c, sql->data, sql->len, err);
    um_buf_free(sql);
    return result;
}
