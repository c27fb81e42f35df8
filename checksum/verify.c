#include "checksum/verify.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "checksum/work.h"
#include "mysql/server.h"

/*
 * The pass: connections first, so that the snapshots are taken at one go and young; then what can
 * be compared at all; then the reading (work.h); then the verdict.
 */

static void close_connections(struct um_work *w)
{
    for (size_t i = 0; i < w->worker_count; i++) {
        um_conn_close(w->workers[i].conn[UM_SOURCE]);
        um_conn_close(w->workers[i].conn[UM_TARGET]);
    }
    free(w->workers);
    w->workers = NULL;
    w->worker_count = 0;
}

static int open_connections(struct um_work *w, struct um_err *err)
{
    const struct um_verify_options *o = w->options;
    size_t wanted = o->threads ? o->threads : 1;
    w->workers = um_alloc_array(wanted, sizeof *w->workers);
    for (size_t i = 0; i < wanted; i++) {
        struct um_conn **conn = w->workers[i].conn;
        conn[UM_SOURCE] = um_conn_open(o->source, err);
        if (!conn[UM_SOURCE])
            return -1;
        conn[UM_TARGET] = um_conn_open(o->target, err);
        if (!conn[UM_TARGET]) {
            um_conn_close(conn[UM_SOURCE]);
            return -1;
        }
        w->worker_count++;
    }
    return 0;
}

/* What a throttled reader goes back to: its snapshot, and no lock on anything that it has read. */
static int mark_beginnings(struct um_work *w, struct um_err *err)
{
    for (size_t i = 0; w->options->throttle && !w->options->catch_up && i < w->worker_count; i++) {
        struct um_conn **conn = w->workers[i].conn;
        if (um_exec(conn[UM_SOURCE], err, "SAVEPOINT unmoor") != 0 ||
            um_exec(conn[UM_TARGET], err, "SAVEPOINT unmoor") != 0)
            return -1;
    }
    return 0;
}

static int align(struct um_work *w, struct um_position *at, struct um_err *err)
{
    struct um_conn **source = um_alloc_array(w->worker_count, sizeof(struct um_conn *));
    struct um_conn **target = um_alloc_array(w->worker_count, sizeof(struct um_conn *));
    for (size_t i = 0; i < w->worker_count; i++) {
        source[i] = w->workers[i].conn[UM_SOURCE];
        target[i] = w->workers[i].conn[UM_TARGET];
    }
    int rc = w->options->align(w->options->context, source, target, w->worker_count, at, err);
    free(source);
    free(target);
    return rc == 0 ? mark_beginnings(w, err) : -1;
}

/* ---- tables ---- */

static void prepare_table(struct um_work *w, struct um_work_table *t)
{
    const struct um_verify_table *input = t->input;
    if (!input->target) {
        t->report->verdict = UM_MISSING_TABLE;
        t->report->why = um_sprintf("there is no table %s.%s on the target", input->target_schema,
                                    input->target_name);
        return;
    }
    const struct um_worker *any = &w->workers[0];
    if (um_pairing_make(&t->pairing, input->source, input->target,
                        um_conn_server(any->conn[UM_SOURCE])->flavour,
                        um_conn_server(any->conn[UM_TARGET])->flavour, UM_COLUMNS_ALL,
                        &t->report->why)) {
        um_work_table_start(w, t);
        /* Where the servers share no order, a row of one's range can be in another one's. */
        if (t->pairing.same_order)
            t->sample = (struct um_sample){w->options->sample, um_sample_phase(), 0};
    } else {
        t->report->verdict = UM_DIFFERENT;
    }
}

static uint64_t size_of(const struct um_work_table *t)
{
    const struct um_table *s = t->input->source;
    return s->data_bytes + s->rows_estimate;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = size_of(a), y = size_of(b);
    return (x < y) - (x > y);
}

/* Largest first: the small ones fill the gaps at the end. */
static void prepare_tables(struct um_work *w, const struct um_verify_table *tables, size_t count,
                           struct um_verify_report *report)
{
    report->tables = um_alloc_array(count ? count : 1, sizeof *report->tables);
    report->table_count = count;
    w->tables = um_alloc_array(count ? count : 1, sizeof *w->tables);
    w->table_count = count;
    for (size_t i = 0; i < count; i++) {
        report->tables[i].schema = um_strdup(tables[i].source->schema);
        report->tables[i].name = um_strdup(tables[i].source->name);
        w->tables[i].input = &tables[i];
        w->tables[i].index = i;
        w->tables[i].resume = w->options->resume ? &w->options->resume[i] : NULL;
        w->tables[i].report = &report->tables[i];
    }
    qsort(w->tables, count, sizeof *w->tables, by_size);
    for (size_t i = 0; i < count; i++) {
        um_findings_create(&w->tables[i].found, w->options->max_keys);
        if (w->options->damage)
            w->tables[i].found.damage = &w->options->damage[w->tables[i].index];
        prepare_table(w, &w->tables[i]);
    }
}

static void free_tables(struct um_work *w)
{
    for (size_t i = 0; i < w->table_count; i++) {
        um_pairing_clear(&w->tables[i].pairing);
        um_findings_destroy(&w->tables[i].found);
        um_bound_clear(&w->tables[i].lo);
        um_compared_end(&w->tables[i].compared);
    }
    free(w->tables);
}

/* Between where it began and here each row was compared. */
static int end_without_lock(struct um_work *w, struct um_verify_report *report, struct um_err *err)
{
    report->from = report->at;
    report->at = (struct um_position){0};
    return um_server_position(w->workers[0].conn[UM_SOURCE], &report->at, err);
}

int um_verify(const struct um_verify_table *tables, size_t count,
              const struct um_verify_options *options, struct um_verify_report *report,
              struct um_err *err)
{
    int rc = -1;
    int64_t start = um_now_us();
    struct um_work w = {.options = options};
    *report = (struct um_verify_report){.started_us = um_wall_us()};

    if (open_connections(&w, err) != 0)
        goto done;
    if (align(&w, &report->at, err) != 0)
        goto done;
    prepare_tables(&w, tables, count, report);
    if (um_work_run(&w, err) != 0 || (options->catch_up && end_without_lock(&w, report, err) != 0))
        goto done;
    report->sample = options->sample < 100 ? options->sample : 0;
    report->equal = true;
    for (size_t i = 0; i < count; i++)
        report->equal &= report->tables[i].verdict == UM_EQUAL;
    report->seconds_us = um_now_us() - start;
    rc = 0;
done:
    close_connections(&w);
    free_tables(&w);
    if (rc != 0)
        um_verify_report_clear(report);
    return rc;
}
