#include "state/throttle.h"

#include <stdlib.h>
#include <string.h>

#include "state/sql.h"

static const char *const names[UM_THROTTLING_COUNT] = {"hand", "copy", "verify"};

void um_throttlings_clear(struct um_throttlings *t)
{
    for (int i = 0; i < UM_THROTTLING_COUNT; i++)
        free(t->reasons[i]);
    *t = (struct um_throttlings){0};
}

int um_state_load_throttlings(struct um_conn *c, const struct um_config *config,
                              struct um_throttlings *out, struct um_err *err)
{
    *out = (struct um_throttlings){0};
    struct um_resultset *rows = um_sql_select(c, config, "who, reason", "job_throttle", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        for (int i = 0; i < UM_THROTTLING_COUNT; i++) {
            if (strcmp(v[0], names[i]) == 0)
                out->reasons[i] = um_strdup(v[1]);
        }
    }
    um_result_close(rows);
    if (more < 0)
        um_throttlings_clear(out);
    return more;
}

static int forget(struct um_conn *c, const struct um_config *config, enum um_throttling who,
                  struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_throttle");
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND who='%s'", names[who]);
    return um_sql_run(c, &sql, err);
}

int um_state_put_throttling(struct um_conn *c, const struct um_config *config,
                            enum um_throttling who, const char *reason, struct um_err *err)
{
    if (!reason)
        return forget(c, config, who, err);
    struct um_buf sql = {0};
    um_buf_str(&sql, "REPLACE INTO ");
    um_state_name(&sql, config, "job_throttle");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_fmt(&sql, ",who='%s',reason=", names[who]);
    um_sql_text(&sql, reason);
    um_buf_str(&sql, ",recorded_at=UTC_TIMESTAMP(6)");
    return um_sql_run(c, &sql, err);
}
