#include <inttypes.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "cutover/fence.h"
#include "cutover_run.h"

static bool holds_source(struct um_cutover_run *c)
{
    struct um_err ignored;
    uint64_t mine = 0;
    return c->source &&
           um_query_uint(c->source, &mine, &ignored,
                         "SELECT COALESCE(IS_USED_LOCK('unmoor.%s.cutover') = CONNECTION_ID(), 0)",
                         c->config.job) == 0 &&
           mine;
}

static int lift(struct um_cutover_run *c, struct um_err *err)
{
    return um_fence_run(c->source, &c->config, &c->now.lift, err);
}

/* A server that was out of reach may take a session of ours that is gone for one that is there. */
static int take_source_again(struct um_cutover_run *c, struct um_err *err)
{
    if (um_cutover_lock(c->source, &c->config, err) == 0)
        return 0;
    uint64_t holder = 0;
    struct um_err own;
    if (err->id != UM_E_CUTOVER_RUNNING ||
        um_query_uint(c->source, &holder, &own,
                      "SELECT COALESCE(IS_USED_LOCK('unmoor.%s.cutover'), 0)",
                      c->config.job) != 0 ||
        holder != c->source_session ||
        um_exec(c->source, &own, "KILL CONNECTION %llu", (unsigned long long)holder) != 0)
        return -1;
    return um_cutover_lock(c->source, &c->config, err);
}

/* The source was lost, and its lock with it: nothing is done to it before both locks are held. */
static int lift_again(struct um_cutover_run *c, const struct um_config *given, struct um_err *err)
{
    struct um_backoff pause = {.first_us = 100000, .max_us = 2000000};
    int64_t until = um_now_us() + given->follow.reconnect_timeout_us;
    for (;;) {
        um_conn_close(c->source);
        c->source = um_conn_open(&c->config.source, err);
        if (c->source && take_source_again(c, err) == 0 && um_state_check(c->state, err) == 0 &&
            lift(c, err) == 0)
            return 0;
        if (!um_err_is_lost(err) || um_now_us() > until)
            return -1;
        um_warn("%s. Trying again to open the source.", err->text);
        um_pause_us(um_backoff_next(&pause));
    }
}

int um_cutover_ambiguous(const struct um_cutover_run *c, const struct um_err *cause,
                         struct um_err *err)
{
    const struct um_err why = *cause;
    return um_fail(
        err, UM_E_CUTOVER_AMBIGUOUS,
        "job '%s', term %" PRIu64
        ": %s. The journal was to say '%s' last (see also %s). Look at: 1. the target "
        "%s: SELECT state FROM %s.job_cutover, which is what counts; @@read_only; 2. the "
        "source %s: @@read_only. The target takes the writes where it says 'done'; else "
        "neither may, until unmoor cutover is run again",
        c->config.job, c->now.term, why.text, um_cutover_state_name(c->now.state),
        c->journal.path ? c->journal.path : "the local journal",
        um_endpoint_place(&c->config.target), c->config.state.schema,
        um_endpoint_place(&c->config.source));
}

/* Nobody else can have opened the target for as long as this session holds the source's lock. */
static int target_lost(struct um_cutover_run *c, const struct um_err *cause, struct um_err *err)
{
    struct um_err own = {0};
    if (!holds_source(c) || lift(c, &own) != 0)
        return um_cutover_ambiguous(c, cause, err);
    c->report->retreated = true;
    const struct um_err why = *cause;
    return um_fail(
        err, UM_E_CUTOVER_RETREATED,
        "%s. The source takes writes again. The target could not be told: its journal still "
        "says '%s', and the next cutover begins with that",
        why.text, um_cutover_state_name(c->now.state));
}

static int tell_hook(struct um_cutover_run *c)
{
    struct um_err own = {0};
    if (!c->now.hook_called || um_cutover_call_hook(c, "retreat", &own) == 0)
        return 0;
    um_log_err(&own);
    um_warn("The switch hook could not be told of the retreat: see that the application finds the "
            "source.");
    return -1;
}

int um_cutover_retreat(struct um_cutover_run *c, const struct um_config *given,
                       const struct um_err *cause, struct um_err *err)
{
    struct um_err own = {0};
    enum um_cutover_state before = c->now.state;
    if (um_cutover_write(c, UM_CUTOVER_RETREATING, &own) != 0) {
        c->now.state = before;
        return target_lost(c, cause ? cause : &own, err);
    }
    bool told = tell_hook(c) == 0;
    if (lift(c, &own) != 0 && lift_again(c, given, &own) != 0)
        return um_cutover_ambiguous(c, &own, err);
    if (c->fenced_us)
        c->opened_us = um_now_us();
    c->report->retreated = true;
    if (um_fault(UM_FAULT_CUTOVER_LIFTED, &own) != 0 ||
        um_cutover_write(c, UM_CUTOVER_IDLE, &own) != 0)
        um_warn("%s. The source takes writes again all the same.", own.text);
    if (!told)
        return um_fail(
            err, UM_E_HOOK_FAILED,
            "the cutover has retreated and the source takes writes again, but the switch "
            "hook failed when it was told so");
    if (!cause)
        return 0;
    const struct um_err why = *cause;
    enum um_err_id id = um_err_exit(&why) == UM_EXIT_HOOK || why.id == UM_E_STOPPED
                            ? why.id
                            : UM_E_CUTOVER_RETREATED;
    return um_fail(err, id, "%s. The cutover has retreated: the source takes writes again",
                   why.text);
}
