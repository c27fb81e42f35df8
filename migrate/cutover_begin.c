#include <string.h>

#include "base/clock.h"
#include "base/stop.h"
#include "coordinator.h"
#include "cutover/fence.h"
#include "cutover/gate.h"
#include "cutover_run.h"
#include "follow/follow.h"
#include "follow/hold.h"
#include "state/verdict.h"
#include "status.h"

int um_cutover_lock(struct um_conn *conn, const struct um_config *config, struct um_err *err)
{
    uint64_t got = 0;
    if (um_query_uint(conn, &got, err, "SELECT COALESCE(GET_LOCK('unmoor.%s.cutover', 3), 0)",
                      config->job) != 0)
        return -1;
    return got ? 0
               : um_fail(err, UM_E_CUTOVER_RUNNING,
                         "job '%s': another cutover holds its lock on the %s", config->job,
                         um_conn_endpoint(conn)->side);
}

int um_cutover_take_locks(struct um_cutover_run *c, struct um_err *err)
{
    const struct um_config *config = &c->config;
    if (!(c->asker = um_conn_open(&config->target, err)))
        return -1;
    if (um_hold_lock(c->asker, config, err) != 0) {
        if (err->id == UM_E_VERIFY_RUNNING)
            err->id = UM_E_CUTOVER_RUNNING;
        return -1;
    }
    if (!(c->target = um_conn_open(&config->target, err)) ||
        um_cutover_lock(c->target, config, err) != 0 ||
        !(c->source = um_conn_open(&config->source, err)))
        return -1;
    c->source_session = um_conn_server(c->source)->thread_id;
    return um_cutover_lock(c->source, config, err);
}

/* A migration that runs gives its lock back; one that is just about to does so when it follows. */
static int wait_for_job(struct um_cutover_run *c,
                        int (*open)(struct um_cutover_run *, struct um_err *), struct um_err *err)
{
    enum { PATIENCE_US = 60000000 };
    int64_t until = um_now_us() + PATIENCE_US;
    if (um_hold_ask(c->asker, &c->config, UM_HOLD_HAND_OVER, err) != 0)
        return -1;
    int result;
    do
        result = open(c, err);
    while (result != 0 && err->id == UM_E_JOB_RUNNING && um_now_us() < until &&
           !um_stop_requested());
    /* What would hold the migration would hold this one. */
    struct um_err own;
    if (um_hold_release(c->asker, &c->config, &own) == 0 || result != 0)
        return result;
    *err = own;
    return -1;
}

static int open_coordinator(struct um_cutover_run *c, struct um_err *err)
{
    return um_coordinator_open(&c->config, &c->job, err);
}

static int open_job(struct um_cutover_run *c, struct um_err *err)
{
    if (wait_for_job(c, open_coordinator, err) != 0)
        return -1;
    c->state = c->job.state;
    c->config.tables.added = &c->job.data.added;
    if (um_state_last_conflict(um_state_conn(c->state), &c->config, &c->conflict, err) != 0)
        return -1;
    c->job.progress = um_progress_start(c->config.job, UM_PROGRESS_NONE);
    if (c->job.data.phase < UM_PHASE_FOLLOW)
        return um_fail(err, UM_E_CUTOVER_GATE, "the copy is not complete");
    return um_follow_prepare(&c->job, err);
}

/* The statements are those of the first attempt of this term: the source was open then. */
static int plan_fences(struct um_cutover_run *c, bool anew, struct um_err *err)
{
    struct um_fence target = {0}, source = {0};
    int result = um_fence_of_target(c->target, c->source, &c->config, &target, err);
    if (result == 0)
        result = um_fence_of_source(c->source, &c->config, &source, err);
    if (result == 0)
        result = um_fence_run(c->target, &c->config, &target.close, err);
    if (result == 0)
        result =
            um_fence_kill(c->target, &c->config, um_now_us() + c->config.cutover.timeout_us, err);
    if (result == 0 && anew) {
        um_strv_clear(&c->now.lift);
        um_strv_clear(&c->now.open);
        c->now.lift = source.open;
        c->now.open = target.open;
        source.open = target.open = (struct um_strv){0};
    }
    um_fence_clear(&target);
    um_fence_clear(&source);
    return result;
}

int um_cutover_prepare(struct um_cutover_run *c, bool anew, struct um_err *err)
{
    if (open_job(c, err) != 0 || um_journal_open(&c->journal, c->state, err) != 0 ||
        plan_fences(c, anew, err) != 0)
        return -1;
    bool armed = c->config.cutover.reverse == UM_REVERSE_ARMED;
    return armed ? um_arm_begin(&c->arm, &c->job, err) : 0;
}

static int lock_state(struct um_cutover_run *c, struct um_err *err)
{
    return (c->state = um_state_lock(&c->config, err)) ? 0 : -1;
}

int um_cutover_open_state(struct um_cutover_run *c, struct um_err *err)
{
    if (wait_for_job(c, lock_state, err) != 0 || um_state_take_over(c->state, err) != 0)
        return -1;
    return um_journal_open(&c->journal, c->state, err);
}

/* How far the target is behind, whoever acts finds out by following, and more exactly. */
static bool is_found_out(const char *reason)
{
    return strcmp(reason, UM_STATUS_LAGS) == 0 || strcmp(reason, UM_STATUS_LAG_UNKNOWN) == 0 ||
           strcmp(reason, UM_STATUS_NOT_RUNNING) == 0;
}

int um_cutover_ask_gate(struct um_cutover_run *c, const struct um_config *config, bool acts,
                        struct um_err *err)
{
    struct um_status s;
    if (um_status_read(config, &s, err) != 0)
        return -1;
    for (size_t i = 0; i < s.reasons.count; i++) {
        if (!acts || !is_found_out(s.reasons.items[i]))
            um_strv_add(&c->report->reasons, s.reasons.items[i]);
    }
    bool exists = s.data.exists;
    um_status_clear(&s);
    if (!exists)
        return um_fail(err, UM_E_STATE_NONE, "there is no job '%s' on the target", config->job);
    return um_gate_ask_reverse(config, &c->report->reasons, err);
}
