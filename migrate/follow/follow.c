#include "follow/follow.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "follow/following.h"

static void session_close(struct um_following *f)
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
static void note_start(struct um_following *f, const struct um_position *at)
{
    if (f->blocked_at.file[0] && um_position_compare(&f->blocked_at, at) != 0)
        f->blocked_since = 0;
    um_position_clear(&f->blocked_at);
    um_position_copy(&f->blocked_at, at);
}

/* Is it still the binlog that was followed? When its file was created has to be in the state before
   anything of it is applied: the next session knows it by that. */
static int check_history(struct um_following *f, struct um_state_progress *progress,
                         struct um_err *err)
{
    int64_t known = progress->log_born;
    int result = um_history_check(f->job, progress, err);
    if (result < 0)
        return -1;
    f->without_source = result > 0;
    if (progress->log_born == known)
        return 0;
    struct um_state *state = f->job->state;
    return um_state_put_progress(um_state_conn(state), f->job->config, um_state_epoch(state),
                                 progress, err);
}

/* Beside a DDL that is running it begins behind it, and the progress stays in front of it. */
static int session_open(struct um_following *f, struct um_state_progress *from, struct um_err *err)
{
    const struct um_position *at = f->running ? &f->after_ddl.at : &from->at;
    if (check_history(f, from, err) != 0 ||
        !(f->control = um_conn_open(&f->job->config->target, err)) ||
        um_follow_read_hold(f, err) != 0 ||
        !(f->apply = um_apply_new(f->job, f->coverage, from, &f->times, err)) ||
        !(f->reader = um_reader_start(f->job, f->coverage, f->aside, at, &f->times, err)))
        return -1;
    if (f->running)
        um_apply_set_aside(f->apply, f->ddl);
    struct um_buf text = {0};
    um_position_print(at, &text);
    um_apply_notify(f->apply, nudge, f->reader);
    note_start(f, &from->at);
    um_info("Following from %s%s.", text.data,
            f->running ? " beside the DDL, which other tables need not wait for" : "");
    um_buf_free(&text);
    return 0;
}

static int follow_from(struct um_following *f, struct um_state_progress *from, struct um_err *err)
{
    int result = session_open(f, from, err);
    while (result == UM_STEP_ON)
        result = f->running ? um_follow_step_beside(f, err) : um_follow_step(f, err);
    return result;
}

static void tell_times(const struct um_following *f, uint64_t transactions, int64_t whole_us)
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
static int session(struct um_following *f, struct um_err *err)
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
    f->lost = result < 0;
    if (result < 0)
        um_follow_note_refused(f, err);
    if (result != UM_STEP_CHANGED && !f->running)
        um_follow_forget_ddl(f);
    uint64_t before = now.progress.transactions;
    uint64_t applied = f->apply ? um_apply_progress(f->apply)->transactions - before : 0;
    session_close(f);
    tell_times(f, applied, um_now_us() - begun);
    um_state_data_clear(&now);
    return result;
}

/* A server that is lost may come back, and locks may go. What is alive beside a lock does not
   count: as long as nothing before it is applied, it is the same one. */
static bool may_try_again(struct um_following *f, const struct um_err *err)
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
static int recover(struct um_following *f, struct um_backoff *pause, struct um_err *err)
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
    struct um_following f = {
        .job = job, .goal = goal, .last_success = um_now_us(), .history = {.job = job}};
    struct um_backoff pause = {.first_us = 100000, .max_us = 10000000};
    f.coverage = um_coverage_new(job);
    int result = um_follow_read_first_goal(&f, err);
    while (result == UM_STEP_ON || result == UM_STEP_CHANGED) {
        result = um_follow_run_ddl(&f, err);
        if (result == 0)
            result = session(&f, err);
        if (result < 0)
            result = recover(&f, &pause, err);
    }
    struct um_err ignored; /* beside that of the session; the state has it */
    f.lost = false;
    if (f.running)
        um_follow_run_ddl(&f, &ignored);
    um_position_clear(&f.sync);
    um_position_clear(&f.blocked_at);
    um_coverage_delete(f.coverage);
    return result < 0                      ? -1
           : result == UM_STEP_ORDERED     ? UM_FOLLOW_ORDERED
           : result == UM_STEP_HANDED_OVER ? UM_FOLLOW_HANDED_OVER
                                           : UM_FOLLOW_REACHED;
}

int um_follow_prepare(struct um_job *job, struct um_err *err)
{
    bool recovered = false;
    if (um_ddl_recover(job, &recovered, err) != 0)
        return -1;
    return recovered ? um_job_read_again(job, err) : um_job_read_target(job, err);
}
