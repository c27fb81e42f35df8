#include "repair_job.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "mysql/conn.h"
#include "repair/walk.h"

enum {
    /* What a replica lags behind unseen, and an application's poll bears: long enough for many
       rows beside the few tenths that it takes to align both sides. */
    MOMENT_US = 1000000,
    LOCK_WAIT_S = 2, /* for row locks of others on the target, while the migration stands still */
    AGAIN_US = 500000,
};

struct repair_table {
    struct um_pairing pairing;
    struct um_job_table models;
    struct um_repair_walk walk;
    bool done;
};

struct repairing {
    const struct um_repair_job *job;
    struct um_conn *conn[2];
    struct repair_table *tables;
    size_t count;
    const struct um_table **sources; /* for the lock */
    int64_t last_success;
};

/* ---- which tables ---- */

static char *refusal(const struct um_repair_job *job, size_t i, struct repair_table *t,
                     const struct repairing *r)
{
    const struct um_verify_table *pair = &job->pairs[i];
    char *why = NULL;
    if (!pair->target)
        return um_strdup("it is missing on the target");
    if (!um_pairing_make(&t->pairing, pair->source, pair->target,
                         um_conn_server(r->conn[UM_SOURCE])->flavour,
                         um_conn_server(r->conn[UM_TARGET])->flavour, UM_COLUMNS_ALL, &why)) {
        free(why); /* the report says it */
        return um_strdup("its columns are others on the target");
    }
    why = um_repair_refusal(&t->pairing);
    if (!why && um_damage_is_empty(&job->damage[i]))
        return um_strdup("no row was found that differs");
    return why;
}

static void add_table(struct repairing *r, size_t i)
{
    const struct um_repair_job *job = r->job;
    struct um_table_report *report = job->reports[i];
    struct repair_table *t = &r->tables[r->count];
    *t = (struct repair_table){0};
    report->repair_tried = true;
    free(report->repair.refused);
    report->repair.refused = refusal(job, i, t, r);
    if (report->repair.refused) {
        um_pairing_clear(&t->pairing);
        return;
    }
    t->models = (struct um_job_table){.source = job->pairs[i].source,
                                      .target = job->pairs[i].target,
                                      .target_schema = job->pairs[i].target_schema,
                                      .target_name = job->pairs[i].target_name};
    t->models.rounds_generated = um_job_rounds_generated(&t->models);
    t->walk = (struct um_repair_walk){.damage = &job->damage[i],
                                      .table = {.pairing = &t->pairing,
                                                .models = &t->models,
                                                .report = &report->repair,
                                                .max_keys = job->moment->config->verify.max_keys}};
    r->sources[r->count++] = job->pairs[i].source;
}

/* ---- rounds ---- */

static int connect(struct repairing *r, struct um_err *err)
{
    const struct um_config *config = r->job->moment->config;
    r->conn[UM_SOURCE] = um_conn_open(&config->source, err);
    r->conn[UM_TARGET] = r->conn[UM_SOURCE] ? um_conn_open(&config->target, err) : NULL;
    if (!r->conn[UM_TARGET])
        return -1;
    return um_exec(r->conn[UM_TARGET], err,
                   "SET SESSION foreign_key_checks=0, innodb_lock_wait_timeout=%d", LOCK_WAIT_S);
}

static bool all_done(const struct repairing *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!r->tables[i].done)
            return false;
    }
    return true;
}

static int walk_on(struct repairing *r, const struct um_position *at, struct um_err *err)
{
    const struct um_moment *moment = r->job->moment;
    const struct um_repair_moment m = {.config = moment->config,
                                       .conn = {r->conn[UM_SOURCE], r->conn[UM_TARGET]},
                                       .fence = &moment->fence,
                                       .at = at,
                                       .run = r->job->run};
    int64_t until = moment->held ? um_now_us() + MOMENT_US : INT64_MAX;
    for (size_t i = 0; i < r->count; i++) {
        struct repair_table *t = &r->tables[i];
        bool more = false;
        if (t->done)
            continue;
        if (um_repair_walk_on(&t->walk, &m, until, r->job->throttle, &more, err) != 0)
            return um_fail_in(err, "repairing `%s`.`%s`", t->models.target_schema,
                              t->models.target_name);
        t->done = !more;
        r->last_success = um_now_us();
        if (more || um_now_us() >= until || um_throttle_is_held(r->job->throttle))
            break;
    }
    return 0;
}

static int round_once(struct repairing *r, struct um_err *err)
{
    struct um_position at = {0};
    struct um_moment *m = r->job->moment;
    int result = um_throttle_wait(r->job->throttle, NULL, NULL, err);
    if (result != 0)
        return -1;
    result = um_moment_begin(m, &r->conn[UM_SOURCE], 1, &at, err);
    if (result == 0)
        result = um_fault(UM_FAULT_REPAIR_ALIGNED, err);
    if (result == 0)
        result = walk_on(r, &at, err);
    result = um_moment_end(m, result, err);
    um_position_clear(&at);
    return result == 0 ? um_exec(r->conn[UM_SOURCE], err, "ROLLBACK") : -1;
}

/* A migration that starts over, and locks that others hold, go by. */
static bool may_try_again(const struct repairing *r, const struct um_err *err)
{
    return (err->id == UM_E_REPAIR_FENCED || err->id == UM_E_VERIFY_LEFT_ALONE ||
            um_err_is_retryable(err)) &&
           um_now_us() - r->last_success <= r->job->moment->config->follow.reconnect_timeout_us;
}

static int run_rounds(struct repairing *r, struct um_err *err)
{
    r->last_success = um_now_us();
    while (!all_done(r)) {
        if (round_once(r, err) == 0)
            continue;
        if (!may_try_again(r, err))
            return -1;
        um_warn("%s. The repair goes on from there.", err->text);
        if (um_exec(r->conn[UM_SOURCE], err, "ROLLBACK") != 0)
            return -1;
        if (um_sleep_us(AGAIN_US) != 0)
            return um_fail(err, UM_E_STOPPED, "the repair was asked to stop");
    }
    return 0;
}

int um_repair(const struct um_repair_job *job, struct um_err *err)
{
    struct repairing r = {.job = job};
    r.tables = um_alloc_array(job->count + 1, sizeof *r.tables);
    r.sources = um_alloc_array(job->count + 1, sizeof *r.sources);
    int result = connect(&r, err);
    for (size_t i = 0; result == 0 && i < job->count; i++)
        add_table(&r, i);
    job->moment->tables = r.sources;
    job->moment->table_count = r.count;
    if (result == 0)
        result = run_rounds(&r, err);
    for (size_t i = 0; i < r.count; i++) {
        um_repair_walk_clear(&r.tables[i].walk);
        um_pairing_clear(&r.tables[i].pairing);
    }
    um_conn_close(r.conn[UM_SOURCE]);
    um_conn_close(r.conn[UM_TARGET]);
    free(r.tables);
    free(r.sources);
    return result;
}
