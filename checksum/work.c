#include "checksum/work.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "checksum/range.h"

enum {
    CHUNK_ROWS_FIRST = 50000,
    CHUNK_BYTES = 64 << 20,
    STOP_POLL_NS = 200000000,
    RECORD_US = 1000000, /* so much is compared again after a crash */
};

void um_work_table_start(struct um_work *w, struct um_work_table *t)
{
    const struct um_table *s = t->input->source;
    uint64_t row = s->rows_estimate ? s->data_bytes / s->rows_estimate : s->data_bytes;
    t->rows_most = row ? CHUNK_BYTES / row : w->options->chunk_rows_max;
    if (t->rows_most > w->options->chunk_rows_max)
        t->rows_most = w->options->chunk_rows_max;
    if (t->rows_most < 1)
        t->rows_most = 1;
    t->chunk_rows = t->rows_most < CHUNK_ROWS_FIRST ? t->rows_most : CHUNK_ROWS_FIRST;
    t->readable = true;
    um_compared_begin(&t->compared, t->resume);
    if (!t->resume)
        return;
    t->walked = t->resume->whole;
    um_bound_copy(&t->lo, &t->resume->hi);
}

/* ---- failing ---- */

/* The first error is the reason for all that follow it: whatever still reads is cut off. */
static void fail_work(struct um_work *w, const struct um_err *err)
{
    pthread_mutex_lock(&w->lock);
    if (!w->failed) {
        w->failed = true;
        w->err = *err;
        for (size_t i = 0; i < w->worker_count; i++) {
            um_conn_abort(w->workers[i].conn[UM_SOURCE]);
            um_conn_abort(w->workers[i].conn[UM_TARGET]);
        }
    }
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

/* ---- workers ---- */

/* Ranges that an earlier verification has left. */
static bool has_left(const struct um_work_table *t)
{
    return t->resume && t->again < t->resume->again.range_count;
}

/* Under the lock. The largest table that has a range to give and that nobody is walking. *wait:
   there may be more once somebody is done walking. */
static struct um_work_table *pick(struct um_work *w, bool *wait)
{
    *wait = false;
    for (size_t i = 0; i < w->table_count; i++) {
        struct um_work_table *t = &w->tables[i];
        if (!t->readable)
            continue;
        if (has_left(t) || (!t->walked && !t->walking))
            return t;
        if (t->walked)
            continue;
        *wait = true;
    }
    return NULL;
}

/* Walks the source's key a step further. */
static int walk(struct um_worker *worker, struct um_range_work *r, struct um_err *err)
{
    struct um_work *w = worker->work;
    struct um_work_table *t = r->table;
    const struct um_bound end = {0};
    int rc = 0;
    um_bound_copy(&r->lo, &t->lo);
    /* Without one moment for all ranges, what the servers order differently has to be one. */
    if (t->pairing.same_order || !w->options->catch_up)
        rc = um_range_next(worker->conn[UM_SOURCE], t->pairing.table[UM_SOURCE],
                           &t->pairing.key[UM_SOURCE], &r->lo, &end, r->rows_wanted, &r->hi, err);
    um_bound_copy(&t->lo, &r->hi);

    pthread_mutex_lock(&w->lock);
    t->walking = false;
    t->walked = r->hi.count == 0;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return rc;
}

/* 1: *r is a range to read; 0: there is none any more; -1: error. */
static int take_range(struct um_worker *worker, struct um_range_work *r, struct um_err *err)
{
    struct um_work *w = worker->work;
    struct um_work_table *t = NULL;
    bool wait = true;

    pthread_mutex_lock(&w->lock);
    while (!w->failed && !(t = pick(w, &wait)) && wait)
        pthread_cond_wait(&w->changed, &w->lock);
    if (w->failed || !t) {
        pthread_mutex_unlock(&w->lock);
        return 0;
    }
    t->active++;
    r->table = t;
    r->rows_wanted = t->chunk_rows;
    r->again = has_left(t);
    t->walking |= !r->again;
    r->number = r->again ? t->again++ : t->ranges++;
    pthread_mutex_unlock(&w->lock);
    if (!r->again)
        return walk(worker, r, err) == 0 ? 1 : -1;
    um_bound_copy(&r->lo, &t->resume->again.ranges[r->number].lo);
    um_bound_copy(&r->hi, &t->resume->again.ranges[r->number].hi);
    return 1;
}

/* For whoever waits: the pass failed, or there is nothing left to begin. */
static bool is_over(void *context)
{
    struct um_work *w = context;
    bool wait;
    pthread_mutex_lock(&w->lock);
    bool over = w->failed || (!pick(w, &wait) && !wait);
    pthread_mutex_unlock(&w->lock);
    return over;
}

/* A session keeps the metadata locks of what it has read until its transaction ends: a DDL would
   wait for whatever the pass waits for, and the application behind it. */
static int let_go(struct um_worker *worker, struct um_err *err)
{
    const char *sql = worker->work->options->catch_up ? "ROLLBACK" : "ROLLBACK TO SAVEPOINT unmoor";
    for (int side = UM_SOURCE; side <= UM_TARGET; side++) {
        if (um_exec(worker->conn[side], err, "%s", sql) != 0)
            return -1;
    }
    return 0;
}

static int wait_throttled(struct um_worker *worker, struct um_err *err)
{
    struct um_work *w = worker->work;
    struct um_throttle *throttle = w->options->throttle;
    if (!um_throttle_is_held(throttle) || is_over(w))
        return 0;
    return let_go(worker, err) == 0 ? um_throttle_wait(throttle, is_over, w, err) : -1;
}

static bool is_in_sample(struct um_work *w, const struct um_range_work *r)
{
    if (r->again)
        return true;
    pthread_mutex_lock(&w->lock);
    bool takes = um_sample_takes(&r->table->sample, r->number, r->hi.count == 0);
    pthread_mutex_unlock(&w->lock);
    return takes;
}

static int do_range(struct um_worker *worker, struct um_err *err)
{
    struct um_work *w = worker->work;
    struct um_range_work r = {0};
    int got = wait_throttled(worker, err) == 0 ? take_range(worker, &r, err) : -1;
    if (got == 1) {
        if (is_in_sample(w, &r) && um_range_read(worker, &r, err) != 0)
            got = -1;
        pthread_mutex_lock(&w->lock);
        bool last = --r.table->active == 0 && r.table->walked && !has_left(r.table);
        pthread_mutex_unlock(&w->lock);
        if (got == 1 && last && um_range_end_table(worker, r.table, err) != 0)
            got = -1;
    }
    um_range_work_clear(&r);
    return got;
}

static void *run_worker(void *context)
{
    struct um_worker *worker = context;
    struct um_work *w = worker->work;
    struct um_err err = {0};
    int got;
    um_mysql_thread_begin();
    while ((got = do_range(worker, &err)) == 1)
        ;
    if (got < 0)
        fail_work(w, &err);
    um_mysql_thread_end();
    pthread_mutex_lock(&w->lock);
    w->running--;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- what is recorded ---- */

static bool take_change(struct um_work *w, struct um_work_table *t, struct um_verified *now,
                        bool *again_done)
{
    struct um_compared_progress *p = &t->compared;
    pthread_mutex_lock(&w->lock);
    bool changed = p->changed;
    p->changed = false;
    if (changed) {
        um_verified_copy(now, &p->now);
        for (size_t i = 0; t->resume && i < t->resume->again.range_count; i++)
            again_done[i] = p->again_done[i];
    }
    pthread_mutex_unlock(&w->lock);
    return changed;
}

static int record_table(struct um_work *w, struct um_work_table *t, bool *recorded,
                        struct um_err *err)
{
    struct um_verified now = {0};
    bool *again_done = um_alloc_array(t->resume ? t->resume->again.range_count + 1 : 1, 1);
    int result = 0;
    if (take_change(w, t, &now, again_done)) {
        result = w->options->record(w->options->context, t->index, &now, again_done, err);
        *recorded = true;
    }
    um_verified_clear(&now);
    free(again_done);
    return result;
}

/* What cannot be recorded is compared all the same. */
static void record(struct um_work *w)
{
    struct um_err err = {0};
    bool recorded = false;
    for (size_t i = 0; w->records && i < w->table_count; i++) {
        if (w->tables[i].readable && record_table(w, &w->tables[i], &recorded, &err) != 0) {
            um_warn("%s. What is compared from now on is not recorded.", err.text);
            w->records = false;
        }
    }
    if (recorded && um_fault(UM_FAULT_VERIFY_RECORDED, &err) != 0)
        fail_work(w, &err);
}

static void record_now_and_then(struct um_work *w)
{
    int64_t now = um_now_us();
    if (now < w->next_record)
        return;
    w->next_record = now + RECORD_US;
    pthread_mutex_unlock(&w->lock);
    record(w);
    pthread_mutex_lock(&w->lock);
}

/* A read may be blocked in a server's answer when a stop is asked for, so this thread watches. */
static void watch(struct um_work *w)
{
    pthread_mutex_lock(&w->lock);
    while (w->running > 0) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += STOP_POLL_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&w->changed, &w->lock, &until);
        if (w->running > 0)
            record_now_and_then(w);
        if (w->failed || !um_stop_requested())
            continue;
        struct um_err stopped = {0};
        um_fail(&stopped, UM_E_STOPPED, "the verification was asked to stop");
        pthread_mutex_unlock(&w->lock);
        fail_work(w, &stopped);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
}

/* Those of which nothing is left to compare. */
static int end_whole_tables(struct um_work *w, struct um_err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < w->table_count; i++) {
        struct um_work_table *t = &w->tables[i];
        if (t->readable && t->walked && !has_left(t))
            result = um_range_end_table(&w->workers[0], t, err);
    }
    return result;
}

int um_work_run(struct um_work *w, struct um_err *err)
{
    size_t started = 0;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);

    for (size_t i = 0; i < w->worker_count; i++)
        w->workers[i].work = w;
    w->records = w->options->record != NULL;
    w->next_record = um_now_us() + RECORD_US;
    if (end_whole_tables(w, err) != 0)
        fail_work(w, err);
    for (; !w->failed && started < w->worker_count; started++) {
        struct um_worker *worker = &w->workers[started];
        pthread_mutex_lock(&w->lock);
        w->running++;
        pthread_mutex_unlock(&w->lock);
        int failed = pthread_create(&worker->thread, NULL, run_worker, worker);
        if (failed) {
            struct um_err none = {0};
            um_fail(&none, UM_E_SYSTEM, "cannot start a thread: %s", strerror(failed));
            pthread_mutex_lock(&w->lock);
            w->running--;
            pthread_mutex_unlock(&w->lock);
            fail_work(w, &none);
            break;
        }
    }
    watch(w);
    for (size_t i = 0; i < started; i++)
        pthread_join(w->workers[i].thread, NULL);
    if (w->failed) {
        record(w);
        *err = w->err;
    }
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    return w->failed ? -1 : 0;
}
