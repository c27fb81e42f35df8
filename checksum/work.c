#include "checksum/work.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "checksum/compare.h"

enum {
    CHUNK_ROWS_FIRST = 50000,
    CHUNK_ROWS_MAX = 250000,
    CHUNK_BYTES = 64 << 20,
    CHUNK_US = 1000000, /* the time that a range should take */
    PROGRESS_ROWS = 20000,
    STOP_POLL_NS = 200000000,
};

void um_work_table_start(struct um_work_table *t)
{
    const struct um_table *s = t->input->source;
    uint64_t row = s->rows_estimate ? s->data_bytes / s->rows_estimate : s->data_bytes;
    t->rows_most = row ? CHUNK_BYTES / row : CHUNK_ROWS_MAX;
    if (t->rows_most > CHUNK_ROWS_MAX)
        t->rows_most = CHUNK_ROWS_MAX;
    if (t->rows_most < 1)
        t->rows_most = 1;
    t->chunk_rows = t->rows_most < CHUNK_ROWS_FIRST ? t->rows_most : CHUNK_ROWS_FIRST;
    t->readable = true;
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

/* ---- one range ---- */

struct range {
    struct um_work_table *table;
    uint64_t number, rows_wanted;
    struct um_bound lo, hi;
    struct um_row_sum sums[2];
};

struct range_side {
    struct um_work *work;
    struct um_work_table *table;
    struct um_row_sum *sum;
    bool tells; /* one side tells the progress */
};

static void tell_progress(const struct um_work *w, struct um_work_table *t, uint64_t more)
{
    uint64_t done = atomic_fetch_add(&t->rows_done, more) + more;
    const struct um_table *s = t->input->source;
    if (w->options->progress)
        w->options->progress(w->options->context, s->schema, s->name, done, s->rows_estimate);
}

static int add_row(void *context, const char *const *values, const unsigned long *lengths,
                   const struct um_row_hash *hash, struct um_err *err)
{
    (void)values;
    (void)lengths;
    (void)err;
    struct range_side *side = context;
    um_row_sum_add_row(side->sum, hash);
    if (side->tells && side->sum->rows % PROGRESS_ROWS == 0)
        tell_progress(side->work, side->table, PROGRESS_ROWS);
    return 0;
}

static struct um_compare comparison(struct um_worker *worker, struct um_work_table *t,
                                    uint64_t range)
{
    return (struct um_compare){worker->conn, &t->pairing, &t->found, range};
}

static int read_range(struct um_worker *worker, struct range *r, struct um_err *err)
{
    struct um_work *w = worker->work;
    struct um_work_table *t = r->table;
    struct range_side sides[2] = {{w, t, &r->sums[UM_SOURCE], true},
                                  {w, t, &r->sums[UM_TARGET], false}};
    void *const context[2] = {&sides[UM_SOURCE], &sides[UM_TARGET]};
    int64_t start = um_now_us();
    if (um_scan_pair(worker->conn, &t->pairing, &r->lo, &r->hi, add_row, context, err) != 0)
        return -1;
    int64_t took = um_now_us() - start;
    tell_progress(w, t, r->sums[UM_SOURCE].rows % PROGRESS_ROWS);

    bool equal = um_row_sum_equal(&r->sums[UM_SOURCE], &r->sums[UM_TARGET]);
    if (!equal && t->pairing.same_order) {
        struct um_compare c = comparison(worker, t, r->number);
        if (um_compare_keys(&c, &r->lo, &r->hi, r->sums, err) != 0)
            return -1;
    }
    pthread_mutex_lock(&w->lock);
    um_row_sum_add(&t->total[UM_SOURCE], &r->sums[UM_SOURCE]);
    um_row_sum_add(&t->total[UM_TARGET], &r->sums[UM_TARGET]);
    t->ranges_different += !equal;
    /* By at most a factor of two, so that one slow answer does not decide. A range that was not
       full (the last one) says nothing. */
    if (r->sums[UM_SOURCE].rows >= r->rows_wanted) {
        uint64_t next = r->rows_wanted * CHUNK_US / (uint64_t)(took > 0 ? took : 1);
        uint64_t most = r->rows_wanted * 2 < t->rows_most ? r->rows_wanted * 2 : t->rows_most;
        uint64_t least = r->rows_wanted / 2 > 1 ? r->rows_wanted / 2 : 1;
        t->chunk_rows = next > most ? most : next < least ? least : next;
    }
    pthread_mutex_unlock(&w->lock);
    return 0;
}

/* ---- the end of a table ---- */

static void add_why(struct um_table_report *report, char *text)
{
    if (report->why && text) {
        char *both = um_sprintf("%s; %s", report->why, text);
        free(report->why);
        free(text);
        report->why = both;
    } else if (text) {
        report->why = text;
    }
}

static void explain(struct um_work_table *t)
{
    struct um_table_report *report = t->report;
    const struct um_findings *found = &t->found;
    if (!t->pairing.named_by_key)
        add_why(report,
                um_sprintf("no unique key tells the rows apart: %llu are only on the source, "
                           "%llu only on the target",
                           (unsigned long long)found->total[UM_KEY_ONLY_SOURCE],
                           (unsigned long long)found->total[UM_KEY_ONLY_TARGET]));
    if (found->at_least)
        add_why(report, um_strdup("too many rows differ to count each of them: there are at least "
                                  "as many as said"));
    if (found->as_rows)
        add_why(report, um_strdup("too many rows differ to pair them by key: a row that differs "
                                  "may be counted on both sides"));
    if (report->keys_different == 0)
        add_why(report, um_sprintf("sums differed, and no row when they were read again: the table "
                                   "changed meanwhile (its engine is %s)",
                                   t->input->source->engine));
}

/* Runs without the lock: nobody else touches a table whose last range is done. */
static int end_table(struct um_worker *worker, struct um_work_table *t, struct um_err *err)
{
    struct um_table_report *report = t->report;
    bool equal = um_row_sum_equal(&t->total[UM_SOURCE], &t->total[UM_TARGET]);
    if (!t->pairing.same_order && !equal) {
        const struct um_bound open = {0};
        struct um_compare c = comparison(worker, t, 0);
        if (um_compare_rows(&c, &open, &open, t->total, err) != 0)
            return -1;
    }
    /* Where the servers order keys differently, equal rows can lie in different ranges. */
    if (!t->pairing.same_order && equal)
        t->ranges_different = 0;
    report->rows_source = t->total[UM_SOURCE].rows;
    report->rows_target = t->total[UM_TARGET].rows;
    report->chunks = t->sample.taken;
    report->chunks_left_out = t->ranges - t->sample.taken;
    report->rows_about = t->input->source->rows_estimate;
    report->chunks_different = t->ranges_different;
    report->verdict = equal && t->ranges_different == 0 ? UM_EQUAL : UM_DIFFERENT;
    um_findings_take(&t->found, report);
    if (t->pairing.note)
        add_why(report, um_strdup(t->pairing.note));
    if (report->verdict == UM_DIFFERENT)
        explain(t);
    return 0;
}

/* ---- workers ---- */

/* Under the lock. The largest table that has a range to give and that nobody is walking. *wait:
   there may be more once somebody is done walking. */
static struct um_work_table *pick(struct um_work *w, bool *wait)
{
    *wait = false;
    for (size_t i = 0; i < w->table_count; i++) {
        struct um_work_table *t = &w->tables[i];
        if (!t->readable || t->walked)
            continue;
        if (!t->walking)
            return t;
        *wait = true;
    }
    return NULL;
}

/* 1: *r is a range to read; 0: there is none any more; -1: error. */
static int take_range(struct um_worker *worker, struct range *r, struct um_err *err)
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
    t->walking = true;
    t->active++;
    r->table = t;
    r->rows_wanted = t->chunk_rows;
    r->number = t->ranges++;
    pthread_mutex_unlock(&w->lock);

    const struct um_bound end = {0};
    um_bound_copy(&r->lo, &t->lo);
    int rc = um_range_next(worker->conn[UM_SOURCE], t->pairing.table[UM_SOURCE],
                           &t->pairing.key[UM_SOURCE], &r->lo, &end, r->rows_wanted, &r->hi, err);
    um_bound_copy(&t->lo, &r->hi);

    pthread_mutex_lock(&w->lock);
    t->walking = false;
    t->walked = r->hi.count == 0;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return rc == 0 ? 1 : -1;
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
    for (int side = UM_SOURCE; side <= UM_TARGET; side++) {
        if (um_exec(worker->conn[side], err, "ROLLBACK TO SAVEPOINT unmoor") != 0)
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

static bool is_in_sample(struct um_work *w, const struct range *r)
{
    pthread_mutex_lock(&w->lock);
    bool takes = um_sample_takes(&r->table->sample, r->number, r->hi.count == 0);
    pthread_mutex_unlock(&w->lock);
    return takes;
}

static int do_range(struct um_worker *worker, struct um_err *err)
{
    struct um_work *w = worker->work;
    struct range r = {0};
    int got = wait_throttled(worker, err) == 0 ? take_range(worker, &r, err) : -1;
    if (got == 1) {
        if (is_in_sample(w, &r) && read_range(worker, &r, err) != 0)
            got = -1;
        pthread_mutex_lock(&w->lock);
        bool last = --r.table->active == 0 && r.table->walked;
        pthread_mutex_unlock(&w->lock);
        if (got == 1 && last && end_table(worker, r.table, err) != 0)
            got = -1;
    }
    um_bound_clear(&r.lo);
    um_bound_clear(&r.hi);
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

int um_work_run(struct um_work *w, struct um_err *err)
{
    size_t started = 0;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);

    for (; started < w->worker_count; started++) {
        struct um_worker *worker = &w->workers[started];
        worker->work = w;
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
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    if (w->failed)
        *err = w->err;
    return w->failed ? -1 : 0;
}
