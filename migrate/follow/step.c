#include "base/clock.h"
#include "base/stop.h"
#include "follow/following.h"

/* What a session does, again and again: one fragment from the stream to the applier, and what has
   to be looked at meanwhile. */

enum { ALIVE_US = 1000000 };

static void show_progress(struct um_following *f, bool idle)
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

/* What the state has as applied is not read again. */
static int forget_spooled(const struct um_following *f, struct um_err *err)
{
    if (!f->job->spool || !um_apply_is_recorded(f->apply))
        return 0;
    return um_spool_forget(f->job->spool, &um_apply_progress(f->apply)->at, err);
}

static int stay_alive(struct um_following *f, struct um_err *err)
{
    int64_t now = um_now_us();
    if (now >= f->next_alive) {
        f->next_alive = now + ALIVE_US;
        if (!f->without_source)
            f->last_success = now;
        if (um_apply_alive(f->apply, err) != 0 || um_state_check(f->job->state, err) != 0 ||
            forget_spooled(f, err) != 0)
            return -1;
    }
    if (now >= f->history.next_look) {
        if (um_history_look(&f->history, um_apply_position(f->apply), f->heard, err) != 0)
            return -1;
        f->heard = false;
    }
    return 0;
}

static bool is_time_to_poll(struct um_following *f)
{
    int64_t now = um_now_us();
    if (now < f->next_poll)
        return false;
    f->next_poll = now + UM_FOLLOW_POLL_US;
    return true;
}

static int housekeeping(struct um_following *f, bool idle, struct um_err *err)
{
    if (is_time_to_poll(f)) {
        show_progress(f, idle);
        if (um_follow_poll_hold(f, err) != 0)
            return -1;
    }
    return stay_alive(f, err) == 0 ? um_follow_build_late(f, err) : -1;
}

/* ---- the loop ---- */

static struct um_txn *next_txn(struct um_following *f, struct um_err *err, int *result)
{
    struct um_txn *txn = um_reader_next(f->reader, 0);
    if (txn)
        return txn;
    /* Nothing is waiting: what was pushed need not wait for more. */
    *result = um_apply_kick(f->apply, err);
    if (*result != 0)
        return NULL;
    int64_t start = um_now_us();
    txn = um_reader_next(f->reader, UM_FOLLOW_POLL_US);
    f->waited_us += um_now_us() - start;
    return txn;
}

static int push(struct um_following *f, struct um_txn *txn, struct um_err *err)
{
    if (um_txn_writes(txn) && um_follow_leave_step(f, err) != 0) {
        um_txn_delete(txn);
        return -1;
    }
    bool ddl = txn->kind == UM_TXN_DDL;
    if (ddl && !um_apply_may_pass_over(f->apply, txn))
        return um_follow_begin_ddl(f, txn, err);
    f->passed_over = ddl;
    return um_apply_push(f->apply, txn, err);
}

/* What was read is applied: without the source, nothing else would ever be, for the next session
   ends there as well. */
static int end_of_stream(struct um_following *f, const struct um_err *err)
{
    struct um_err again; /* it will be met there, too */
    if (um_err_is_lost(err))
        um_apply_flush(f->apply, &again);
    return -1;
}

int um_follow_step(struct um_following *f, struct um_err *err)
{
    if (um_stop_requested()) {
        if (um_apply_flush(f->apply, err) != 0)
            return -1;
        return um_fail(err, UM_E_STOPPED, "stopped; everything that was applied is recorded");
    }
    bool ordered;
    if (um_follow_look_for_orders(f, &ordered, err) != 0)
        return -1;
    if (ordered)
        return UM_STEP_ORDERED;
    int result = 0;
    struct um_txn *txn = NULL;
    if (!um_follow_is_held(f) && !f->waiting) {
        txn = next_txn(f, err, &result);
        if (result != 0)
            return -1;
    }
    bool idle = !txn && !f->waiting && !um_apply_busy(f->apply);
    f->heard |= txn && !txn->change_count;
    if (txn && txn->first && um_follow_is_beyond(f, txn)) {
        f->waiting = txn;
    } else if (txn && push(f, txn, err) != 0) {
        return -1;
    } else if (f->waiting && !um_follow_is_held(f) && !um_follow_is_beyond(f, f->waiting)) {
        txn = f->waiting;
        f->waiting = NULL;
        if (push(f, txn, err) != 0)
            return -1;
    }
    if (f->ddl || f->passed_over)
        return UM_STEP_CHANGED;
    if (housekeeping(f, idle, err) != 0)
        return -1;
    if (f->hold.stage == UM_HOLD_HAND_OVER && !um_apply_is_in_parts(f->apply))
        return um_apply_flush(f->apply, err) == 0 ? UM_STEP_HANDED_OVER : -1;
    bool done = false;
    /* Whoever asked for a hold wants the target as it is: triggers would come back at the end. */
    if (f->hold.stage == UM_HOLD_NONE && um_follow_check_goal(f, &done, err) != 0)
        return -1;
    if (done)
        return UM_STEP_REACHED;
    if (!txn && !f->waiting && um_reader_error(f->reader, err) != 0)
        return end_of_stream(f, err);
    if (um_follow_is_held(f) || f->waiting)
        um_sleep_us(UM_FOLLOW_POLL_US / 5);
    return UM_STEP_ON;
}

/* ---- beside a DDL ---- */

/* Whole transactions of rows; whatever else comes waits for the statement's end, and so does who
   wants the target to stand still. */
static bool may_go_beside(const struct um_following *f, const struct um_txn *txn)
{
    return txn->kind == UM_TXN_ROWS && txn->first && txn->last && !um_follow_is_beyond(f, txn) &&
           !um_apply_may_pass_over(f->apply, txn);
}

int um_follow_step_beside(struct um_following *f, struct um_err *err)
{
    if (um_stop_requested() || um_ddl_is_over(f->running, 0) || um_apply_is_far_ahead(f->apply))
        return UM_STEP_CHANGED;
    int result = 0;
    struct um_txn *txn = next_txn(f, err, &result);
    if (result != 0)
        return -1;
    f->heard |= txn && !txn->change_count;
    if (txn && !may_go_beside(f, txn)) {
        um_txn_delete(txn);
        return UM_STEP_CHANGED;
    }
    if (txn && um_apply_push(f->apply, txn, err) != 0)
        return -1;
    if (is_time_to_poll(f)) {
        show_progress(f, !txn && !um_apply_busy(f->apply));
        if (um_follow_read_hold(f, err) != 0)
            return -1;
        if (f->hold.stage != UM_HOLD_NONE)
            return UM_STEP_CHANGED;
    }
    /* What is wrong with the stream and not with its connection, the next session meets again. */
    if (!txn && um_reader_error(f->reader, err) != 0)
        return um_err_is_lost(err) ? -1 : UM_STEP_CHANGED;
    return stay_alive(f, err) == 0 ? UM_STEP_ON : -1;
}
