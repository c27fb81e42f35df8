#include "follow/follow.h"

#include <inttypes.h>
#include <stdlib.h>

#include "apply/apply.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "ddl/ddl.h"
#include "finish/finish.h"
#include "follow/history.h"
#include "follow/hold.h"
#include "follow/reader.h"
#include "mysql/server.h"
#include "state/applied.h"

enum { POLL_US = 50000, ALIVE_US = 1000000 };

struct follow {
    struct um_job *job;
    const struct um_follow_goal *goal;
    struct um_coverage *coverage;
    struct um_reader *reader;
    struct um_apply *apply;
    struct um_conn *control; /* hold requests; the source's clock is not asked for */
    struct um_txn *ddl;      /* its turn has come: it ends the session, whose models it changes */
    struct um_state_progress before_ddl, after_ddl;
    bool passed_over;       /* … or it did so by being passed over: nothing is read behind it */
    bool stale;             /* the job's models are those of before it */
    struct um_txn *waiting; /* beyond the limit: stays here until it is lifted */
    struct um_hold hold;
    struct um_position sync; /* UM_FOLLOW_SYNCED: what has to be reached; from the source */
    unsigned sync_rounds;
    bool late_done; /* indexes that waited for the coverage are built */
    double idle;    /* share of the last second or so that was spent waiting for the stream */
    int64_t measured_us, waited_us; /* since the last measurement */
    int64_t next_poll, next_alive, last_success;
    int64_t blocked_since; /* locks of others held up what comes next; 0: they do not */
    struct um_position blocked_at;
    struct um_times times; /* of the session */
    struct um_history_watch history;
    bool heard; /* the stream said something since the history was looked at */
};

/* The position that must not be passed now, or NULL. */
static const struct um_position *limit(const struct follow *f)
{
    if (f->hold.stage == UM_HOLD_UNTIL)
        return &f->hold.until;
    return f->goal->until == UM_FOLLOW_POSITION ? f->goal->position : NULL;
}

static bool is_beyond(const struct um_position *limit, const struct um_txn *txn)
{
    bool marks_only = txn->gtid.kind == UM_GTID_NONE && limit->gtids && !txn->change_count;
    if (marks_only)
        return false;
    return um_position_before(limit, txn->file, txn->end_offset, &txn->gtid);
}

/* ---- what happens between transactions ---- */

static int read_sync_goal(struct follow *f, struct um_err *err)
{
    struct um_conn *source = um_conn_open(&f->job->config->source, err);
    if (!source)
        return -1;
    um_position_clear(&f->sync);
    int result = um_server_position(source, &f->sync, err);
    um_conn_close(source);
    return result;
}

/* "Synced": all that was committed before the first catch-up. The first goal is where the source
   was when following began; the second where it was when that had been reached. */
static int check_sync(struct follow *f, bool *done, struct um_err *err)
{
    *done = false;
    if (!um_position_reached(um_apply_position(f->apply), &f->sync))
        return 0;
    if (f->sync_rounds++ > 0) {
        *done = true;
        return 0;
    }
    return read_sync_goal(f, err);
}

static int check_goal(struct follow *f, bool *done, struct um_err *err)
{
    *done = false;
    switch (f->goal->until) {
    case UM_FOLLOW_FOREVER:
        return 0;
    case UM_FOLLOW_POSITION:
        *done = f->waiting || um_position_reached(um_apply_position(f->apply), f->goal->position);
        break;
    case UM_FOLLOW_SYNCED:
        if (check_sync(f, done, err) != 0)
            return -1;
        break;
    }
    return *done ? um_apply_flush(f->apply, err) : 0;
}

static int poll_hold(struct follow *f, struct um_err *err)
{
    um_hold_clear(&f->hold);
    if (um_hold_read(f->control, f->job->config, &f->hold, err) != 0)
        return -1;
    if (f->hold.stage == UM_HOLD_ASKED) {
        if (um_apply_flush(f->apply, err) != 0)
            return -1;
        return um_hold_set(f->control, f->job->config, UM_HOLD_HELD, NULL, err);
    }
    if (f->hold.stage == UM_HOLD_UNTIL &&
        (f->waiting || um_position_reached(um_apply_position(f->apply), &f->hold.until))) {
        if (um_apply_flush(f->apply, err) != 0)
            return -1;
        return um_hold_set(f->control, f->job->config, UM_HOLD_REACHED, NULL, err);
    }
    return 0;
}

static bool is_held(const struct follow *f)
{
    return f->hold.stage != UM_HOLD_NONE && f->hold.stage != UM_HOLD_UNTIL;
}

static void show_progress(struct follow *f, bool idle)
{
    const struct um_state_progress *p = um_apply_progress(f->apply);
    int64_t lag = idle ? 0 : p->commit_us ? um_wall_us() - p->commit_us : -1;
    um_progress_lag(f->job->progress, lag < 0 && p->commit_us ? 0 : lag);
    int64_t now = um_now_us();
    if (now - f->measured_us > ALIVE_US) {
        f->idle = (double)f->waited_us / (double)(now - f->measured_us);
        f->measured_us = now;
        f->waited_us = 0;
    }
    um_progress_bottleneck(f->job->progress, lag < 1000000   ? "none"
                                             : f->idle > 0.5 ? "source (waiting for its binlog)"
                                                             : "target (applying)");
    um_progress_position(f->job->progress, p->at.file, p->at.offset);
}

/* Indexes and keys that rows of different positions could have collided under. */
static int build_late(struct follow *f, struct um_err *err)
{
    if (f->late_done || !um_coverage_passed(f->coverage))
        return 0;
    if (um_apply_flush(f->apply, err) != 0 || um_finish_tables(f->job, NULL, err) != 0)
        return -1;
    f->late_done = true;
    return 0;
}

static int housekeeping(struct follow *f, bool idle, struct um_err *err)
{
    int64_t now = um_now_us();
    if (now >= f->next_poll) {
        f->next_poll = now + POLL_US;
        show_progress(f, idle);
        if (poll_hold(f, err) != 0)
            return -1;
    }
    if (now >= f->next_alive) {
        f->next_alive = now + ALIVE_US;
        f->last_success = now;
        if (um_apply_alive(f->apply, err) != 0 || um_state_check(f->job->state, err) != 0)
            return -1;
    }
    if (now >= f->history.next_look) {
        if (um_history_look(&f->history, um_apply_position(f->apply), f->heard, err) != 0)
            return -1;
        f->heard = false;
    }
    return build_late(f, err);
}

/* ---- the loop ---- */

static struct um_txn *next_txn(struct follow *f, struct um_err *err, int *result)
{
    struct um_txn *txn = um_reader_next(f->reader, 0);
    if (txn)
        return txn;
    /* Nothing is waiting: what was pushed need not wait for more. */
    *result = um_apply_kick(f->apply, err);
    if (*result != 0)
        return NULL;
    int64_t start = um_now_us();
    txn = um_reader_next(f->reader, POLL_US);
    f->waited_us += um_now_us() - start;
    return txn;
}

/* Everything before it is committed, and what waited for the stream is built as far as it has come:
   nothing knows of those tables as they were any more. */
static int begin_ddl(struct follow *f, struct um_txn *txn, struct um_err *err)
{
    f->ddl = txn;
    if (um_apply_flush(f->apply, err) != 0)
        return -1;
    um_coverage_reached(f->coverage, um_apply_position(f->apply));
    if (!um_coverage_passed(f->coverage) && um_finish_tables(f->job, f->coverage, err) != 0)
        return -1;
    if (build_late(f, err) != 0)
        return -1;
    f->before_ddl = *um_apply_progress(f->apply);
    f->before_ddl.at = (struct um_position){0};
    um_position_copy(&f->before_ddl.at, &um_apply_progress(f->apply)->at);
    um_apply_after(f->apply, txn, &f->after_ddl);
    return 0;
}

/* Triggers are on the target of a job that stopped in step. They go before something is applied,
   and not sooner: a job that cannot go on leaves them. */
static int leave_step(struct follow *f, struct um_err *err)
{
    if (f->job->data.phase != UM_PHASE_SYNCED)
        return 0;
    if (um_finish_unsettle(f->job, err) != 0)
        return -1;
    f->job->data.phase = UM_PHASE_FOLLOW;
    return 0;
}

static int push(struct follow *f, struct um_txn *txn, struct um_err *err)
{
    if (um_txn_writes(txn) && leave_step(f, err) != 0) {
        um_txn_delete(txn);
        return -1;
    }
    bool ddl = txn->kind == UM_TXN_DDL;
    if (ddl && !um_apply_may_pass_over(f->apply, txn))
        return begin_ddl(f, txn, err);
    f->passed_over = ddl;
    return um_apply_push(f->apply, txn, err);
}

/* What a step of the session leads to, beside -1 for an error. */
enum { GO_ON, REACHED, CHANGED };

static int step(struct follow *f, struct um_err *err)
{
    if (um_stop_requested()) {
        if (um_apply_flush(f->apply, err) != 0)
            return -1;
        return um_fail(err, UM_E_STOPPED, "stopped; everything that was applied is recorded");
    }
    int result = 0;
    struct um_txn *txn = NULL;
    if (!is_held(f) && !f->waiting) {
        txn = next_txn(f, err, &result);
        if (result != 0)
            return -1;
    }
    bool idle = !txn && !f->waiting && !um_apply_busy(f->apply);
    f->heard |= txn && !txn->change_count;
    if (txn && txn->first && limit(f) && is_beyond(limit(f), txn)) {
        f->waiting = txn;
    } else if (txn && push(f, txn, err) != 0) {
        return -1;
    } else if (f->waiting && !is_held(f) && !(limit(f) && is_beyond(limit(f), f->waiting))) {
        txn = f->waiting;
        f->waiting = NULL;
        if (push(f, txn, err) != 0)
            return -1;
    }
    if (f->ddl || f->passed_over)
        return CHANGED;
    if (housekeeping(f, idle, err) != 0)
        return -1;
    bool done;
    if (check_goal(f, &done, err) != 0)
        return -1;
    if (done)
        return REACHED;
    if (!txn && !f->waiting && um_reader_error(f->reader, err) != 0)
        return -1;
    if (is_held(f) || f->waiting)
        um_sleep_us(POLL_US / 5);
    return GO_ON;
}

/* What the DDL ran into is recorded with its name, so that somebody can permit to pass over it. */
static void note_refused(const struct follow *f, const struct um_err *error)
{
    if (!f->ddl || (error->id != UM_E_FOLLOW_DDL && error->id != UM_E_APPLY_DDL))
        return;
    struct um_err ignored;
    struct um_stopped stopped;
    um_stopped_at(&stopped, f->ddl, error);
    um_state_put_stopped(um_state_conn(f->job->state), f->job->config,
                         um_state_epoch(f->job->state), &stopped, &ignored);
    um_stopped_clear(&stopped);
}

static void forget_ddl(struct follow *f)
{
    um_txn_delete(f->ddl);
    f->ddl = NULL;
    um_position_clear(&f->before_ddl.at);
    um_position_clear(&f->after_ddl.at);
}

static void session_close(struct follow *f)
{
    um_txn_delete(f->waiting);
    f->waiting = NULL;
    um_apply_delete(f->apply); /* its workers nudge the reader */
    f->apply = NULL;
    um_reader_stop(f->reader);
    f->reader = NULL;
    um_conn_close(f->control);
    f->control = NULL;
    um_history_watch_clear(&f->history);
    um_hold_clear(&f->hold);
}

/* A worker has finished: perhaps others may begin. */
static void nudge(void *reader)
{
    um_reader_nudge(reader);
}

/* It begins further on than it did when a lock held it up: that one is gone. */
static void note_start(struct follow *f, const struct um_position *at)
{
    if (f->blocked_at.file[0] && um_position_compare(&f->blocked_at, at) != 0)
        f->blocked_since = 0;
    um_position_clear(&f->blocked_at);
    um_position_copy(&f->blocked_at, at);
}

/* Is it still the binlog that was followed? When its file was created has to be in the state before
   anything of it is applied: the next session knows it by that. */
static int check_history(const struct follow *f, struct um_state_progress *progress,
                         struct um_err *err)
{
    int64_t known = progress->log_born;
    if (um_history_check(f->job, progress, err) != 0)
        return -1;
    if (progress->log_born == known)
        return 0;
    struct um_state *state = f->job->state;
    return um_state_put_progress(um_state_conn(state), f->job->config, um_state_epoch(state),
                                 progress, err);
}

static int follow_from(struct follow *f, struct um_state_progress *from, struct um_err *err)
{
    if (check_history(f, from, err) != 0 ||
        !(f->control = um_conn_open(&f->job->config->target, err)) ||
        !(f->apply = um_apply_new(f->job, f->coverage, from, &f->times, err)) ||
        !(f->reader = um_reader_start(f->job, f->coverage, &from->at, &f->times, err)))
        return -1;
    struct um_buf at = {0};
    um_position_print(&from->at, &at);
    um_apply_notify(f->apply, nudge, f->reader);
    note_start(f, &from->at);
    um_info("Following from %s.", at.data);
    um_buf_free(&at);
    int result;
    do {
        result = step(f, err);
    } while (result == GO_ON);
    return result;
}

static void tell_times(const struct follow *f, uint64_t transactions, int64_t whole_us)
{
    if (!transactions)
        return;
    struct um_buf text = {0};
    um_times_print(&f->times, whole_us, f->job->config->apply.workers, &text);
    um_debug("Applied %" PRIu64 " transactions: %s.", transactions, text.data);
    um_buf_free(&text);
}

/* From the last durable position on: it is read from the state each time, so that what was
   committed without our knowing it is not applied again. */
static int session(struct follow *f, struct um_err *err)
{
    struct um_state_data now;
    if (um_state_load(um_state_conn(f->job->state), f->job->config, false, &now, err) != 0)
        return -1;
    int64_t begun = um_now_us();
    f->times = (struct um_times){0};
    int result = now.progress.exists
                     ? follow_from(f, &now.progress, err)
                     : um_fail(err, UM_E_STATE_DAMAGED, "job '%s' has no row in %s.job_progress",
                               f->job->config->job, f->job->config->state.schema);
    if (result < 0)
        note_refused(f, err);
    if (result != CHANGED)
        forget_ddl(f);
    uint64_t before = now.progress.transactions;
    uint64_t applied = f->apply ? um_apply_progress(f->apply)->transactions - before : 0;
    session_close(f);
    tell_times(f, applied, um_now_us() - begun);
    um_state_data_clear(&now);
    return result;
}

static int decide_and_run(struct follow *f, struct um_err *err)
{
    struct um_ddl_decision decision;
    if (um_ddl_decide(f->job, f->coverage, f->ddl, &decision, err) != 0)
        return -1;
    int result = leave_step(f, err);
    if (result == 0)
        result = um_ddl_apply(f->job, f->ddl, &decision, &f->before_ddl, &f->after_ddl, err);
    f->stale |= decision.run;
    um_ddl_decision_clear(&decision);
    return result;
}

/* The DDL whose turn it is, while no thread uses the job's models; then they are read again. */
static int run_ddl(struct follow *f, struct um_err *err)
{
    bool recovered = false;
    int result = um_ddl_recover(f->job, &recovered, err);
    f->stale |= recovered;
    if (result == 0 && f->ddl && !recovered)
        result = decide_and_run(f, err);
    if (result != 0)
        note_refused(f, err);
    forget_ddl(f);
    f->passed_over = false;
    if (result != 0 || !f->stale)
        return result;
    um_coverage_delete(f->coverage);
    f->coverage = NULL;
    if (um_job_read_again(f->job, err) != 0)
        return -1;
    f->coverage = um_coverage_new(f->job);
    f->stale = false;
    return 0;
}

/* A server that is lost may come back, and locks may go. What is alive beside a lock does not
   count: as long as nothing before it is applied, it is the same one. */
static bool may_try_again(struct follow *f, const struct um_err *err)
{
    int64_t since = f->last_success;
    if (um_err_is_retryable(err)) {
        if (!f->blocked_since)
            f->blocked_since = um_now_us();
        since = f->blocked_since;
    } else if (!um_err_is_lost(err)) {
        return false;
    }
    return um_now_us() - since < f->job->config->follow.reconnect_timeout_us;
}

/* Until the state can be reached again: 0, or -1 when it is time to give up. */
static int recover(struct follow *f, struct um_backoff *pause, struct um_err *err)
{
    while (may_try_again(f, err)) {
        um_warn("%s. Following again from the last durable position.", err->text);
        if (um_sleep_us(um_backoff_next(pause)) != 0)
            return um_fail(err, UM_E_STOPPED, "stopped while a server could not be reached");
        if (um_state_revive(f->job->state, err) == 0)
            return 0;
    }
    return -1;
}

int um_follow(struct um_job *job, const struct um_follow_goal *goal, struct um_err *err)
{
    struct follow f = {
        .job = job, .goal = goal, .last_success = um_now_us(), .history = {.job = job}};
    struct um_backoff pause = {.first_us = 100000, .max_us = 10000000};
    f.coverage = um_coverage_new(job);
    int result = goal->until == UM_FOLLOW_SYNCED ? read_sync_goal(&f, err) : 0;
    while (result == GO_ON || result == CHANGED) {
        result = run_ddl(&f, err);
        if (result == 0)
            result = session(&f, err);
        if (result < 0)
            result = recover(&f, &pause, err);
    }
    um_position_clear(&f.sync);
    um_position_clear(&f.blocked_at);
    um_coverage_delete(f.coverage);
    return result < 0 ? -1 : 0;
}

int um_follow_prepare(struct um_job *job, struct um_err *err)
{
    bool recovered = false;
    if (um_ddl_recover(job, &recovered, err) != 0)
        return -1;
    return recovered ? um_job_read_again(job, err) : um_job_read_target(job, err);
}
