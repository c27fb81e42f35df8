#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/stop.h"
#include "cutover/fence.h"
#include "cutover_run.h"
#include "finish/finish.h"
#include "follow/follow.h"
#include "ops/hook.h"
#include "state/order.h"
#include "state/verdict.h"

/* ---- reporting ---- */

void um_cutover_report_clear(struct um_cutover_report *r)
{
    for (size_t i = 0; i < r->step_count; i++)
        free(r->steps[i].text);
    free(r->steps);
    um_strv_clear(&r->reasons);
    *r = (struct um_cutover_report){0};
}

void um_cutover_report_step(struct um_cutover_report *r, const char *name, const char *where,
                            const char *text, double seconds)
{
    if (r->step_count == r->step_cap) {
        r->step_cap = r->step_cap ? 2 * r->step_cap : 16;
        r->steps = um_realloc(r->steps, r->step_cap * sizeof *r->steps);
    }
    r->steps[r->step_count++] = (struct um_cutover_step){
        .name = name, .where = where, .text = text ? um_strdup(text) : NULL, .seconds = seconds};
}

/* ---- steps ---- */

typedef int step_run(struct um_cutover_run *c, struct um_err *err);

static int must_not_last(const struct um_cutover_run *c, const char *step, struct um_err *err)
{
    if (um_stop_requested())
        return um_fail(err, UM_E_STOPPED, "stopped before the step '%s'", step);
    int64_t spent = c->fenced_us ? um_now_us() - c->fenced_us : 0;
    if (spent > c->config.cutover.timeout_us)
        return um_fail(err, UM_E_CUTOVER_TIMEOUT,
                       "the application's writes were held up for %.1f s, which is longer than "
                       "cutover.timeout, before the step '%s'",
                       (double)spent / 1e6, step);
    return 0;
}

/* What is begun is in the journal before, and how it ended behind it. */
static int begin_step(struct um_cutover_run *c, const char *name, struct um_err *err)
{
    if (must_not_last(c, name, err) != 0 ||
        um_journal_step(&c->journal, c->now.term, name, "begin", "", err) != 0)
        return -1;
    c->begun_us = um_now_us();
    return um_fault(UM_FAULT_CUTOVER_STEP, err);
}

/* `result` and `err` are the step's. */
static int end_step(struct um_cutover_run *c, const char *name, const char *where, int result,
                    struct um_err *err)
{
    double seconds = (double)(um_now_us() - c->begun_us) / 1e6;
    if (result == 0)
        result = um_fault(UM_FAULT_CUTOVER_STEP_DONE, err);
    um_cutover_report_step(c->report, name, where, NULL, seconds);
    struct um_err own = {0};
    char *took = um_sprintf("%.6f s", seconds);
    int told = um_journal_step(&c->journal, c->now.term, name, result == 0 ? "end" : "failed",
                               result == 0 ? took : err->text, &own);
    free(took);
    if (result == 0 && told != 0)
        *err = own;
    return result == 0 ? told : -1;
}

static int step(struct um_cutover_run *c, const char *name, const char *where, step_run *run,
                struct um_err *err)
{
    if (begin_step(c, name, err) != 0)
        return -1;
    return end_step(c, name, where, run(c, err), err);
}

int um_cutover_write(struct um_cutover_run *c, enum um_cutover_state state, struct um_err *err)
{
    c->now.exists = true;
    c->now.state = state;
    if (um_journal_write(&c->journal, &c->now, err) != 0)
        return um_fail_in(err, "writing '%s' into the journal", um_cutover_state_name(state));
    return um_fault(UM_FAULT_CUTOVER_STATE, err);
}

/* ---- following up to the fence, and to its position ---- */

/* Closed, proven to be, and where that has left the source. */
static int fence(struct um_cutover_run *c, struct um_err *err)
{
    const struct um_config *config = &c->config;
    struct um_fence f = {0};
    int result = um_fence_of_source(c->source, config, &f, err);
    if (result == 0)
        result = um_fence_run(c->source, config, &f.close, err);
    um_fence_clear(&f);
    if (result == 0)
        result = um_fence_kill(c->source, config, c->fenced_us + config->cutover.timeout_us, err);
    if (result == 0)
        result = um_fault(UM_FAULT_CUTOVER_FENCED, err);
    if (result == 0)
        result = um_fence_prove(c->source, config, err);
    um_position_clear(&c->now.final);
    return result == 0 ? um_server_position(c->source, &c->now.final, err) : -1;
}

static int put_up_fence(struct um_cutover_run *c, struct um_err *err)
{
    if (um_cutover_write(c, UM_CUTOVER_FENCING, err) != 0)
        return -1;
    c->fenced_us = um_now_us();
    if (step(c, "fence", "source", fence, err) != 0)
        return -1;
    c->draining = true;
    return begin_step(c, "drain", err);
}

/* In step means that what was there when it was asked last has been applied within max_lag. */
static int next_stage(void *context, struct um_position *until, struct um_err *err)
{
    enum { ROUNDS = 60 };
    struct um_cutover_run *c = context;
    int64_t now = um_now_us();
    if (c->fenced_us)
        return 0;
    bool in_step = c->rounds > 1 && now - c->asked_us <= c->config.cutover.max_lag_us;
    if (!in_step && c->rounds++ > ROUNDS)
        return um_fail(err, UM_E_CUTOVER_GATE,
                       "the target does not come closer than %.1f s behind the source, and "
                       "cutover.max_lag is %.1f s",
                       (double)(now - c->asked_us) / 1e6,
                       (double)c->config.cutover.max_lag_us / 1e6);
    c->asked_us = now;
    if (!in_step)
        return um_server_position(c->source, until, err);
    if (put_up_fence(c, err) != 0)
        return -1;
    um_position_copy(until, &c->now.final);
    return 0;
}

static int look(void *context, struct um_err *err)
{
    const struct um_cutover_run *c = context;
    return must_not_last(c, "drain", err);
}

static int follow(struct um_cutover_run *c, struct um_err *err)
{
    const struct um_follow_goal goal = {
        .until = UM_FOLLOW_STAGES, .next = next_stage, .look = look, .context = c};
    c->rounds = 0;
    int end = um_follow(&c->job, &goal, err);
    if (end > UM_FOLLOW_REACHED)
        um_fail(err, UM_E_CUTOVER_GATE, "tables were ordered to be copied again");
    int result = end == UM_FOLLOW_REACHED ? 0 : -1;
    return c->draining ? end_step(c, "drain", "target", result, err) : result;
}

/* ---- while both sides are closed ---- */

/* Nobody has written in spite of the fence: an account that it does not stop, or a routine of one.
 */
static int check_quiet(struct um_cutover_run *c, const struct um_position *since,
                       struct um_err *err)
{
    struct um_position now = {0};
    if (um_fence_prove(c->source, &c->config, err) != 0 ||
        um_server_position(c->source, &now, err) != 0)
        return -1;
    bool moved = !um_position_reached(since, &now);
    um_position_clear(&now);
    return moved
               ? um_fail(err, UM_E_CUTOVER_FENCE,
                         "the source's binlog went on behind the fence: somebody whom it does not "
                         "stop has written")
               : 0;
}

/* Some small questions: the application waits for the answers. */
static int check_state(struct um_cutover_run *c, struct um_err *err)
{
    struct um_conn *conn = um_state_conn(c->state);
    struct um_position at = {0};
    struct um_strv orders = {0};
    uint64_t conflict = 0;
    int result = um_state_load_position(conn, &c->config, &at, err);
    if (result >= 0 && um_state_last_conflict(conn, &c->config, &conflict, err) != 0)
        result = -1;
    if (result >= 0 && um_state_load_orders(conn, &c->config, &orders, err) != 0)
        result = -1;
    if (result >= 0 && !um_position_reached(&at, &c->now.final))
        result = um_fail(err, UM_E_CUTOVER_CHECK,
                         "what the state has as applied is not all that the source has");
    if (result >= 0 && conflict != c->conflict)
        result = um_fail(err, UM_E_CUTOVER_CHECK,
                         "conflicts were overwritten or passed over since the gate was asked");
    if (result >= 0 && orders.count)
        result = um_fail(err, UM_E_CUTOVER_GATE, "tables were ordered to be copied again");
    um_strv_clear(&orders);
    um_position_clear(&at);
    return result < 0 ? -1 : 0;
}

/* By what is recorded, and by what the source says now. */
static int check(struct um_cutover_run *c, struct um_err *err)
{
    return check_quiet(c, &c->now.final, err) == 0 ? check_state(c, err) : -1;
}

static int settle(struct um_cutover_run *c, struct um_err *err)
{
    return um_finish_settle(&c->job, err);
}

static int arm(struct um_cutover_run *c, struct um_err *err)
{
    return um_arm_at(&c->arm, &c->job, c->target, err);
}

int um_cutover_call_hook(struct um_cutover_run *c, const char *event, struct um_err *err)
{
    const struct um_config *config = &c->config;
    char term[24], from_port[8], to_port[8];
    snprintf(term, sizeof term, "%" PRIu64, c->now.term);
    snprintf(from_port, sizeof from_port, "%u", config->source.port);
    snprintf(to_port, sizeof to_port, "%u", config->target.port);
    const struct um_hook_fact facts[] = {{"event", event},
                                         {"job", config->job},
                                         {"from", um_endpoint_place(&config->source)},
                                         {"from_port", from_port},
                                         {"to", um_endpoint_place(&config->target)},
                                         {"to_port", to_port},
                                         {"direction", c->cli->back ? "back" : "there"},
                                         {"term", term}};
    return um_hook_run("cutover.switch_hook", config->cutover.switch_hook, facts,
                       sizeof facts / sizeof *facts, config->cutover.hook_timeout_us, err);
}

static int switch_over(struct um_cutover_run *c, struct um_err *err)
{
    return um_cutover_call_hook(c, "switch", err);
}

/* ---- opening ---- */

static int open_target(struct um_cutover_run *c, struct um_err *err)
{
    int result = um_fence_run(c->target, &c->config, &c->now.open, err);
    return result == 0 ? um_fault(UM_FAULT_CUTOVER_OPENED, err) : -1;
}

/* From here on there is no way back but a cutover back. */
int um_cutover_finish(struct um_cutover_run *c, struct um_err *err)
{
    if (step(c, "open", "target", open_target, err) != 0)
        return -1;
    c->opened_us = um_now_us();
    return um_cutover_write(c, UM_CUTOVER_DONE, err);
}

int um_cutover_go_to_opening(struct um_cutover_run *c, struct um_err *err)
{
    if (follow(c, err) != 0 || step(c, "check", "both", check, err) != 0 ||
        step(c, "settle", "target", settle, err) != 0 ||
        (c->arm.state && step(c, "arm", "both", arm, err) != 0))
        return -1;
    /* The state of the way back is in the source's binlog, and the last that comes into it. */
    um_position_clear(&c->quiet);
    if (um_server_position(c->source, &c->quiet, err) != 0)
        return -1;
    if (c->cli->rehearse)
        return 0;
    c->now.hook_called = c->config.cutover.switch_hook != NULL;
    if (um_cutover_write(c, UM_CUTOVER_SWITCHING, err) != 0 ||
        (c->now.hook_called && step(c, "switch", "hook", switch_over, err) != 0))
        return -1;
    if (check_quiet(c, &c->quiet, err) != 0 || must_not_last(c, "open", err) != 0)
        return -1;
    return um_cutover_write(c, UM_CUTOVER_OPENING, err);
}
