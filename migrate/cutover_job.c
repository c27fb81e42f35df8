#include "cutover_job.h"

#include <inttypes.h>

#include "base/stop.h"
#include "cutover/owner.h"
#include "cutover_run.h"

static bool may_retreat(const struct um_cutover_run *c)
{
    return c->now.state == UM_CUTOVER_FENCING || c->now.state == UM_CUTOVER_SWITCHING ||
           c->now.state == UM_CUTOVER_RETREATING;
}

/* What failed is in err: back, if that is possible still. */
static int give_up(struct um_cutover_run *c, const struct um_config *given, struct um_err *err)
{
    const struct um_err cause = *err;
    struct um_err own;
    if (!may_retreat(c) || (!c->journal.state && um_cutover_open_state(c, &own) != 0))
        return um_cutover_ambiguous(c, &cause, err);
    return um_cutover_retreat(c, given, &cause, err);
}

static int forward(struct um_cutover_run *c, const struct um_config *given, bool anew,
                   struct um_err *err)
{
    int result = um_cutover_prepare(c, anew, err);
    if (result != 0 && anew)
        return -1; /* nothing was begun */
    if (result == 0)
        result = um_cutover_go_to_opening(c, err);
    if (result == 0 && c->cli->rehearse)
        return um_cutover_retreat(c, given, NULL, err);
    if (result == 0)
        result = um_cutover_finish(c, err);
    if (result == 0)
        return 0;
    if (anew && !c->fenced_us && c->now.state != UM_CUTOVER_FENCING)
        return -1;
    return give_up(c, given, err);
}

static int only_retreat(struct um_cutover_run *c, const struct um_config *given, struct um_err *err)
{
    if (um_cutover_open_state(c, err) != 0)
        return -1;
    return um_cutover_retreat(c, given, NULL, err);
}

static int only_open(struct um_cutover_run *c, struct um_err *err)
{
    if (um_cutover_open_state(c, err) != 0)
        return -1;
    if (um_cutover_finish(c, err) == 0)
        return 0;
    const struct um_err cause = *err;
    return um_cutover_ambiguous(c, &cause, err);
}

static int begin(struct um_cutover_run *c, const struct um_config *given, uint64_t last_term,
                 struct um_err *err)
{
    if (um_cutover_ask_gate(c, given, true, err) != 0)
        return -1;
    if (c->report->reasons.count)
        return um_fail(err, UM_E_CUTOVER_GATE, "%s%s", c->report->reasons.items[0],
                       c->report->reasons.count > 1 ? ", and more" : "");
    um_cutover_clear(&c->now);
    c->now.term = last_term + 1;
    return forward(c, given, true, err);
}

static int act(struct um_cutover_run *c, const struct um_config *given, struct um_err *err)
{
    struct um_ownership o;
    if (um_cutover_take_locks(c, err) != 0 ||
        um_ownership_read(c->source, c->target, &c->config, &o, err) != 0 ||
        um_cutover_read(c->target, &c->config, &c->now, err) != 0)
        return -1;
    if (o.under_way && o.other_way)
        return um_fail(err, UM_E_CUTOVER_UNDER_WAY,
                       "job '%s': the cutover of term %" PRIu64
                       " in the other direction is not over",
                       given->job, o.term);
    if (o.under_way && c->now.state == UM_CUTOVER_OPENING)
        return c->cli->retreat ? um_fail(err, UM_E_CUTOVER_UNDER_WAY,
                                         "job '%s': the target may be open already", given->job)
                               : only_open(c, err);
    if (o.under_way && (c->cli->retreat || c->now.state == UM_CUTOVER_RETREATING))
        return only_retreat(c, given, err);
    if (o.under_way)
        return forward(c, given, false, err);
    if (c->cli->retreat)
        return um_fail(err, UM_E_CUTOVER_GATE, "job '%s': no cutover is under way", given->job);
    if (o.target_owns) {
        c->report->done_before = true;
        return 0;
    }
    return begin(c, given, o.term, err);
}

static void close_all(struct um_cutover_run *c)
{
    um_journal_close(&c->journal);
    um_arm_end(&c->arm);
    um_progress_stop(c->job.progress);
    if (c->state && c->state != c->job.state)
        um_state_close(c->state);
    um_job_clear(&c->job);
    um_conn_close(c->source);
    um_conn_close(c->target);
    um_conn_close(c->asker); /* the migration that waits for it goes on */
    um_position_clear(&c->quiet);
    um_cutover_clear(&c->now);
}

int um_cutover_job(const struct um_config *config, const struct um_cli *cli,
                   struct um_cutover_report *report, struct um_err *err)
{
    struct um_cutover_run c = {.config = *config, .cli = cli, .report = report};
    c.config.follow.reconnect_timeout_us = 0;
    /* A server that does not answer any more is not waited for until its host is given up. */
    c.config.source.read_timeout = c.config.target.read_timeout =
        (unsigned)((config->cutover.timeout_us + config->cutover.lock_wait_us) / 1000000) + 1;
    *report = (struct um_cutover_report){.rehearsed = cli->rehearse, .pause_seconds = -1};
    bool acts = cli->execute || cli->rehearse || cli->retreat;
    if (acts)
        um_stop_aside();
    int result = acts ? act(&c, config, err) : um_cutover_show(&c, config, err);
    report->executed = acts;
    report->term = c.now.term;
    if (c.fenced_us && c.opened_us)
        report->pause_seconds = (double)(c.opened_us - c.fenced_us) / 1e6;
    close_all(&c);
    return result;
}
