#include "copy/copy.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "copy/read_back.h"
#include "copy/renew.h"
#include "copy/restart.h"
#include "copy/worker.h"
#include "job/history.h"
#include "snapshot/snapshot.h"
#include "target/target.h"

struct login {
    const struct um_endpoint *at;
    struct um_conn **to;
    pthread_t thread;
    struct um_err err;
};

static void *log_in(void *context)
{
    struct login *l = context;
    *l->to = um_conn_open(l->at, &l->err);
    if (*l->to && um_multi_allow(*l->to, &l->err) != 0) {
        um_conn_close(*l->to);
        *l->to = NULL;
    }
    um_mysql_thread_end();
    return NULL;
}

/* All at the same time: a login is several round trips. */
static int connect_exporters(struct copy *c, struct um_err *err)
{
    int result = 0;
    size_t started = 0;
    struct login *logins = um_alloc_array(c->worker_count, sizeof *logins);
    c->sources = um_alloc_array(c->worker_count, sizeof *c->sources);
    c->snapshot_ids = um_alloc_array(c->worker_count, sizeof *c->snapshot_ids);
    for (; result == 0 && started < c->worker_count; started += result == 0) {
        struct login *l = &logins[started];
        l->at = &c->job->config->source;
        l->to = &c->sources[started];
        if (pthread_create(&l->thread, NULL, log_in, l) != 0)
            result = um_fail(err, UM_E_SYSTEM, "thread %zu of %zu could not be started",
                             started + 1, c->worker_count);
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(logins[i].thread, NULL);
        if (result == 0 && !c->sources[i]) {
            *err = logins[i].err;
            result = um_fail_in(err, "connecting exporter %zu of %zu", i + 1, c->worker_count);
        }
    }
    free(logins);
    return result;
}

/* What follows begins in the binlog of the first snapshot: later ones have to be of the same. What
   is recorded of that one, or would be, goes to *first, which borrows its position. */
static int check_history(const struct um_job *job, const struct um_position *at,
                         struct um_state_progress *first, struct um_err *err)
{
    *first = job->data.progress;
    if (!first->exists)
        first->at = *at;
    return um_history_check(job, first, err);
}

static int record_snapshots(struct copy *c, const struct um_snapshot *taken, struct um_err *err)
{
    size_t distinct = taken->own ? c->worker_count : 1;
    struct um_state_progress first;
    if (check_history(c->job, &taken->at, &first, err) != 0)
        return -1;
    for (size_t i = 0; i < distinct; i++) {
        struct um_state_snapshot s = {.at = taken->own ? taken->own[i] : taken->at,
                                      .log_born = first.log_born,
                                      .lock_us = taken->lock_us,
                                      .method = (char *)taken->method};
        if (um_state_add_snapshot(c->job->state, &s, err) != 0)
            return -1;
        for (size_t w = i; w < (taken->own ? i + 1 : c->worker_count); w++)
            c->snapshot_ids[w] = s.id;
    }
    um_job_begin_spool(c->job, &first);
    return um_fault(UM_FAULT_SNAPSHOT_RECORDED, err);
}

static int take_snapshot(struct copy *c, struct um_err *err)
{
    /* Others may be dropped by now. */
    const struct um_table **tables = um_alloc_array(c->job->table_count, sizeof *tables);
    size_t count = 0;
    for (size_t i = 0; i < c->job->table_count; i++) {
        if (!um_state_is_copied(&c->job->data.tables[i]))
            tables[count++] = c->job->tables[i].source;
    }
    struct um_snapshot taken;
    int result = um_snapshot_take(c->job->config, c->job->lock, c->sources, c->worker_count, tables,
                                  count, &taken, err);
    free(tables);
    if (result == 0) {
        struct um_buf at = {0};
        um_position_print(&taken.at, &at);
        c->own_positions = taken.own != NULL;
        if (taken.lock_us)
            um_info("Snapshot taken at %s; the %s was held for %.1f ms (%u attempt%s).", at.data,
                    taken.method, (double)taken.lock_us / 1000, taken.attempts,
                    taken.attempts == 1 ? "" : "s");
        else
            um_info("Snapshot taken at %s without any lock.", at.data);
        um_buf_free(&at);
        result = record_snapshots(c, &taken, err);
    }
    /* Where the sessions go back to whenever they have read from a table (worker.h). */
    for (size_t i = 0; result == 0 && i < c->worker_count; i++)
        result = um_exec(c->sources[i], err, "SAVEPOINT unmoor");
    um_snapshot_clear(&taken);
    return result;
}

static int by_size(const void *a, const void *b)
{
    const struct copy_table *x = a, *y = b;
    uint64_t p = x->table->source->data_bytes, q = y->table->source->data_bytes;
    return (p < q) - (p > q);
}

static void show_totals(const struct um_job *job)
{
    uint64_t rows = 0, bytes = 0;
    for (size_t i = 0; i < job->table_count; i++) {
        const struct um_state_table *recorded = &job->data.tables[i];
        rows += recorded->rows_estimate;
        bytes += um_state_is_copied(recorded) ? recorded->bytes_copied
                                              : job->tables[i].source->data_bytes;
    }
    um_progress_copy_total(job->progress, job->table_count, rows, bytes);
}

static struct um_pairing *plan_check(const struct um_job *job, const struct um_job_table *t)
{
    if (!job->config->copy.checksum)
        return NULL;
    struct um_pairing *check = um_read_back_new(job, t);
    if (!check)
        um_info("`%s`.`%s` is copied without reading it back; unmoor verify compares it.",
                t->source->schema, t->source->name);
    return check;
}

static void list_tables(struct copy *c)
{
    show_totals(c->job);
    c->tables = um_alloc_array(c->job->table_count, sizeof *c->tables);
    for (size_t i = 0; i < c->job->table_count; i++) {
        struct um_job_table *t = &c->job->tables[i];
        struct um_state_table *recorded = &c->job->data.tables[i];
        um_progress_copied_before(c->job->progress, recorded->rows_copied, recorded->bytes_copied);
        if (um_state_is_copied(recorded)) {
            um_progress_table_done(c->job->progress);
            continue;
        }
        c->tables[c->table_count++] =
            (struct copy_table){.table = t,
                                .chunker = um_chunker_new(c->job->config, t, recorded),
                                .check = plan_check(c->job, t)};
    }
    qsort(c->tables, c->table_count, sizeof *c->tables, by_size);
}

static bool is_copied(const struct um_job *job)
{
    bool all = true;
    for (size_t i = 0; i < job->table_count; i++)
        all &= um_state_is_copied(&job->data.tables[i]);
    return all;
}

static int local_infile_allowed(struct copy *c, struct um_err *err)
{
    char *value = um_server_variable(um_state_conn(c->job->state), "local_infile", err);
    if (!value)
        return -1;
    c->local_infile = strcasecmp(value, "ON") == 0 || strcmp(value, "1") == 0;
    free(value);
    if (!c->local_infile)
        um_info("The target refuses LOAD DATA LOCAL (local_infile=OFF): rows go as INSERT, which "
                "is slower.");
    return 0;
}

static void copy_clear(struct copy *c)
{
    for (size_t i = 0; i < c->table_count; i++) {
        um_chunker_delete(c->tables[i].chunker);
        um_read_back_delete(c->tables[i].check);
    }
    for (size_t i = 0; c->sources && i < c->worker_count; i++)
        um_conn_close(c->sources[i]);
    free(c->tables);
    free(c->sources);
    free(c->snapshot_ids);
    pthread_mutex_destroy(&c->lock);
}

static bool any_left(const struct copy *c)
{
    bool left = false;
    for (size_t i = 0; i < c->table_count; i++)
        left |= !c->tables[i].cut;
    return left;
}

/* From a snapshot of its own; 1: which was given up. */
static int copy_rest(struct copy *c, struct um_conn **before, struct um_err *err)
{
    /* Before the snapshot: as long as one is open, the source keeps what it shows. */
    if (um_throttle_wait(c->job->throttle, NULL, NULL, err) != 0)
        return -1;
    int64_t max_age = c->job->config->copy.snapshot_max_age_us;
    c->old_at_us = max_age ? um_now_us() + max_age : 0;
    if (connect_exporters(c, err) != 0 || take_snapshot(c, err) != 0 ||
        um_copy_check_snapshot(c->job, c->sources[0], err) != 0 ||
        um_copy_begin_rebuilt_anew(c->job, *before, err) != 0)
        return -1;
    /* What was read in that one is the same in this one. */
    um_conn_close(*before);
    *before = NULL;
    list_tables(c);
    int result = um_state_next_chunk(c->job->state, &c->next_chunk, err);
    if (result == 0)
        um_copy_work(c);
    if (result == 0 && !c->failed && any_left(c))
        um_info(c->ordered ? "Tables are to be copied again: the copy goes on with a new snapshot."
                           : "The snapshot is as old as it may get (copy.snapshot_max_age): the "
                             "copy goes on with a new one.");
    if (result == 0 && c->failed) {
        *err = c->first_err;
        result = -1;
    }
    /* It may have been idle for hours. */
    if (result == 0)
        result = um_state_reconnect(c->job->state, err);
    *before = c->sources[0];
    c->sources[0] = NULL;
    return result == 0 ? any_left(c) : result;
}

int um_copy(struct um_job *job, struct um_conn **before, bool *progressed, struct um_err *err)
{
    struct copy c = {.job = job, .worker_count = job->config->copy.threads};
    pthread_mutex_init(&c.lock, NULL);
    int result = um_copy_begin_anew(job, err);
    if (result == 0)
        result = local_infile_allowed(&c, err);
    if (result == 0)
        result = um_job_read_target(job, err);
    if (result == 0 && !is_copied(job))
        result = copy_rest(&c, before, err);
    *progressed = c.progressed;
    copy_clear(&c);
    return result;
}
