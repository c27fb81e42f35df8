#include "verify_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "mysql/server.h"
#include "catch_up.h"
#include "checksum/pairing.h"
#include "follow/hold.h"
#include "plan/plan.h"
#include "state/verdict.h"
#include "throttle/watch.h"
#include "verification.h"

enum { SOON_US = 200000 };

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
    for (size_t i = 0; i < v->pair_count; i++)
        v->pairs[i].target =
            um_tables_find(&v->target, v->pairs[i].target_schema, v->pairs[i].target_name);
    return 0;
}

struct um_moment um_verification_moment(const struct verification *v, bool to_write)
{
    return (struct um_moment){.config = v->config,
                              .control = v->control,
                              .lock = v->lock,
                              .tables = v->source_tables,
                              .table_count = v->source.count,
                              .to_write = to_write};
}

/* Of tables as they are now. */
static int begin_recording(struct verification *v, const struct um_position *at, struct um_err *err)
{
    return v->record
               ? um_verify_resume_begin(v->record, v->pairs, v->pair_count, at, v->resume, err)
               : 0;
}

static int record(void *context, size_t table, const struct um_verified *now,
                  const bool *again_done, struct um_err *err)
{
    struct verification *v = context;
    return um_verify_resume_record(v->record, table, now, again_done, err);
}

/* Does the state keep what was found? */
static bool keeps_verdict(const struct verification *v)
{
    return v->job_exists && v->version >= UM_STATE_VERSION_CUTOVER &&
           (!v->sample || v->sample == 100);
}

/* What is recorded later is not of what was compared. */
static int note_conflicts(struct verification *v, struct um_err *err)
{
    if (v->began || !keeps_verdict(v))
        return 0;
    v->began = true;
    return um_state_last_conflict(v->control, v->config, &v->last_conflict, err);
}

static int align(void *context, struct um_conn **source, struct um_conn **target, size_t n,
                 struct um_position *at, struct um_err *err)
{
    struct verification *v = context;
    struct um_moment m = um_verification_moment(v, false);
    if (!v->job_exists) {
        um_warn("There is no job '%s' on the target: both sides are compared as they are now, and "
                "writes in between show as differences.",
                v->config->job);
        int result = um_moment_source(&m, source, n, at, err);
        return result == 0 ? open_target_snapshots(target, n, err) : -1;
    }
    int result = um_moment_begin(&m, source, n, at, err);
    if (result == 0)
        result = note_conflicts(v, err);
    if (result == 0)
        result = open_target_snapshots(target, n, err);
    result = um_moment_end(&m, result, err);
    if (result == 0)
        result = read_again(v, err);
    return result == 0 ? begin_recording(v, at, err) : -1;
}

/* ---- without a lock ---- */

static bool without_lock(const struct verification *v)
{
    return v->config->verify.lock == UM_VERIFY_LOCK_NEVER;
}

static int catch_up(void *context, struct um_conn *const conn[2], struct um_err *err)
{
    struct verification *v = context;
    /* Without a job nothing is on its way, but the servers' own replication may bring it. */
    if (!v->job_exists)
        return um_sleep_us(SOON_US) == 0
                   ? 0
                   : um_fail(err, UM_E_STOPPED, "the verification was asked to stop");
    return um_catch_up(v->config, conn[UM_SOURCE], conn[UM_TARGET], err);
}

static int begin_without_lock(void *context, struct um_conn **source, struct um_conn **target,
                              size_t n, struct um_position *at, struct um_err *err)
{
    struct verification *v = context;
    struct um_err ignored;
    for (size_t i = 0; i < n; i++) {
        struct um_conn *const both[2] = {source[i], target[i]};
        for (int side = UM_SOURCE; side <= UM_TARGET; side++) {
            if (um_conn_server(both[side])->flavour == UM_MARIADB)
                um_exec(both[side], &ignored, "SET SESSION sql_log_bin=0");
            if (um_exec(both[side], err,
                        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ") != 0)
                return -1;
        }
    }
    if (um_server_position(source[0], at, err) != 0 || note_conflicts(v, err) != 0)
        return -1;
    um_info("Verifying without a lock: keys that differ are read again until they are stable.");
    struct um_conn *const first[2] = {source[0], target[0]};
    if (catch_up(v, first, err) != 0 || read_again(v, err) != 0)
        return -1;
    return begin_recording(v, at, err);
}

static int read_state(struct verification *v, struct um_err *err)
{
    struct um_state_data data;
    if (um_state_load(v->control, v->config, false, &data, err) != 0)
        return -1;
    v->job_exists = data.exists;
    v->version = data.exists ? data.version : 0;
    v->origin = data.origin;
    data.origin = NULL;
    v->added = data.added;
    data.added = (struct um_strv){0};
    bool ready = !data.exists || data.phase >= UM_PHASE_FOLLOW;
    const char *phase = data.exists ? um_phase_name(data.phase) : "";
    um_state_data_clear(&data);
    if (v->repair && !v->job_exists)
        return um_fail(err, UM_E_REPAIR_NO_JOB, "there is no job '%s' on the target",
                       v->config->job);
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
    /* It writes as the migration does, and needs what that one needs. */
    if (result == 0 && v->repair && plan.blocked)
        result = um_plan_fail(&plan, err);
    um_plan_clear(&plan);
    if (result == 0 && !v->job_exists)
        result = um_catalog_tables(v->control, wanted, (void *)v->config, &v->target, err);
    v->source_tables =
        um_alloc_array(v->source.count ? v->source.count : 1, sizeof *v->source_tables);
    for (size_t i = 0; i < v->source.count; i++)
        v->source_tables[i] = v->source.items[i];
    return result;
}

/* ---- passes ---- */

int um_verification_pass(struct verification *v, struct um_verify_table *pairs, size_t count,
                         struct um_damage *damage, struct um_verify_report *report,
                         struct um_err *err)
{
    struct um_verify_options options = {.source = &v->config->source,
                                        .target = &v->config->target,
                                        .threads = v->config->verify.threads,
                                        .max_keys = v->config->verify.max_keys,
                                        .sample = v->sample,
                                        .chunk_rows_max = v->config->verify.chunk_rows_max,
                                        .align = without_lock(v) ? begin_without_lock : align,
                                        .catch_up = without_lock(v) ? catch_up : NULL,
                                        .record = v->record ? record : NULL,
                                        .resume = v->resume,
                                        .context = v,
                                        .throttle = v->throttle,
                                        .damage = damage};
    v->pairs = pairs;
    v->pair_count = count;
    return um_verify(pairs, count, &options, report, err);
}

static bool can_be_recorded(const struct verification *v)
{
    if (v->sample && v->sample < 100)
        return false;
    if (v->job_exists && v->version >= UM_STATE_VERSION_VERIFIED)
        return true;
    if (v->go_on)
        um_info("%s: all is compared, and nothing is recorded.",
                v->job_exists
                    ? "The job's state is of an earlier version, until a migration raises it"
                    : "There is no job");
    return false;
}

/* The first pass: one that is stopped can be gone on with. */
static int compare_recorded(struct verification *v, struct um_verify_table *pairs,
                            struct um_damage *damage, struct um_verify_report *report,
                            struct um_err *err)
{
    size_t count = v->source.count;
    if (!can_be_recorded(v))
        return um_verification_pass(v, pairs, count, damage, report, err);
    v->record = um_verify_resume_new(v->control, v->config, v->origin, v->go_on, err);
    if (!v->record)
        return -1;
    v->resume = um_alloc_array(count + 1, sizeof *v->resume);
    int result = um_verification_pass(v, pairs, count, damage, report, err);
    if (result == 0)
        um_verify_resume_end(v->record, report);
    for (size_t i = 0; i < count; i++)
        um_resume_clear(&v->resume[i]);
    free(v->resume);
    um_verify_resume_delete(v->record);
    v->resume = NULL;
    v->record = NULL;
    return result;
}

static int compare(struct verification *v, struct um_verify_report *report, struct um_err *err)
{
    size_t count = v->source.count;
    struct um_verify_table *pairs = um_alloc_array(count + 1, sizeof *pairs);
    struct um_damage *damage = um_alloc_array(count + 1, sizeof *damage);
    for (size_t i = 0; i < count; i++) {
        const struct um_table *t = v->source.items[i];
        pairs[i] =
            (struct um_verify_table){.source = t,
                                     .target = um_tables_find(&v->target, t->schema, t->name),
                                     .target_schema = t->schema,
                                     .target_name = t->name};
    }
    int result = compare_recorded(v, pairs, v->repair ? damage : NULL, report, err);
    if (result == 0 && v->repair)
        result = um_verification_repair(v, damage, pairs, report, err);
    for (size_t i = 0; i < count; i++)
        um_damage_clear(&damage[i]);
    free(damage);
    free(pairs);
    return result;
}

/* Before the snapshots as well: as long as one is open, a server keeps what it shows. */
static int compare_throttled(struct verification *v, struct um_verify_report *report,
                             struct um_err *err)
{
    struct um_watch *watch = um_watch_start(v->config, UM_THROTTLED_VERIFY,
                                            v->version >= UM_STATE_VERSION_THROTTLE, NULL, err);
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

int um_verify_job(const struct um_config *config, const struct um_cli *cli,
                  struct um_verify_report *report, struct um_err *err)
{
    struct verification v = {
        .with_added = *config, .repair = cli->repair, .go_on = cli->resume, .sample = cli->sample};
    v.with_added.tables.added = &v.added;
    v.config = &v.with_added;
    int result = -1;
    if ((v.control = um_conn_open(&config->target, err)) != NULL &&
        um_hold_lock(v.control, config, err) == 0 && read_state(&v, err) == 0)
        result = compare_throttled(&v, report, err);
    if (result == 0 && keeps_verdict(&v))
        result = um_state_put_verdict(v.control, config, report->equal, v.last_conflict,
                                      &report->at, err);
    um_conn_close(v.control);
    um_strv_clear(&v.added);
    um_tables_delete(&v.source);
    um_tables_delete(&v.target);
    free(v.source_tables);
    free(v.origin);
    return result;
}
