#include "base/clock.h"
#include "follow/following.h"
#include "mysql/server.h"
#include "state/order.h"

/* How far the follower may go, and whether it is there. */

/* The position that must not be passed now, or NULL. */
static const struct um_position *limit(const struct um_following *f)
{
    if (f->hold.stage == UM_HOLD_UNTIL)
        return &f->hold.until;
    return f->goal->until == UM_FOLLOW_POSITION ? f->goal->position : NULL;
}

static bool passes(const struct um_position *limit, const struct um_txn *txn)
{
    bool marks_only = txn->gtid.kind == UM_GTID_NONE && limit->gtids && !txn->change_count;
    if (marks_only)
        return false;
    return um_position_before(limit, txn->file, txn->end_offset, &txn->gtid);
}

bool um_follow_is_beyond(const struct um_following *f, const struct um_txn *txn)
{
    return limit(f) && passes(limit(f), txn);
}

/* What waits may have come to it under another limit, which is lifted since. */
static bool waits_beyond(const struct um_following *f)
{
    return f->waiting && um_follow_is_beyond(f, f->waiting);
}

static int read_sync_goal(struct um_following *f, struct um_err *err)
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
static int check_sync(struct um_following *f, bool *done, struct um_err *err)
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

int um_follow_read_first_goal(struct um_following *f, struct um_err *err)
{
    if (f->goal->until == UM_FOLLOW_SYNCED)
        return read_sync_goal(f, err);
    return f->goal->until == UM_FOLLOW_STAGES ? f->goal->next(f->goal->context, &f->sync, err) : 0;
}

/* What is asked for next is asked when all before it is committed. */
static int check_stage(struct um_following *f, bool *done, struct um_err *err)
{
    if (f->goal->look && f->goal->look(f->goal->context, err) != 0)
        return -1;
    if (!um_position_reached(um_apply_position(f->apply), &f->sync))
        return 0;
    if (um_apply_flush(f->apply, err) != 0)
        return -1;
    um_position_clear(&f->sync);
    if (f->goal->next(f->goal->context, &f->sync, err) != 0)
        return -1;
    *done = !f->sync.file[0];
    return 0;
}

int um_follow_check_goal(struct um_following *f, bool *done, struct um_err *err)
{
    *done = false;
    switch (f->goal->until) {
    case UM_FOLLOW_FOREVER:
        return 0;
    case UM_FOLLOW_POSITION:
        *done =
            waits_beyond(f) || um_position_reached(um_apply_position(f->apply), f->goal->position);
        break;
    case UM_FOLLOW_SYNCED:
        if (check_sync(f, done, err) != 0)
            return -1;
        break;
    case UM_FOLLOW_STAGES:
        return check_stage(f, done, err);
    }
    return *done ? um_apply_flush(f->apply, err) : 0;
}

int um_follow_read_hold(struct um_following *f, struct um_err *err)
{
    um_hold_clear(&f->hold);
    return um_hold_read(f->control, f->job->config, &f->hold, err);
}

int um_follow_poll_hold(struct um_following *f, struct um_err *err)
{
    if (um_follow_read_hold(f, err) != 0)
        return -1;
    bool to_write = f->hold.stage == UM_HOLD_ASKED_TO_WRITE;
    if (f->hold.stage == UM_HOLD_ASKED || to_write) {
        if (um_apply_flush(f->apply, err) != 0 || (to_write && um_follow_leave_step(f, err) != 0))
            return -1;
        return um_hold_set(f->control, f->job->config, UM_HOLD_HELD, NULL, err);
    }
    if (f->hold.stage == UM_HOLD_UNTIL &&
        (waits_beyond(f) || um_position_reached(um_apply_position(f->apply), &f->hold.until))) {
        if (um_apply_flush(f->apply, err) != 0)
            return -1;
        return um_hold_set(f->control, f->job->config, UM_HOLD_REACHED, NULL, err);
    }
    return 0;
}

int um_follow_look_for_orders(struct um_following *f, bool *found, struct um_err *err)
{
    enum { LOOK_US = 1000000 };
    *found = false;
    /* A verification, held or following up to its position, wants the tables as they are. */
    if (f->goal->until == UM_FOLLOW_POSITION || f->goal->until == UM_FOLLOW_STAGES ||
        f->hold.stage != UM_HOLD_NONE || um_now_us() < f->next_order ||
        um_apply_is_in_parts(f->apply))
        return 0;
    f->next_order = um_now_us() + LOOK_US;
    if (um_state_has_orders(f->control, f->job->config, found, err) != 0)
        return -1;
    return *found ? um_apply_flush(f->apply, err) : 0;
}

bool um_follow_is_held(const struct um_following *f)
{
    /* The job is not given away in the middle of a transaction. */
    if (f->hold.stage == UM_HOLD_HAND_OVER)
        return !um_apply_is_in_parts(f->apply);
    return f->hold.stage != UM_HOLD_NONE && f->hold.stage != UM_HOLD_UNTIL;
}
