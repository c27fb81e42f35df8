#include "state/verdict.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "state/sql.h"

int um_state_last_conflict(struct um_conn *c, const struct um_config *config, uint64_t *out,
                           struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT COALESCE(MAX(id), 0) FROM ");
    um_state_name(&sql, config, "job_conflict");
    um_sql_job(&sql, config);
    int result = um_query_uint(c, out, err, "%s", sql.data);
    um_buf_free(&sql);
    return result;
}

static int count_conflicts(struct um_conn *c, const struct um_config *config, uint64_t after,
                           uint64_t *out, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT COUNT(*) FROM ");
    um_state_name(&sql, config, "job_conflict");
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND id > %" PRIu64, after);
    int result = um_query_uint(c, out, err, "%s", sql.data);
    um_buf_free(&sql);
    return result;
}

int um_state_put_verdict(struct um_conn *c, const struct um_config *config, bool equal,
                         uint64_t last_conflict, const struct um_position *at, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "REPLACE INTO ");
    um_state_name(&sql, config, "job_verdict");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_fmt(&sql, ",equal=%d,conflict=%" PRIu64 ",", equal, last_conflict);
    um_sql_position(&sql, at);
    um_buf_str(&sql, ",verified_at=UTC_TIMESTAMP(6)");
    return um_sql_run(c, &sql, err);
}

int um_state_load_verdict(struct um_conn *c, const struct um_config *config,
                          struct um_last_verdict *out, struct um_err *err)
{
    *out = (struct um_last_verdict){0};
    struct um_resultset *rows = um_sql_select(
        c, config, "equal, TIMESTAMPDIFF(MICROSECOND, verified_at, UTC_TIMESTAMP(6)), conflict",
        "job_verdict", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    uint64_t conflict = 0;
    int more = um_result_next(rows, &v, &l, err);
    if (more > 0) {
        out->exists = true;
        conflict = strtoull(v[2], NULL, 10);
        out->equal = strcmp(v[0], "1") == 0;
        out->age_seconds = strtod(v[1], NULL) / 1e6;
    }
    um_result_close(rows);
    return more < 0 ? -1 : count_conflicts(c, config, conflict, &out->conflicts_since, err);
}
