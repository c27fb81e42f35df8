#include "verify_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "follow/hold.h"
#include "moment.h"
#include "plan/plan.h"
#include "repair_job.h"
#include "state/verdict.h"
#include "throttle/watch.h"

struct verification {
    const struct um_config *config;
    struct um_config with_added; /* what it leads to */
    struct um_strv added;        /* to the tables of the job, by its state */
    struct um_conn *control;     /* to the target */
    struct um_tables source, target;
    const struct um_table **source_tables; /* for the lock */
    struct um_verify_table *pairs;         /* of the pass at hand */
    size_t pair_count;
    enum um_lock_method lock;
    bool job_exists;
    bool orders;            /* the job's state can hold an order to wait */
    bool recorded;          /* … and what was found */
    bool aligned;           /* for the first time: */
    uint64_t last_conflict; /* the last one by then */
    bool repair;
    unsigned sample;
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

static struct um_moment moment_of(const struct verification *v, bool to_write)
{
    return (struct um_moment){.config = v->config,
                              .control = v->control,
                              .lock = v->lock,
                              .tables = v->source_tables,
                              .table_count = v->source.count,
                              .to_write = to_write};
}

static int align(void *context, struct um_conn **source, struct um_conn **target, size_t n,
                 struct um_position *at, struct um_err *err)
{
    struct verification *v = context;
    struct um_moment m = moment_of(v, false);
    if (!v->job_exists) {
        um_warn("There is no job '%s' on the target: both sides are compared as they are now, and "
                "writes in between show as differences.",
                v->config->job);
        int result = um_moment_source(&m, source, n, at, err);
        return result == 0 ? open_target_snapshots(target, n, err) : -1;
    }
    int result = um_moment_begin(&m, source, n, at, err);
    if (result == 0 && v->recorded && !v->aligned)
        result = um_state_last_conflict(v->control, v->config, &v->last_conflict, err);
    v->aligned = true;
    if (result == 0)
        result = open_target_snapshots(target, n, err);
    result = um_moment_end(&m, result, err);
    return result == 0 ? read_again(v, err) : -1;
}

static int read_state(struct verification *v, struct um_err *err)
{
    struct um_state_data data;
    if (um_state_load(v->control, v->config, false, &data, err) != 0)
        return -1;
    v->job_exists = data.exists;
    v->orders = data.exists && data.version >= UM_STATE_VERSION_THROTTLE;
    v->recorded = data.exists && data.version >= UM_STATE_VERSION_CUTOVER;
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

static int run_pass(struct verification *v, struct um_verify_table *pairs, size_t count,
                    struct um_damage *damage, struct um_verify_report *report, struct um_err *err)
{
    struct um_verify_options options = {.source = &v->config->source,
                                        .target = &v->config->target,
                                        .threads = v->config->verify.threads,
                                        .max_keys = v->config->verify.max_keys,
                                        .sample = v->sample,
                                        .align = align,
                                        .context = v,
                                        .throttle = v->throttle,
                                        .damage = damage};
    v->pairs = pairs;
    v->pair_count = count;
    return um_verify(pairs, count, &options, report, err);
}

/* ---- repair ---- */

/* The tables of a report that differ, and what is known of their rows. */
struct differing {
    struct um_verify_table *pairs;
    struct um_damage *damage;
    struct um_table_report **reports;
    uint64_t *rows; /* that differed when they were compared last */
    size_t count;
};

static void differing_clear(struct differing *d)
{
    for (size_t i = 0; i < d->count; i++)
        um_damage_clear(&d->damage[i]);
    free(d->pairs);
    free(d->damage);
    free(d->reports);
    free(d->rows);
    *d = (struct differing){0};
}

static void differing_create(struct differing *d, size_t most)
{
    *d = (struct differing){.pairs = um_alloc_array(most + 1, sizeof *d->pairs),
                            .damage = um_alloc_array(most + 1, sizeof *d->damage),
                            .reports = um_alloc_array(most + 1, sizeof *d->reports),
                            .rows = um_alloc_array(most + 1, sizeof *d->rows)};
}

/* Takes the damage over. */
static void differing_add(struct differing *d, const struct um_verify_table *pair,
                          struct um_damage *damage, struct um_table_report *report)
{
    d->pairs[d->count] = *pair;
    d->damage[d->count] = *damage;
    d->reports[d->count] = report;
    d->rows[d->count++] = report->keys_different;
    *damage = (struct um_damage){0};
}

static uint64_t repaired_rows(const struct um_table_report *t)
{
    return t->repair.inserted + t->repair.updated + t->repair.deleted;
}

/* What the table is now, in place of what it was; what was repaired stays. */
static void take_verdict(struct um_table_report *to, struct um_table_report *from,
                         const struct um_position *at)
{
    const struct um_table_report before = *to;
    *to = *from;
    to->repair_tried = before.repair_tried;
    to->repair = before.repair;
    um_position_copy(&to->at, at);
    *from = before;
    from->repair_tried = false;
    from->repair = (struct um_repair_report){0};
}

/* Those that were repaired are compared once more. *left: tables that differ still, of more rows
   than were known, and fewer than before. */
static int compare_again(struct verification *v, struct differing *repaired, struct differing *left,
                         struct um_err *err)
{
    struct differing again;
    struct um_verify_report report = {0};
    differing_create(&again, repaired->count);
    differing_create(left, repaired->count);
    for (size_t i = 0; i < repaired->count; i++) {
        if (repaired->reports[i]->repair.refused)
            continue;
        bool more = repaired->damage[i].more;
        struct um_damage none = {.more = false};
        differing_add(&again, &repaired->pairs[i], &none, repaired->reports[i]);
        again.rows[again.count - 1] = more ? repaired->rows[i] : 0;
    }
    int result =
        again.count ? run_pass(v, again.pairs, again.count, again.damage, &report, err) : 0;
    for (size_t i = 0; result == 0 && i < again.count; i++) {
        struct um_table_report *t = again.reports[i];
        take_verdict(t, &report.tables[i], &report.at);
        if (t->verdict == UM_DIFFERENT && t->keys_different < again.rows[i])
            differing_add(left, &again.pairs[i], &again.damage[i], t);
    }
    um_verify_report_clear(&report);
    differing_clear(&again);
    return result;
}

static int repair_and_compare(struct verification *v, struct differing *d, uint64_t run,
                              struct um_err *err)
{
    int result = 0;
    while (result == 0 && d->count) {
        struct um_moment m = moment_of(v, true);
        struct differing left = {0};
        const struct um_repair_job job = {.moment = &m,
                                          .throttle = v->throttle,
                                          .pairs = d->pairs,
                                          .damage = d->damage,
                                          .reports = d->reports,
                                          .count = d->count,
                                          .run = run};
        result = um_repair(&job, err);
        if (result == 0)
            result = compare_again(v, d, &left, err);
        differing_clear(d);
        *d = left;
    }
    return result;
}

static void sum_up(struct um_verify_report *report, uint64_t *found, const struct um_config *config)
{
    report->equal = true;
    for (size_t i = 0; i < report->table_count; i++) {
        struct um_table_report *t = &report->tables[i];
        uint64_t done = repaired_rows(t);
        report->equal &= t->verdict == UM_EQUAL;
        t->repair.settled =
            t->repair_tried && !t->repair.refused && found[i] > done && t->verdict == UM_EQUAL
                ? found[i] - done
                : 0;
        if (done && !report->repaired_in)
            report->repaired_in = um_sprintf("%s.job_repair", config->state.schema);
    }
}

static int repair(struct verification *v, struct um_damage *damage, struct um_verify_table *pairs,
                  struct um_verify_report *report, struct um_err *err)
{
    struct differing d;
    uint64_t *found = um_alloc_array(report->table_count + 1, sizeof *found);
    report->repair = true;
    report->run = (uint64_t)report->started_us;
    differing_create(&d, report->table_count);
    for (size_t i = 0; i < report->table_count; i++) {
        struct um_table_report *t = &report->tables[i];
        found[i] = t->inexact ? 0 : t->keys_different;
        if (t->verdict != UM_EQUAL)
            differing_add(&d, &pairs[i], &damage[i], t);
    }
    int result = repair_and_compare(v, &d, report->run, err);
    differing_clear(&d);
    sum_up(report, found, v->config);
    free(found);
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
    int result = run_pass(v, pairs, count, v->repair ? damage : NULL, report, err);
    if (result == 0 && v->repair)
        result = repair(v, damage, pairs, report, err);
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

int um_verify_job(const struct um_config *config, const struct um_cli *cli,
                  struct um_verify_report *report, struct um_err *err)
{
    struct verification v = {.with_added = *config, .repair = cli->repair, .sample = cli->sample};
    v.with_added.tables.added = &v.added;
    v.config = &v.with_added;
    int result = -1;
    if ((v.control = um_conn_open(&config->target, err)) != NULL &&
        um_hold_lock(v.control, config, err) == 0 && read_state(&v, err) == 0)
        result = compare_throttled(&v, report, err);
    if (result == 0 && v.recorded && (!v.sample || v.sample == 100))
        result = um_state_put_verdict(v.control, config, report->equal, v.last_conflict,
                                       &report->at, err);
    um_conn_close(v.control);
    um_strv_clear(&v.added);
    um_tables_delete(&v.source);
    um_tables_delete(&v.target);
    free(v.source_tables);
    return result;
}
