#include "status.h"

#include <stdlib.h>

#include "cutover/gate.h"
#include "mysql/server.h"

static struct um_conn *read_source(const struct um_config *config, struct um_status *s,
                                   int64_t *clock_us)
{
    struct um_err err = {0};
    struct um_conn *c = um_conn_open(&config->source, &err);
    uint64_t now = 0;
    s->source_reached =
        c && um_server_position(c, &s->source_position, &err) == 0 &&
        um_query_uint(c, &now, &err, "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)") ==
            0;
    if (!s->source_reached)
        s->source_error = um_strdup(err.text);
    *clock_us = (int64_t)now;
    return c;
}

static void measure(struct um_status *s, int64_t source_clock_us)
{
    for (size_t i = 0; i < s->data.table_count; i++) {
        const struct um_state_table *t = &s->data.tables[i];
        s->rows_copied += t->rows_copied;
        s->bytes_copied += t->bytes_copied;
        s->rows_total += t->state >= UM_TABLE_COPIED ? t->rows_copied : t->rows_estimate;
    }
    s->lag_seconds = s->eta_seconds = -1;
    const struct um_state_progress *p = &s->data.progress;
    if (!s->source_reached || !p->exists)
        return;
    if (um_position_reached(&p->at, &s->source_position))
        s->lag_seconds = 0;
    else if (p->commit_us && source_clock_us > p->commit_us)
        s->lag_seconds = (double)(source_clock_us - p->commit_us) / 1e6;
}

/* What a process told of itself counts for as long as it lives. */
static const char *why_throttled(const struct um_state_data *d)
{
    const char *copy = d->throttled.reasons[UM_THROTTLED_COPY];
    const char *verify = d->throttled.reasons[UM_THROTTLED_VERIFY];
    if (copy && d->running && d->phase == UM_PHASE_COPY)
        return copy;
    if (verify && d->verifying)
        return verify;
    return d->throttled.reasons[UM_THROTTLED_BY_HAND];
}

static void judge_throttling(struct um_status *s)
{
    s->throttled = why_throttled(&s->data);
    if (!s->throttled || s->data.phase != UM_PHASE_COPY)
        return;
    char *text = um_sprintf("the copy is throttled: %s", s->throttled);
    um_strv_add(&s->reasons, text);
    free(text);
    if (s->data.running)
        s->bottleneck = "throttle";
}

/* Servers that tell the time of a commit in whole seconds are up to one behind by that alone. */
static double clock_tick(const struct um_state_progress *p)
{
    return p->commit_us % 1000000 == 0 ? 1 : 0;
}

static void add_orders(struct um_status *s, const struct um_strv *names, const char *what)
{
    for (size_t i = 0; i + 1 < names->count; i += 2) {
        char *text = um_sprintf("%s.%s is ordered %s", names->items[i], names->items[i + 1], what);
        um_strv_add(&s->reasons, text);
        free(text);
    }
}

static void judge(const struct um_config *config, struct um_status *s)
{
    struct um_state_data *d = &s->data;
    if (d->phase < UM_PHASE_FOLLOW)
        um_strv_add(&s->reasons, "the copy is not complete");
    if (!d->running && d->phase != UM_PHASE_SYNCED)
        um_strv_add(&s->reasons, UM_STATUS_NOT_RUNNING);
    add_orders(s, &d->orders, "to be copied again");
    add_orders(s, &d->adding, "to join the job");
    if (d->error)
        um_strv_add(&s->reasons, "the last run ended with an error");
    if (!s->source_reached)
        um_strv_add(&s->reasons, "the source cannot be reached");
    else if (d->progress.exists && !um_position_reached(&s->source_position, &d->progress.at))
        um_strv_add(&s->reasons, "the source is behind what was applied: its binlog was reset");
    else if (s->lag_seconds < 0)
        um_strv_add(&s->reasons, UM_STATUS_LAG_UNKNOWN);
    else if (s->lag_seconds > (double)config->cutover.max_lag_us / 1e6 + clock_tick(&d->progress))
        um_strv_add(&s->reasons, UM_STATUS_LAGS);
    if (d->running && d->phase == UM_PHASE_FOLLOW && s->lag_seconds > 1)
        s->bottleneck = "target (applying)";
    else if (d->running && d->phase < UM_PHASE_FOLLOW)
        s->bottleneck = d->phase == UM_PHASE_COPY ? "copy" : "target (building indexes)";
    judge_throttling(s);
    if (s->redo_log_off)
        um_strv_add(&s->reasons, "the target's redo log is off: a crash of that server loses all "
                                 "that it holds");
}

static int estimate(struct um_conn *c, const struct um_config *config, struct um_status *s,
                    struct um_err *err)
{
    if (s->data.phase != UM_PHASE_COPY) {
        s->eta_seconds = s->lag_seconds;
        return 0;
    }
    if (!s->rows_copied || s->rows_total <= s->rows_copied)
        return 0;
    /* The rate since the last snapshot: the run at hand, when there is one. */
    struct um_buf chunks = {0}, snapshots = {0};
    um_state_name(&chunks, config, "job_chunk");
    um_state_name(&snapshots, config, "job_snapshot");
    uint64_t us_per_kilorow = 0;
    int result = um_query_uint(
        c, &us_per_kilorow, err,
        "SELECT COALESCE(CAST(TIMESTAMPDIFF(MICROSECOND, MAX(s.taken_at), MAX(k.done_at)) * 1000 / "
        "SUM(k.row_count) AS UNSIGNED), 0) FROM %s k JOIN %s s ON s.job=k.job AND "
        "s.id=k.snapshot_id WHERE k.job=_utf8mb4'%s' AND k.snapshot_id = (SELECT MAX(id) FROM %s "
        "WHERE job=_utf8mb4'%s')",
        chunks.data, snapshots.data, config->job, snapshots.data, config->job);
    um_buf_free(&chunks);
    um_buf_free(&snapshots);
    if (result == 0 && us_per_kilorow)
        s->eta_seconds = (double)(s->rows_total - s->rows_copied) * (double)us_per_kilorow / 1e9;
    return result;
}

int um_status_read(const struct um_config *config, struct um_status *s, struct um_err *err)
{
    *s = (struct um_status){0};
    struct um_conn *c = um_conn_open(&config->target, err);
    if (!c || um_state_load(c, config, false, &s->data, err) != 0) {
        um_conn_close(c);
        return -1;
    }
    bool redo_log = true;
    int result = um_server_redo_log(c, &redo_log, err);
    s->redo_log_off = !redo_log;
    if (result == 0 && s->data.exists) {
        int64_t source_clock_us = 0;
        struct um_conn *source = read_source(config, s, &source_clock_us);
        measure(s, source_clock_us);
        judge(config, s);
        if (s->source_reached && s->data.phase >= UM_PHASE_FOLLOW)
            result = um_gate_ask(config, source, c, &s->data, &s->reasons, err);
        um_conn_close(source);
        const struct um_spool_owner owner = {config, s->data.origin};
        s->has_spool = um_spool_look(&owner, &s->spool);
        if (result == 0)
            result = estimate(c, config, s, err);
    }
    um_conn_close(c);
    return result;
}

void um_status_clear(struct um_status *s)
{
    um_state_data_clear(&s->data);
    um_position_clear(&s->source_position);
    free(s->source_error);
    free(s->spool.stopped);
    um_strv_clear(&s->reasons);
}
