#include "coordinator.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/stop.h"
#include "copy/copy.h"
#include "copy/renew.h"
#include "cutover/owner.h"
#include "finish/finish.h"
#include "follow/follow.h"
#include "plan/plan.h"
#include "recopy.h"
#include "state/ddl.h"
#include "target/redo_log.h"
#include "target/target.h"
#include "throttle/watch.h"

/* ---- beginning a job, or taking it up again ---- */

static int reload(struct um_job *job, struct um_err *err)
{
    um_state_data_clear(&job->data);
    return um_state_load(um_state_conn(job->state), job->config, true, &job->data, err);
}

static void take_from_plan(struct um_job *job, const struct um_plan *plan)
{
    job->source = plan->source;
    job->target = plan->target;
    job->lock = plan->lock;
    job->gtid_kind = plan->gtid_kind;
    job->full_row_image = plan->full_row_image;
}

static int make_plan(struct um_job *job, bool resuming, struct um_plan *plan, struct um_err *err)
{
    if (um_plan_make(job->config, resuming, plan, err) != 0)
        return -1;
    for (size_t i = 0; i < plan->check_count; i++) {
        if (plan->checks[i].level == UM_WARN)
            um_warn("%s: %s", plan->checks[i].id, plan->checks[i].seen);
    }
    take_from_plan(job, plan);
    return plan->blocked ? um_plan_fail(plan, err) : 0;
}

static int begin_new(struct um_job *job, struct um_err *err)
{
    struct um_plan plan = {0};
    int result = make_plan(job, false, &plan, err);
    struct um_state_table *tables = um_alloc_array(plan.tables.count, sizeof *tables);
    if (result == 0) {
        for (size_t i = 0; i < plan.tables.count; i++) {
            const struct um_table *t = plan.tables.items[i];
            tables[i] = (struct um_state_table){.schema = t->schema,
                                                .name = t->name,
                                                .create_sql = um_job_fingerprint(t->create_sql),
                                                .rows_estimate = t->rows_estimate};
        }
        struct um_state_new fresh = {.identity = um_config_identity(job->config),
                                     .source_uuid = plan.source.uuid,
                                     .tables = tables,
                                     .table_count = plan.tables.count};
        um_info("Job '%s': %zu tables, about %" PRIu64 " rows, %.1f MiB, from %s to %s.",
                job->config->job, plan.tables.count, plan.rows, (double)plan.bytes / 1048576,
                plan.source.version_text, plan.target.version_text);
        result = um_state_create(job->state, &fresh, err);
        for (size_t i = 0; i < plan.tables.count; i++)
            free(tables[i].create_sql);
    }
    free(tables);
    um_plan_clear(&plan);
    return result == 0 ? um_fault(UM_FAULT_STATE_CREATED, err) : -1;
}

static int check_same_job(const struct um_job *job, const struct um_server *source,
                          struct um_err *err)
{
    if (job->data.identity != um_config_identity(job->config))
        return um_fail(err, UM_E_STATE_CONFIG,
                       "job '%s' was begun with other tables or settings than the configuration "
                       "has now",
                       job->config->job);
    if (strcmp(job->data.source_uuid, source->uuid) != 0)
        return um_fail(err, UM_E_STATE_SOURCE,
                       "job '%s' was begun on the source %s, and the configuration leads to %s",
                       job->config->job, job->data.source_uuid, source->uuid);
    return 0;
}

/* May what is there go on? `copies`: tables are copied. */
static int check_plan(struct um_job *job, bool copies, struct um_err *err)
{
    struct um_plan plan = {0};
    int result = copies ? um_plan_make(job->config, true, &plan, err)
                        : um_plan_make_following(job->config, &plan, err);
    if (result == 0) {
        take_from_plan(job, &plan);
        result = check_same_job(job, &plan.source, err);
    }
    if (result == 0 && plan.blocked)
        result = um_plan_fail(&plan, err);
    um_plan_clear(&plan);
    return result;
}

static int resume(struct um_job *job, struct um_err *err)
{
    int result = check_plan(job, job->data.phase < UM_PHASE_FOLLOW, err);
    if (result == 0)
        result = um_state_take_over(job->state, err);
    if (result == 0)
        um_info("Job '%s' is taken up again in phase %s.", job->config->job,
                um_phase_name(job->data.phase));
    return result;
}

/* The job's tables: in the copy as the source has them now, later as they are recorded. */
static int read_tables(struct um_job *job, struct um_err *err)
{
    if (um_job_read_source(job, err) != 0)
        return -1;
    if (job->data.phase != UM_PHASE_COPY)
        return um_job_match(job, err);
    bool changed;
    if (um_copy_renew(job, &changed, err) != 0)
        return -1;
    /* The plan was made before these. */
    return changed ? check_plan(job, true, err) : 0;
}

/* What the job has made on the target, as far as it is recorded. */
static void list_own(const struct um_state_data *data, struct um_strv *own)
{
    for (size_t i = 0; i < data->table_count + data->object_count; i++) {
        const struct um_state_table *t = i < data->table_count ? &data->tables[i] : NULL;
        const struct um_state_object *o = t ? NULL : &data->objects[i - data->table_count];
        if (t && t->state == UM_TABLE_PENDING)
            continue;
        char *name = um_sprintf("%s.%s", t ? t->schema : o->schema, t ? t->name : o->name);
        um_strv_add(own, name);
        free(name);
    }
}

/* Nothing is discarded for a beginning that cannot be made. */
static int may_begin_anew(struct um_job *job, struct um_err *err)
{
    struct um_plan plan = {0};
    struct um_strv own = {0};
    list_own(&job->data, &own);
    int result = um_plan_make_anew(job->config, &own, &plan, err);
    if (result == 0 && plan.blocked)
        result = um_plan_fail(&plan, err);
    um_plan_clear(&plan);
    um_strv_clear(&own);
    return result;
}

/* Before the state: what it belongs to would be gone. */
static int discard_spool(struct um_job *job, struct um_err *err)
{
    const struct um_spool_owner owner = {job->config, job->data.origin};
    struct um_spool *spool;
    if (um_spool_open(&owner, false, &spool, err) != 0)
        return -1;
    um_spool_remove(spool);
    return 0;
}

static int start_over(struct um_job *job, struct um_err *err)
{
    if (may_begin_anew(job, err) != 0 || discard_spool(job, err) != 0)
        return -1;
    struct um_conn *ddl = um_target_ddl_open(job->config, err);
    int result = ddl ? um_target_drop_made(job->config, &job->data, ddl, err) : -1;
    um_conn_close(ddl);
    if (result == 0)
        result = um_state_remove_for_anew(job->state, err);
    return result == 0 ? um_fault(UM_FAULT_STATE_REMOVED, err) : -1;
}

/* ---- the stages ---- */

/* What is bounded in the attempts to copy it all. */
struct attempts {
    struct um_backoff pause;
    int64_t last_success;
    size_t blocked;         /* times in a row that the plan was, which DDL beside it may do */
    size_t copied;          /* tables, when it was looked at last */
    struct um_conn *before; /* inside the last snapshot that chunks are of, as long as it lives */
    size_t changes;         /* DDL called for another snapshot so often since one more was copied */
};

static size_t count_copied(const struct um_job *job)
{
    size_t n = 0;
    for (size_t i = 0; i < job->data.table_count; i++)
        n += um_state_is_copied(&job->data.tables[i]);
    return n;
}

static bool may_copy_again(const struct um_job *job, struct attempts *a, struct um_err *err)
{
    enum { CHANGES = 20, BLOCKED = 5 };
    if (err->id == UM_E_COPY_CHANGED && job->config->apply.ddl == UM_FOLLOW_DDL_STOP)
        err->id = UM_E_SOURCE_DDL;
    if (err->id == UM_E_COPY_CHANGED || err->id == UM_E_CATALOG_GONE)
        return a->changes++ < CHANGES;
    if (err->id == UM_E_PLAN_BLOCKED)
        return a->blocked++ < BLOCKED;
    return (um_err_is_lost(err) || um_err_is_retryable(err)) &&
           um_now_us() - a->last_success <= job->config->follow.reconnect_timeout_us;
}

/* For another snapshot: state and source as they are by now, and what is to be copied again. */
static int look_again(struct um_job *job, struct attempts *a, struct um_err *err)
{
    if (um_state_revive(job->state, err) != 0 || reload(job, err) != 0)
        return -1;
    if (count_copied(job) > a->copied) {
        a->copied = count_copied(job);
        a->changes = 0;
    }
    bool ordered = um_recopy_is_due(job);
    if (check_plan(job, job->data.phase < UM_PHASE_FOLLOW || ordered, err) != 0)
        return -1;
    a->blocked = 0;
    if (ordered && (um_recopy_take(job, err) != 0 || reload(job, err) != 0))
        return -1;
    return read_tables(job, err);
}

/* 1: the snapshot was given up. */
static int copy_once(struct um_job *job, struct attempts *a, struct um_err *err)
{
    bool progressed = false;
    int more = um_target_create_tables(job, err);
    if (more == 0)
        more = um_copy(job, &a->before, &progressed, err);
    if (progressed) {
        a->last_success = um_now_us();
        um_backoff_reset(&a->pause);
    }
    return more;
}

/* A lost source costs its snapshot, and so do DDL on what is not copied yet, age, and orders: what
   is finished stays, the rest is read from a new one. */
static int copy_until_done(struct um_job *job, struct attempts *a, bool ordered, struct um_err *err)
{
    for (bool look = ordered;; look = true) {
        int more = look ? look_again(job, a, err) : 0;
        if (more == 0)
            more = copy_once(job, a, err);
        if (more == 0)
            return reload(job, err);
        if (more > 0)
            continue;
        if (!may_copy_again(job, a, err))
            return -1;
        um_warn("%s. The copy goes on with a new snapshot.", err->text);
        if (um_sleep_us(um_backoff_next(&a->pause)) != 0)
            return um_fail(err, UM_E_STOPPED, "stopped while a server could not be reached");
    }
}

static int copy_throttled(struct um_job *job, bool ordered, struct um_err *err)
{
    struct attempts a = {.pause = {.first_us = 500000, .max_us = 10000000},
                         .last_success = um_now_us(),
                         .copied = count_copied(job)};
    struct um_watch *watch =
        um_watch_start(job->config, UM_THROTTLED_COPY, true, job->progress, err);
    if (!watch)
        return -1;
    job->throttle = um_watch_throttle(watch);
    int result = copy_until_done(job, &a, ordered, err);
    job->throttle = NULL;
    um_watch_stop(watch);
    um_conn_close(a.before);
    return result;
}

/* `ordered`: there are orders, in the state. */
static int copy_stage(struct um_job *job, bool ordered, struct um_err *err)
{
    um_progress_phase(job->progress, "copy");
    /* Off for the first copy alone: what was followed since is not put at stake for some tables. */
    bool first = !ordered && job->data.progress.transactions_applied == 0;
    if ((first ? um_redo_log_begin : um_redo_log_on)(job->config, err) != 0 ||
        copy_throttled(job, ordered, err) != 0 || um_redo_log_on(job->config, err) != 0)
        return -1;
    if (job->data.phase != UM_PHASE_COPY) /* there was nothing any more */
        return 0;
    job->data.phase = UM_PHASE_FINISH;
    return um_state_set_phase(job->state, UM_PHASE_FINISH, err);
}

static int finish_stage(struct um_job *job, struct um_err *err)
{
    um_progress_phase(job->progress, "finish");
    struct um_coverage *coverage = um_coverage_new(job);
    int result = um_finish_tables(job, coverage, err);
    um_coverage_delete(coverage);
    if (result == 0)
        result = um_finish_objects(job, err);
    if (result != 0)
        return -1;
    job->data.phase = UM_PHASE_FOLLOW;
    return um_state_set_phase(job->state, UM_PHASE_FOLLOW, err);
}

/* An um_follow_end, or -1. */
static int follow_stage(struct um_job *job, enum um_until until, struct um_err *err)
{
    um_progress_phase(job->progress, "follow");
    struct um_follow_goal goal = {.until = until == UM_UNTIL_SYNCED ? UM_FOLLOW_SYNCED
                                                                    : UM_FOLLOW_FOREVER};
    int result = um_follow(job, &goal, err);
    if (result != 0)
        return result;
    um_info("In step with the source.");
    if (um_finish_settle(job, err) != 0)
        return -1;
    um_spool_remove(job->spool);
    job->spool = NULL;
    return 0;
}

/* 0, UM_FOLLOW_HANDED_OVER, or -1. */
static int run_stages(struct um_job *job, enum um_until until, struct um_err *err)
{
    bool ordered = um_recopy_is_due(job);
    int more;
    if (job->data.phase != UM_PHASE_COPY && !ordered && um_redo_log_on(job->config, err) != 0)
        return -1;
    do {
        for (; job->data.phase == UM_PHASE_COPY || ordered; ordered = um_recopy_is_due(job)) {
            if (copy_stage(job, ordered, err) != 0)
                return -1;
        }
        if (um_follow_prepare(job, err) != 0)
            return -1;
        if (job->data.phase == UM_PHASE_FINISH && finish_stage(job, err) != 0)
            return -1;
        if (until == UM_UNTIL_COPIED) {
            um_info("Copied. The changes since the snapshot are not applied yet: run the same "
                    "command without --until copied.");
            return 0;
        }
        more = follow_stage(job, until, err);
        ordered = true;
    } while (more == UM_FOLLOW_ORDERED);
    return more;
}

/* ---- the whole ---- */

/* From the first snapshot on the source's binlog is spooled until following has read all of it: so
   does a job that is taken up again. */
static int open_spool(struct um_job *job, struct um_err *err)
{
    struct um_state_progress *progress = &job->data.progress;
    if (um_job_open_spool(job, err) != 0)
        return -1;
    bool wanted = job->data.phase < UM_PHASE_FOLLOW ||
                  um_spool_holds(job->spool, &progress->at, &progress->log_born);
    if (progress->exists && wanted)
        um_job_begin_spool(job, progress);
    return 0;
}

static int open_job(struct um_job *job, bool restart, struct um_err *err)
{
    if (!(job->state = um_state_lock(job->config, err)) || reload(job, err) != 0 ||
        um_ownership_check(um_state_conn(job->state), job->config, err) != 0)
        return -1;
    if (restart && job->data.exists && (start_over(job, err) != 0 || reload(job, err) != 0))
        return -1;
    int result = job->data.exists ? resume(job, err) : begin_new(job, err);
    /* Once more after the take-over: a killed predecessor may have had commits in flight. */
    if (result == 0)
        result = reload(job, err);
    if (result == 0)
        result = open_spool(job, err);
    return result == 0 ? read_tables(job, err) : -1;
}

/*
 * Records why the job ended. An instance that was taken for dead and has a successor cannot, and
 * what it ran into may be the successor's doing: then that is the error.
 */
static void record_error(struct um_job *job, struct um_err *error)
{
    if (!job->state || !um_state_epoch(job->state) || error->id == UM_E_STOPPED)
        return;
    struct um_err refused = {0};
    int result = um_state_set_error(job->state, error, &refused);
    if (result != 0 && um_err_is_lost(&refused) && !um_err_is_lost(error)) {
        result = um_state_reconnect(job->state, &refused);
        if (result == 0)
            result = um_state_set_error(job->state, error, &refused);
    }
    if (result != 0 && (refused.id == UM_E_JOB_FENCED || refused.id == UM_E_JOB_RUNNING))
        *error = refused;
}

/* An instance that was taken for dead leaves what is its successor's. */
static bool may_leave_redo_log(const struct um_job *job, const struct um_err *error)
{
    return job->config->copy.redo_log == UM_REDO_LOG_OFF && job->state &&
           (job->data.exists || um_state_epoch(job->state)) && error->id != UM_E_JOB_FENCED &&
           error->id != UM_E_JOB_RUNNING;
}

int um_coordinator_run(const struct um_config *config, const struct um_cli *cli, bool restart,
                       struct um_err *err)
{
    struct um_job job;
    um_job_init(&job, config);
    job.progress = um_progress_start(config->job, cli->format == UM_OUTPUT_JSON ? UM_PROGRESS_JSON
                                                                                : UM_PROGRESS_AUTO);
    um_progress_phase(job.progress, "plan");
    int result = open_job(&job, restart, err);
    if (result == 0)
        result = run_stages(&job, cli->until, err);
    um_progress_stop(job.progress);
    if (result < 0)
        record_error(&job, err);
    if (result < 0 && may_leave_redo_log(&job, err))
        um_redo_log_leave(config);
    um_job_clear(&job);
    return result;
}

int um_coordinator_open(const struct um_config *config, struct um_job *job, struct um_err *err)
{
    um_job_init(job, config);
    if (!(job->state = um_state_lock(job->config, err)) || reload(job, err) != 0)
        return -1;
    if (!job->data.exists)
        return um_fail(err, UM_E_STATE_NONE, "there is no job '%s' on the target", config->job);
    if (um_ownership_check(um_state_conn(job->state), config, err) != 0)
        return -1;
    if (resume(job, err) != 0 || reload(job, err) != 0 || um_job_open_spool(job, err) != 0)
        return -1;
    return read_tables(job, err);
}
