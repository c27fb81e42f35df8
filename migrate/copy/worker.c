#include "copy/worker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/stop.h"
#include "copy/pump.h"
#include "copy/renew.h"
#include "state/order.h"
#include "target/target.h"

struct worker {
    struct copy *copy;
    unsigned number;
    pthread_t thread;
};

static void fail(struct copy *c, const struct um_err *err)
{
    pthread_mutex_lock(&c->lock);
    if (!c->failed) {
        c->failed = true;
        c->first_err = *err;
    }
    pthread_mutex_unlock(&c->lock);
}

/* At least one chunk comes of every snapshot. */
static bool is_given_up(const struct copy *c)
{
    bool old = c->old_at_us && um_now_us() >= c->old_at_us;
    return c->progressed && (old || c->ordered);
}

/* What was ordered begins at another snapshot, and that ends this one for all others. A state that
   cannot be asked is no reason to give it up. */
static void look_for_orders(struct copy *c)
{
    enum { LOOK_US = 1000000 };
    struct um_err ignored;
    bool ordered;
    pthread_mutex_lock(&c->lock);
    if (!c->ordered && !c->failed && um_now_us() >= c->next_look) {
        c->ordered = um_state_has_orders(um_state_conn(c->job->state), c->job->config, &ordered,
                                         &ignored) == 0 &&
                     ordered;
        c->next_look = um_now_us() + LOOK_US;
    }
    pthread_mutex_unlock(&c->lock);
}

/* What has to be of one snapshot is copied to its end once it has begun. */
static bool needs_this_snapshot(const struct copy *c, const struct copy_table *t)
{
    for (size_t i = 0; !t->table->mixable && i < c->table_count; i++) {
        if (c->tables[i].begun && c->tables[i].table->unit == t->table->unit)
            return true;
    }
    return false;
}

/* The table with the fewest workers on it; of those the largest. Tables whose chunks must share
   one position stay with the first session when each session has its own. */
static struct copy_table *pick_table(struct copy *c, unsigned worker)
{
    struct copy_table *best = NULL;
    pthread_mutex_lock(&c->lock);
    bool given_up = is_given_up(c);
    while (c->cut_count < c->table_count && c->tables[c->cut_count].cut)
        c->cut_count++;
    for (size_t i = c->cut_count; i < c->table_count && !c->failed; i++) {
        struct copy_table *t = &c->tables[i];
        if (t->cut || (c->own_positions && worker != 0 && !t->table->mixable) ||
            (given_up && !needs_this_snapshot(c, t)))
            continue;
        if (!best || t->active < best->active)
            best = t;
        if (!best->active)
            break;
    }
    if (best) {
        best->begun = true;
        best->active++;
    }
    pthread_mutex_unlock(&c->lock);
    return best;
}

/* For whoever waits: the copy failed, or there is nothing left to begin. */
static bool is_over(void *context)
{
    struct copy *c = context;
    pthread_mutex_lock(&c->lock);
    bool over = true;
    for (size_t i = c->cut_count; over && i < c->table_count && !c->failed; i++)
        over = c->tables[i].cut;
    pthread_mutex_unlock(&c->lock);
    return over;
}

enum { CHUNK = 1, WHOLE_TABLE = 2 }; /* what copy_next has copied */

/* Gives the table back, with what copy_next returned; true for the worker that has to finish it. */
static bool leave_table(struct copy *c, struct copy_table *t, int more)
{
    pthread_mutex_lock(&c->lock);
    t->active--;
    t->recorded |= more == WHOLE_TABLE;
    t->cut |= more == 0 || t->recorded;
    c->progressed |= more > 0;
    bool last = more >= 0 && !c->failed && t->cut && t->active == 0 && !t->finishing;
    t->finishing |= last;
    pthread_mutex_unlock(&c->lock);
    return last;
}

static bool at_one_position(const struct copy *c, const struct um_job_table *t)
{
    const struct um_state_table *recorded = &c->job->data.tables[t->index];
    return !c->own_positions && recorded->chunk_count == 0;
}

/* On the worker's own connection: a login of its own would cost a small table more than its rows.
 */
static int build_indexes(struct copy *c, struct um_pump *p, const struct copy_table *t,
                         const struct um_strv *present, struct um_err *err)
{
    struct um_conn *target = um_pump_target(p);
    /* Rows read at different positions may still collide under a unique index: those wait until
       the stream has passed the latest position. */
    int result = um_target_ddl_begin(target, err);
    if (result == 0)
        result =
            um_target_build_indexes(target, t->table, present, at_one_position(c, t->table), err);
    return result == 0 ? um_target_ddl_end(target, err) : -1;
}

/* As they were when the copy began; nobody else builds any meanwhile. */
static void known_indexes(const struct um_job_table *t, struct um_strv *present)
{
    for (size_t i = 0; i < t->target->index_count; i++)
        um_strv_add(present, t->target->indexes[i].name);
}

/* A lost source is another matter: its session holds the snapshot, so there is no going on. */
static bool target_was_lost(const struct um_err *err)
{
    return um_err_is_lost(err) && um_err_exit(err) == UM_EXIT_TARGET;
}

/* Did the chunk commit although the answer to COMMIT was lost? The lock waits for a commit that
   the target has not finished yet. */
static int chunk_is_there(struct um_pump *p, struct copy *c, uint64_t id, bool *there,
                          struct um_err *err)
{
    struct um_buf name = {0};
    um_state_name(&name, c->job->config, "job_chunk");
    uint64_t count = 0;
    int result = um_query_uint(um_pump_target(p), &count, err,
                               "SELECT COUNT(*) FROM %s WHERE job=_utf8mb4'%s' AND id=%" PRIu64
                               " LOCK IN SHARE MODE",
                               name.data, c->job->config->job, id);
    um_buf_free(&name);
    *there = count > 0;
    return result;
}

/* Connects a worker to the target, again if need be. With the id of a chunk whose commit got no
   answer, *there says whether it took place. */
static int reach_target(struct copy *c, struct um_pump *p, uint64_t chunk_id, bool *there,
                        struct um_err *err)
{
    struct um_backoff pause = {.first_us = 200000, .max_us = 5000000};
    int64_t give_up = um_now_us() + c->job->config->follow.reconnect_timeout_us;
    for (;;) {
        if (um_pump_connect(p, err) == 0 &&
            (!chunk_id || chunk_is_there(p, c, chunk_id, there, err) == 0))
            return 0;
        if (!target_was_lost(err) || um_now_us() > give_up)
            return -1;
        if (um_sleep_us(um_backoff_next(&pause)) != 0)
            return um_fail(err, UM_E_STOPPED, "stopped while the target could not be reached");
    }
}

/* Records, unless it is, that the table is copied, and builds what it lacks. */
static int finish_once(struct copy *c, struct um_pump *p, struct copy_table *t, bool again,
                       struct um_err *err)
{
    if (!t->recorded && um_pump_table_copied(p, t->table, err) != 0)
        return -1;
    t->recorded = true;
    struct um_strv present = {0};
    int result = 0;
    if (again)
        result = um_target_indexes(um_pump_target(p), t->table, &present, err);
    else
        known_indexes(t->table, &present);
    if (result == 0 && !um_target_has_all_indexes(t->table, &present))
        result = build_indexes(c, p, t, &present, err);
    um_strv_clear(&present);
    return result;
}

static int finish_table(struct copy *c, struct um_pump *p, struct copy_table *t, struct um_err *err)
{
    struct um_backoff pause = {.first_us = 200000, .max_us = 5000000};
    int64_t give_up = um_now_us() + c->job->config->follow.reconnect_timeout_us;
    bool again = false;
    while (finish_once(c, p, t, again, err) != 0) {
        if (!target_was_lost(err) || um_now_us() > give_up)
            return -1;
        if (um_sleep_us(um_backoff_next(&pause)) != 0)
            return um_fail(err, UM_E_STOPPED, "stopped while the target could not be reached");
        if (reach_target(c, p, 0, NULL, err) != 0)
            return -1;
        again = true;
    }
    um_progress_table_done(c->job->progress);
    return 0;
}

static int copy_chunk(struct copy *c, struct um_pump *p, const struct copy_table *t,
                      struct um_state_chunk *chunk, struct um_err *err)
{
    enum { ATTEMPTS = 10 };
    for (int i = 0; i < ATTEMPTS; i++) {
        if (um_pump_chunk(p, t->table, t->check, chunk, err) == 0)
            return 0;
        bool done = false;
        if (target_was_lost(err)) {
            um_warn("The target was lost during the copy (%s). Trying to reach it again.",
                    err->text);
            if (reach_target(c, p, chunk->id, &done, err) != 0)
                return -1;
            if (done)
                return 0;
        } else if (!um_err_is_retryable(err)) {
            return -1;
        }
    }
    return -1;
}

static void describe_chunk(const struct um_job_table *t, const struct um_state_chunk *k,
                           struct um_buf *out)
{
    um_buf_fmt(out, "`%s`.`%s`, chunk %" PRIu64 " (", t->source->schema, t->source->name, k->id);
    if (k->lo.count) {
        um_bound_describe(&k->lo, t->source, &t->chunk_key, out);
        um_buf_str(out, " < ");
    }
    um_buf_str(out, k->lo.count || k->hi.count ? "rows" : "all its rows");
    if (k->hi.count) {
        um_buf_str(out, " <= ");
        um_bound_describe(&k->hi, t->source, &t->chunk_key, out);
    }
    um_buf_char(out, ')');
}

/* The snapshot holds the table no more, or not as it was: another one is needed. */
static int fail_changed(const struct um_job_table *t, struct um_err *err)
{
    if (!um_copy_is_changed_table(err))
        return -1;
    struct um_err server = *err;
    return um_fail(err, UM_E_COPY_CHANGED,
                   "table `%s`.`%s` was altered or dropped on the source while it was copied (%s)",
                   t->source->schema, t->source->name, server.text);
}

static void note_times(struct copy *c, const struct um_copy_times *chunk)
{
    pthread_mutex_lock(&c->lock);
    um_copy_times_add(&c->times, chunk, c->worker_count);
    um_progress_bottleneck(c->job->progress, um_copy_times_bottleneck(&c->times));
    pthread_mutex_unlock(&c->lock);
}

/* What was copied; 0: the table has no chunk left; -1. */
static int copy_next(struct copy *c, unsigned worker, struct um_pump *p, struct copy_table *t,
                     struct um_err *err)
{
    struct um_chunk range;
    int more = um_chunker_next(t->chunker, c->sources[worker], &range, err);
    if (more < 0) {
        um_fail_in(err, "cutting `%s`.`%s` into chunks", t->table->source->schema,
                   t->table->source->name);
        return fail_changed(t->table, err);
    }
    if (more == 0)
        return 0;
    pthread_mutex_lock(&c->lock);
    struct um_state_chunk chunk = {.id = c->next_chunk++,
                                   .table_id = t->table->id,
                                   .snapshot_id = c->snapshot_ids[worker],
                                   .lo = range.lo,
                                   .hi = range.hi};
    pthread_mutex_unlock(&c->lock);
    struct um_buf where = {0};
    describe_chunk(t->table, &chunk, &where);
    int64_t start = um_now_us();
    int result = copy_chunk(c, p, t, &chunk, err);
    if (result == 0) {
        int64_t took = um_now_us() - start;
        um_chunker_took(t->chunker, chunk.rows, took);
        um_progress_copied(c->job->progress, chunk.rows, chunk.bytes);
        note_times(c, um_pump_times(p));
        um_debug("Copied %s: %" PRIu64 " rows, %" PRIu64 " bytes, %.1f ms.", where.data, chunk.rows,
                 chunk.bytes, (double)took / 1000);
    } else {
        um_fail_in(err, "copying %s", where.data);
        fail_changed(t->table, err);
    }
    if (result == 0)
        result = um_pump_is_table(&chunk) ? WHOLE_TABLE : CHUNK;
    um_buf_free(&where);
    um_chunk_clear(&range);
    return result;
}

/* 1: a chunk was copied, or a table finished; 0: there is none left; -1. */
static int work_on(struct copy *c, unsigned worker, struct um_pump *p, struct um_err *err)
{
    /* Between chunks no session holds a lock, on the table or on its name. */
    if (um_throttle_wait(c->job->throttle, is_over, c, err) != 0)
        return -1;
    look_for_orders(c);
    struct copy_table *t = pick_table(c, worker);
    if (!t)
        return 0;
    um_progress_worker(c->job->progress, worker, t->table->source->name);
    int more = um_stop_requested() ? um_fail(err, UM_E_STOPPED, "stopped during the copy")
                                   : copy_next(c, worker, p, t, err);
    bool last = leave_table(c, t, more);
    if (more >= 0 && last)
        more = finish_table(c, p, t, err);
    return more < 0 ? -1 : 1;
}

static void work(struct copy *c, unsigned worker, struct um_pump *p, struct um_err *err)
{
    int more;
    while ((more = work_on(c, worker, p, err)) > 0)
        ;
    if (more < 0)
        fail(c, err);
}

static void *worker_main(void *argument)
{
    struct worker *w = argument;
    struct copy *c = w->copy;
    um_mysql_thread_begin();
    struct um_err err = {0};
    struct um_pump *p = um_pump_new(c->job, c->sources[w->number], c->local_infile);
    if (reach_target(c, p, 0, NULL, &err) == 0)
        work(c, w->number, p, &err);
    else
        fail(c, &err);
    um_progress_worker(c->job->progress, w->number, NULL);
    um_pump_delete(p);
    um_mysql_thread_end();
    return NULL;
}

int um_copy_unlock(struct um_conn *source, int result, struct um_err *err)
{
    struct um_err ignored;
    int unlocked = um_exec(source, result < 0 ? &ignored : err, UM_COPY_UNLOCK);
    return unlocked == 0 ? result : -1;
}

void um_copy_work(struct copy *c)
{
    struct worker *workers = um_alloc_array(c->worker_count, sizeof *workers);
    size_t started = 0;
    for (size_t i = 0; i < c->worker_count; i++) {
        workers[i] = (struct worker){.copy = c, .number = (unsigned)i};
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0)
            break;
        started++;
    }
    if (started < c->worker_count) {
        struct um_err err = {0};
        um_fail(&err, UM_E_SYSTEM, "thread %zu of %zu could not be started", started + 1,
                c->worker_count);
        fail(c, &err);
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    free(workers);
}
