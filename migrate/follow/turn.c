#include <stdlib.h>

#include "base/clock.h"
#include "finish/finish.h"
#include "follow/following.h"
#include "state/applied.h"

/* A DDL's turn: between two sessions, as it changes the models that they work with. */

int um_follow_leave_step(struct um_following *f, struct um_err *err)
{
    if (f->job->data.phase != UM_PHASE_SYNCED)
        return 0;
    if (um_finish_unsettle(f->job, err) != 0)
        return -1;
    f->job->data.phase = UM_PHASE_FOLLOW;
    return 0;
}

int um_follow_build_late(struct um_following *f, struct um_err *err)
{
    if (f->late_done || !um_coverage_passed(f->coverage))
        return 0;
    if (um_apply_flush(f->apply, err) != 0 || um_finish_tables(f->job, NULL, err) != 0)
        return -1;
    f->late_done = true;
    return 0;
}

/* Everything before it is committed, and what waited for the stream is built as far as it has come:
   nothing knows of those tables as they were any more. */
int um_follow_begin_ddl(struct um_following *f, struct um_txn *txn, struct um_err *err)
{
    f->ddl = txn;
    if (um_apply_flush(f->apply, err) != 0)
        return -1;
    um_coverage_reached(f->coverage, um_apply_position(f->apply));
    if (!um_coverage_passed(f->coverage) && um_finish_tables(f->job, f->coverage, err) != 0)
        return -1;
    if (um_follow_build_late(f, err) != 0)
        return -1;
    f->before_ddl = *um_apply_progress(f->apply);
    f->before_ddl.at = (struct um_position){0};
    um_position_copy(&f->before_ddl.at, &um_apply_progress(f->apply)->at);
    um_apply_after(f->apply, txn, &f->after_ddl);
    return 0;
}

void um_follow_note_refused(const struct um_following *f, const struct um_err *error)
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

void um_follow_forget_ddl(struct um_following *f)
{
    um_txn_delete(f->ddl);
    f->ddl = NULL;
    um_position_clear(&f->before_ddl.at);
    um_position_clear(&f->after_ddl.at);
}

/* ---- running it ---- */

static int end_ddl(struct um_following *f, struct um_err *err)
{
    int result = um_ddl_end(f->job, f->running, err);
    f->running = NULL;
    free(f->aside);
    f->aside = NULL;
    f->last_success = um_now_us(); /* however long it took */
    return result;
}

/* Most statements are over soon, sooner than a session begins. */
static int begin_running(struct um_following *f, struct um_ddl_decision *decision,
                         struct um_err *err)
{
    enum { SOON_US = 200000 };
    f->aside = um_coverage_passed(f->coverage) ? um_ddl_aside(f->job, decision) : NULL;
    f->running = um_ddl_begin(f->job, f->ddl, decision, &f->before_ddl, &f->after_ddl, err);
    if (!f->running) {
        free(f->aside);
        f->aside = NULL;
        return -1;
    }
    return um_ddl_is_over(f->running, f->aside ? SOON_US : -1) ? end_ddl(f, err) : 0;
}

static int take_turn(struct um_following *f, struct um_err *err)
{
    struct um_ddl_decision decision;
    if (um_ddl_decide(f->job, f->coverage, f->ddl, &decision, err) != 0)
        return -1;
    int result = um_follow_leave_step(f, err);
    f->stale |= decision.run;
    if (result == 0)
        result = decision.run ? begin_running(f, &decision, err)
                              : um_ddl_pass(f->job, &decision, &f->after_ddl, err);
    um_ddl_decision_clear(&decision);
    return result;
}

/* The one of this process, or one that an earlier one left. */
static int run(struct um_following *f, struct um_err *err)
{
    if (f->running && f->lost && !um_ddl_is_over(f->running, 0))
        return 0;
    if (f->running)
        return end_ddl(f, err);
    bool recovered = false;
    int result = um_ddl_recover(f->job, &recovered, err);
    f->stale |= recovered;
    return result == 0 && f->ddl && !recovered ? take_turn(f, err) : result;
}

static int read_models(struct um_following *f, struct um_err *err)
{
    um_coverage_delete(f->coverage);
    f->coverage = NULL;
    if (um_job_read_again(f->job, err) != 0)
        return -1;
    f->coverage = um_coverage_new(f->job);
    f->stale = false;
    return 0;
}

int um_follow_run_ddl(struct um_following *f, struct um_err *err)
{
    int result = run(f, err);
    if (f->running)
        return result;
    if (result != 0)
        um_follow_note_refused(f, err);
    um_follow_forget_ddl(f);
    f->passed_over = false;
    return result == 0 && f->stale ? read_models(f, err) : result;
}
