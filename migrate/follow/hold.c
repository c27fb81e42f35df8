#include "follow/hold.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "state/sql.h"

static const char *const stage_names[] = {"none",  "asked",   "asked to write", "held",
                                          "until", "reached", "hand over"};

static int run(struct um_conn *c, const struct um_config *config, const char *verb, const char *set,
               struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_fmt(&sql, "%s ", verb);
    um_state_name(&sql, config, "job_hold");
    um_buf_str(&sql, set);
    um_sql_job(&sql, config);
    return um_sql_run(c, &sql, err);
}

int um_hold_read(struct um_conn *c, const struct um_config *config, struct um_hold *out,
                 struct um_err *err)
{
    *out = (struct um_hold){0};
    struct um_buf name = {0};
    um_state_name(&name, config, "job_hold");
    struct um_resultset *rows = um_query(
        c, err,
        "SELECT log_file, log_pos, gtids, stage, "
        "COALESCE(IS_USED_LOCK('unmoor.%s.verify') = ticket, 0) FROM %s WHERE job=_utf8mb4'%s'",
        config->job, name.data, config->job);
    um_buf_free(&name);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = um_result_next(rows, &v, &l, err);
    bool dead = false;
    if (more > 0) {
        dead = strcmp(v[4], "1") != 0;
        for (int s = UM_HOLD_ASKED; s <= UM_HOLD_HAND_OVER; s++) {
            if (strcmp(v[3], stage_names[s]) == 0)
                out->stage = s;
        }
        if (!dead && out->stage == UM_HOLD_UNTIL)
            more = um_position_from_state(v, &out->until, err);
    }
    um_result_close(rows);
    if (dead) {
        out->stage = UM_HOLD_NONE;
        return um_hold_release(c, config, err);
    }
    return more < 0 ? -1 : 0;
}

void um_hold_clear(struct um_hold *h)
{
    um_position_clear(&h->until);
    *h = (struct um_hold){0};
}

int um_hold_lock(struct um_conn *c, const struct um_config *config, struct um_err *err)
{
    uint64_t got = 0;
    if (um_query_uint(c, &got, err, "SELECT COALESCE(GET_LOCK('unmoor.%s.verify', 3), 0)",
                      config->job) != 0)
        return -1;
    return got ? 0
               : um_fail(err, UM_E_VERIFY_RUNNING, "job '%s': another verification is under way",
                         config->job);
}

int um_hold_is_locked(struct um_conn *c, const struct um_config *config, bool *locked,
                      struct um_err *err)
{
    uint64_t used = 0;
    int result = um_query_uint(c, &used, err, "SELECT IS_USED_LOCK('unmoor.%s.verify') IS NOT NULL",
                               config->job);
    *locked = used != 0;
    return result;
}

int um_hold_ask(struct um_conn *c, const struct um_config *config, enum um_hold_stage what,
                struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "REPLACE INTO ");
    um_state_name(&sql, config, "job_hold");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_fmt(&sql, ",ticket=CONNECTION_ID(),stage='%s'", stage_names[what]);
    return um_sql_run(c, &sql, err);
}

int um_hold_set(struct um_conn *c, const struct um_config *config, enum um_hold_stage stage,
                const struct um_position *until, struct um_err *err)
{
    struct um_buf set = {0};
    um_buf_fmt(&set, " SET stage='%s'", stage_names[stage]);
    if (until) {
        um_buf_char(&set, ',');
        um_sql_position(&set, until);
    }
    int result = run(c, config, "UPDATE", set.data, err);
    um_buf_free(&set);
    return result;
}

int um_hold_release(struct um_conn *c, const struct um_config *config, struct um_err *err)
{
    return run(c, config, "DELETE FROM", "", err);
}

int um_hold_wait(struct um_conn *c, const struct um_config *config, enum um_hold_stage stage,
                 struct um_err *err)
{
    for (;;) {
        struct um_hold now;
        uint64_t running = 0;
        if (um_hold_read(c, config, &now, err) != 0 ||
            um_query_uint(c, &running, err, "SELECT IS_USED_LOCK('unmoor.%s') IS NOT NULL",
                          config->job) != 0)
            return -1;
        bool there = now.stage == stage;
        um_hold_clear(&now);
        if (there)
            return 0;
        if (!running)
            return um_fail(err, UM_E_VERIFY_LEFT_ALONE,
                           "job '%s': the migration stopped while it was being aligned",
                           config->job);
        if (um_sleep_us(20000) != 0)
            return um_fail(err, UM_E_STOPPED, "stopped while waiting for the migration");
    }
}
