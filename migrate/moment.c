#include "moment.h"

#include "base/log.h"
#include "coordinator.h"
#include "finish/finish.h"
#include "follow/follow.h"
#include "follow/hold.h"
#include "snapshot/snapshot.h"

int um_moment_source(const struct um_moment *m, struct um_conn **source, size_t n,
                     struct um_position *at, struct um_err *err)
{
    struct um_snapshot taken;
    /* One position for all sessions is needed here: where the ladder's last rung would give each
       its own, one session's position is shared by taking the lock on the tables. */
    enum um_lock_method method = m->lock == UM_LOCK_NONE ? UM_LOCK_TABLES : m->lock;
    int result =
        um_snapshot_take(m->config, method, source, n, m->tables, m->table_count, &taken, err);
    if (result == 0) {
        um_position_copy(at, &taken.at);
        um_info("%s; the %s on the source was held for %.1f ms.",
                m->to_write ? "Repairing" : "Verifying", taken.method,
                (double)taken.lock_us / 1000);
    }
    um_snapshot_clear(&taken);
    return result;
}

/* ---- a migration is running ---- */

/* The owner that is asked: if it is another one by the time that the target is written to, nothing
   is. */
static int read_owner(struct um_moment *m, struct um_err *err)
{
    struct um_state_data data;
    if (um_state_load(m->control, m->config, false, &data, err) != 0)
        return -1;
    m->fence = (struct um_repair_fence){.epoch = data.epoch,
                                        .ticket = um_conn_server(m->control)->thread_id};
    unsigned version = data.version;
    um_state_data_clear(&data);
    if (m->to_write && version < UM_STATE_VERSION_REPAIR)
        return um_fail(err, UM_E_REPAIR_STATE, "job '%s': its state is of version %u",
                       m->config->job, version);
    return 0;
}

static int begin_with_running(struct um_moment *m, struct um_conn **source, size_t n,
                              struct um_position *at, struct um_err *err)
{
    if (read_owner(m, err) != 0)
        return -1;
    m->held = true;
    int result = um_hold_ask(m->control, m->config,
                             m->to_write ? UM_HOLD_ASKED_TO_WRITE : UM_HOLD_ASKED, err);
    if (result == 0)
        result = um_hold_wait(m->control, m->config, UM_HOLD_HELD, err);
    if (result == 0)
        result = um_moment_source(m, source, n, at, err);
    if (result == 0)
        result = um_hold_set(m->control, m->config, UM_HOLD_UNTIL, at, err);
    if (result == 0)
        result = um_hold_wait(m->control, m->config, UM_HOLD_REACHED, err);
    return result;
}

/* ---- none is running ---- */

static int apply_missing(struct um_moment *m, const struct um_position *at, struct um_err *err)
{
    struct um_follow_goal goal = {.until = UM_FOLLOW_POSITION, .position = at};
    um_info("No migration is running: applying what is missing up to the snapshot first.");
    int result = um_follow_prepare(&m->job, err);
    return result == 0 ? um_follow(&m->job, &goal, err) : -1;
}

/* What is repaired has been through the source's triggers already. The target is looked at first:
   it has to be possible to make them again. */
static int remove_triggers(struct um_moment *m, struct um_err *err)
{
    if (m->job.data.phase != UM_PHASE_SYNCED)
        return 0;
    if (um_job_read_target(&m->job, err) != 0 || um_finish_unsettle(&m->job, err) != 0)
        return -1;
    m->job.data.phase = UM_PHASE_FOLLOW;
    return 0;
}

/* At the position, and not on the way there: the job is in step again. */
static int settle(struct um_moment *m, struct um_err *err)
{
    if (!m->settled || m->job.data.phase == UM_PHASE_SYNCED)
        return 0;
    if (um_finish_settle(&m->job, err) != 0)
        return -1;
    m->job.data.phase = UM_PHASE_SYNCED;
    return 0;
}

static int begin_alone(struct um_moment *m, struct um_conn **source, size_t n,
                       struct um_position *at, struct um_err *err)
{
    m->alone = true;
    if (um_coordinator_open(m->config, &m->job, err) != 0 ||
        um_moment_source(m, source, n, at, err) != 0)
        return -1;
    m->job.progress = um_progress_start(m->config->job, UM_PROGRESS_NONE);
    bool settled = m->job.data.phase == UM_PHASE_SYNCED;
    if (!um_position_reached(&m->job.data.progress.at, at) && apply_missing(m, at, err) != 0)
        return -1;
    m->settled = settled;
    /* Snapshots of the target cannot be read any more once its tables' counters are set. */
    if ((m->to_write ? remove_triggers(m, err) : settle(m, err)) != 0)
        return -1;
    /* Connections that were lost meanwhile have raised it. */
    m->fence = (struct um_repair_fence){.epoch = um_state_epoch(m->job.state)};
    return 0;
}

/* ---- either ---- */

static int is_running(const struct um_moment *m, bool *running, struct um_err *err)
{
    struct um_state_data data;
    if (um_state_load(m->control, m->config, false, &data, err) != 0)
        return -1;
    *running = data.running;
    um_state_data_clear(&data);
    return 0;
}

static void close_job(struct um_moment *m)
{
    if (!m->alone)
        return;
    um_progress_stop(m->job.progress);
    um_job_clear(&m->job);
    m->alone = m->settled = false;
}

/* Either may begin at any time: who was not there when it was looked for may have the lock now. */
int um_moment_begin(struct um_moment *m, struct um_conn **source, size_t n, struct um_position *at,
                    struct um_err *err)
{
    bool running;
    if (is_running(m, &running, err) != 0)
        return -1;
    int result = running ? -1 : begin_alone(m, source, n, at, err);
    if (!running && (result == 0 || err->id != UM_E_JOB_RUNNING))
        return result;
    close_job(m);
    return begin_with_running(m, source, n, at, err);
}

int um_moment_end(struct um_moment *m, int result, struct um_err *err)
{
    struct um_err own = {0};
    int ended = 0;
    if (m->held)
        ended = um_hold_release(m->control, m->config, &own);
    if (m->alone && m->job.state)
        ended = settle(m, &own);
    close_job(m);
    m->held = false;
    if (result == 0 && ended != 0) {
        *err = own;
        return -1;
    }
    return result;
}
