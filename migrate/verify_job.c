#include "verify_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "coordinator.h"
#include "finish/finish.h"
#include "follow/follow.h"
#include "follow/hold.h"
#include "plan/plan.h"
#include "snapshot/snapshot.h"
#include "throttle/watch.h"

struct verification {
    const struct um_config *config;
    struct um_conn *control; /* to the target */
    struct um_tables source, target;
    const struct um_table **source_tables; /* for the lock */
    struct um_verify_table *pairs;
    enum um_lock_method lock;
    bool job_exists;
    bool orders; /* the job's state can hold an order to wait */
    struct um_throttle *throttle;
};

static bool wanted(void *context, const char *schema, const char *table)
{
    return um_config_wants(context, schema, table);
}

static int open_target_snapshots(struct um_conn **target, size_t n, struct um_err *err)
{
    struct um_err ignored;
    for (size_t i = 0; i < n; i++) {
        /* MariaDB gives metadata locks back early only to sessions that write to no binlog. */
        if (um_conn_server(target[i])->flavour == UM_MARIADB)
            um_exec(target[i], &ignored, "SET SESSION sql_log_bin=0");
        if (um_exec(target[i], err, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ") !=
                0 ||
            um_exec(target[i], err, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY") != 0)
            return -1;
    }
    return 0;
}

static int open_source_snapshots(struct verification *v, struct um_conn **source, size_t n,
                                 struct um_position *at, struct um_err *err)
{
    struct um_snapshot taken;
    /* One position for all sessions is needed here: where the ladder's last rung would give each
       its own, one session's position is shared by taking the lock on the tables. */
    enum um_lock_method method = v->lock == UM_LOCK_NONE ? UM_LOCK_TABLES : v->lock;
    int result = um_snapshot_take(v->config, method, source, n, v->source_tables, v->source.count,
                                  &taken, err);
    if (result == 0) {
        um_position_copy(at, &taken.at);
        um_info("Verifying; the %s on the source was held for %.1f ms.", taken.method,
                (double)taken.lock_us / 1000);
    }
    um_snapshot_clear(&taken);
    return result;
}

/* A migration is running: it stops at P for a moment. */
static int align_with_running(struct verification *v, struct um_conn **source,
                              struct um_conn **target, size_t n, struct um_position *at,
                              struct um_err *err)
{
    if (um_hold_ask(v->control, v->config, err) != 0)
        return -1;
    int result = um_hold_wait(v->control, v->config, UM_HOLD_HELD, err);
    if (result == 0)
        result = open_source_snapshots(v, source, n, at, err);
    if (result == 0)
        result = um_hold_set(v->control, v->config, UM_HOLD_UNTIL, at, err);
    if (result == 0)
        result = um_hold_wait(v->control, v->config, UM_HOLD_REACHED, err);
    if (result == 0)
        result = open_target_snapshots(target, n, err);
    struct um_err release_err;
    if (um_hold_release(v->control, v->config, &release_err) != 0 && result == 0) {
        *err = release_err;
        result = -1;
    }
    return result;
}

/* None is running: what is missing up to P is applied here, under the job's own lock. */
static int align_alone(struct verification *v, struct um_conn **source, struct um_conn **target,
                       size_t n, struct um_position *at, struct um_err *err)
{
    struct um_job job = {0};
    int result = um_coordinator_open(v->config, &job, err);
    if (result == 0)
        result = open_source_snapshots(v, source, n, at, err);
    if (result == 0 && !um_position_reached(&job.data.progress.at, at)) {
        bool settled = job.data.phase == UM_PHASE_SYNCED;
        struct um_follow_goal goal = {.until = UM_FOLLOW_POSITION, .position = at};
        job.progress = um_progress_start(v->config->job, UM_PROGRESS_NONE);
        um_info("No migration is running: applying what is missing up to the snapshot first.");
        result = um_follow_prepare(&job, err);
        if (result == 0)
            result = um_follow(&job, &goal, err);
        if (result == 0 && settled)
            result = um_finish_settle(&job, err);
        um_progress_stop(job.progress);
    }
    if (result == 0)
        result = open_target_snapshots(target, n, err);
    um_job_clear(&job);
    return result;
}

/* What was applied up to the position may have changed tables of the target. The source's were read
   a moment before its snapshot. */
static int read_again(struct verification *v, struct um_err *err)
{
    struct um_tables source = {0};
    struct um_conn *c = um_conn_open(&v->config->source, err);
    int result = c ? um_catalog_tables(c, wanted, (void *)v->config, &source, err) : -1;
    um_conn_close(c);
    bool same = source.count == v->source.count;
    for (size_t i = 0; result == 0 && same && i < source.count; i++) {
        char *now = um_job_fingerprint(source.items[i]->create_sql);
        char *before = um_job_fingerprint(v->source.items[i]->create_sql);
        same = strcmp(now, before) == 0;
        free(now);
        free(before);
    }
    um_tables_delete(&source);
    if (result != 0)
        return -1;
    if (!same)
        return um_fail(err, UM_E_VERIFY_DDL,
                       "tables were altered on the source while the "
                       "verification began");
    um_tables_delete(&v->target);
    if (um_catalog_tables(v->control, wanted, (void *)v->config, &v->target, err) != 0)
        return -1;
    for (size_t i = 0; i < v->source.count; i++)
        v->pairs[i].target =
            um_tables_find(&v->target, v->pairs[i].target_schema, v->pairs[i].target_name);
    return 0;
}

static int is_running(const struct verification *v, bool *running, struct um_err *err)
{
    struct um_state_data data;
    if (um_state_load(v->control, v->config, false, &data, err) != 0)
        return -1;
    *running = data.running;
    um_state_data_clear(&data);
    return 0;
}

/* Either may begin at any time: who was not there when it was looked for may have the lock now. */
static int align_job(struct verification *v, struct um_conn **source, struct um_conn **target,
                     size_t n, struct um_position *at, struct um_err *err)
{
    bool running;
    if (is_running(v, &running, err) != 0)
        return -1;
    int result = running ? -1 : align_alone(v, source, target, n, at, err);
    if (running || (result != 0 && err->id == UM_E_JOB_RUNNING))
        result = align_with_running(v, source, target, n, at, err);
    return result;
}

static int align(void *context, struct um_conn **source, struct um_conn **target, size_t n,
                 struct um_position *at, struct um_err *err)
{
    struct verification *v = context;
    if (!v->job_exists) {
        um_warn("There is no job '%s' on the target: both sides are compared as they are now, and "
                "writes in between show as differences.",
                v->config->job);
        int result = open_source_snapshots(v, source, n, at, err);
        return result == 0 ? open_target_snapshots(target, n, err) : -1;
    }
    int result = align_job(v, source, target, n, at, err);
    return result == 0 ? read_again(v, err) : -1;
}

static int read_state(struct verification *v, struct um_err *err)
{
    struct um_state_data data;
    if (um_state_load(v->control, v->config, false, &data, err) != 0)
        return -1;
    v->job_exists = data.exists;
    v->orders = data.exists && data.version >= UM_STATE_VERSION_THROTTLE;
    bool ready = !data.exists || data.phase >= UM_PHASE_FOLLOW;
    const char *phase = data.exists ? um_phase_name(data.phase) : "";
    um_state_data_clear(&data);
    return ready ? 0
                 : um_fail(err, UM_E_VERIFY_NOT_READY,
                           "job '%s' is in phase %s: there is nothing to compare before the copy "
                           "is complete",
                           v->config->job, phase);
}

/* The source's tables are the plan's. The target's are read behind the alignment where there is a
   job, which may change them until then. */
static int read_catalogues(struct verification *v, struct um_err *err)
{
    struct um_plan plan = {0};
    int result = v->job_exists ? um_plan_make_following(v->config, &plan, err)
                               : um_plan_make(v->config, true, &plan, err);
    v->lock = plan.lock;
    v->source = plan.tables;
    plan.tables = (struct um_tables){0};
    um_plan_clear(&plan);
    if (result == 0 && !v->job_exists)
        result = um_catalog_tables(v->control, wanted, (void *)v->config, &v->target, err);
    v->source_tables =
        um_alloc_array(v->source.count ? v->source.count : 1, sizeof *v->source_tables);
    for (size_t i = 0; i < v->source.count; i++)
        v->source_tables[i] = v->source.items[i];
    return result;
}

static int compare(struct verification *v, struct um_verify_report *report, struct um_err *err)
{
    struct um_verify_table *pairs = um_alloc_array(v->source.count, sizeof *pairs);
    v->pairs = pairs;
    for (size_t i = 0; i < v->source.count; i++) {
        const struct um_table *t = v->source.items[i];
        pairs[i] =
            (struct um_verify_table){.source = t,
                                     .target = um_tables_find(&v->target, t->schema, t->name),
                                     .target_schema = t->schema,
                                     .target_name = t->name};
    }
    struct um_verify_options options = {.source = &v->config->source,
                                        .target = &v->config->target,
                                        .threads = v->config->verify.threads,
                                        .max_keys = v->config->verify.max_keys,
                                        .align = align,
                                        .context = v,
                                        .throttle = v->throttle};
    int result = um_verify(pairs, v->source.count, &options, report, err);
    free(pairs);
    return result;
}

/* Before the snapshots as well: as long as one is open, a server keeps what it shows. */
static int compare_throttled(struct verification *v, struct um_verify_report *report,
                             struct um_err *err)
{
    struct um_watch *watch = um_watch_start(v->config, UM_THROTTLED_VERIFY, v->orders, NULL, err);
    if (!watch)
        return -1;
    v->throttle = um_watch_throttle(watch);
    int result = um_throttle_wait(v->throttle, NULL, NULL, err);
    if (result == 0)
        result = read_catalogues(v, err);
    if (result == 0)
        result = compare(v, report, err);
    um_watch_stop(watch);
    return result;
}

int um_verify_job(const struct um_config *config, struct um_verify_report *report,
                  struct um_err *err)
{
    struct verification v = {.config = config};
    int result = -1;
    if ((v.control = um_conn_open(&config->target, err)) != NULL &&
        um_hold_lock(v.control, config, err) == 0 && read_state(&v, err) == 0)
        result = compare_throttled(&v, report, err);
    um_conn_close(v.control);
    um_tables_delete(&v.source);
    um_tables_delete(&v.target);
    free(v.source_tables);
    return result;
}
