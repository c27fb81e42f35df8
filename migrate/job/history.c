#include "job/history.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "job/replica_id.h"
#include "mysql/server.h"

enum { LOOK_US = 5000000, LOOKS = 3 };

static int is_behind(const struct um_position *applied, const struct um_position *now,
                     struct um_err *err)
{
    struct um_buf here = {0}, there = {0};
    um_position_print(applied, &here);
    um_position_print(now, &there);
    um_fail(err, UM_E_SOURCE_DIVERGED,
            "the job has applied everything up to %s, and the source is only at %s", here.data,
            there.data);
    um_buf_free(&here);
    um_buf_free(&there);
    return -1;
}

/* A file that is not there any more was purged, or its name has not come again yet. */
static int judge_missing(const struct um_position *applied, const struct um_position *now,
                         struct um_err *err)
{
    struct um_position start_of_file = {0};
    snprintf(start_of_file.file, sizeof start_of_file.file, "%s", applied->file);
    if (um_position_compare(now, &start_of_file) < 0)
        return um_fail(err, UM_E_SOURCE_DIVERGED,
                       "the job has read the binlog file %s, and the source is only at %s: its "
                       "binlog was reset",
                       applied->file, now->file);
    /* By GTID the stream can go on without the file; whether it may, the server says. */
    return applied->gtids ? 0 : -1;
}

static int check_file(const struct um_job *job, struct um_state_progress *progress,
                      const struct um_position *now, struct um_err *err)
{
    struct um_stream_options options = {.heartbeat_us = job->config->follow.heartbeat_us};
    um_replica_id(job->config, job->data.origin, &options);
    int64_t born;
    struct um_err missing;
    if (um_binlog_born(&job->config->source, progress->at.file, &options, &born, &missing) != 0) {
        *err = missing;
        return missing.id == UM_E_SOURCE_PURGED ? judge_missing(&progress->at, now, err) : -1;
    }
    if (progress->log_born && born != progress->log_born)
        return um_fail(err, UM_E_SOURCE_DIVERGED,
                       "the binlog file %s that the job has read was created %lld s before the "
                       "source's file of this name: the source's binlog was reset",
                       progress->at.file, (long long)(born - progress->log_born));
    progress->log_born = born;
    return 0;
}

/* As long as the spool has something to apply, the source is not needed. */
static bool may_go_without(const struct um_position *applied, const struct um_position *spooled,
                           const struct um_err *err)
{
    if (!um_err_is_lost(err) || um_position_compare(applied, spooled) >= 0)
        return false;
    um_warn("%s. The job goes on with what the spool has.", err->text);
    return true;
}

/* What was read last is where the spool ends. */
static int check_spooled(const struct um_job *job, struct um_state_progress *end,
                         const struct um_position *now, struct um_err *err)
{
    if (um_position_compare(now, &end->at) < 0)
        return is_behind(&end->at, now, err);
    return check_file(job, end, now, err);
}

int um_history_check(const struct um_job *job, struct um_state_progress *progress,
                     struct um_err *err)
{
    struct um_position now = {0};
    struct um_state_progress end = {0};
    bool spooled = um_spool_holds(job->spool, &progress->at, &progress->log_born);
    /* Before the source is asked: it grows. */
    if (spooled)
        um_spool_end(job->spool, &end.at, &end.log_born);
    struct um_conn *source = um_conn_open(&job->config->source, err);
    int result = source ? um_server_position(source, &now, err) : -1;
    um_conn_close(source);
    if (result != 0)
        return spooled && may_go_without(&progress->at, &end.at, err) ? 1 : -1;
    end.at.gtids = progress->at.gtids; /* borrowed */
    if (!um_position_reached(&now, &progress->at))
        result = is_behind(&progress->at, &now, err);
    if (result == 0)
        result =
            spooled ? check_spooled(job, &end, &now, err) : check_file(job, progress, &now, err);
    um_position_clear(&now);
    return result;
}

/* ---- while following ---- */

static int judge(struct um_history_watch *w, const struct um_position *applied,
                 const struct um_position *now, bool moved, bool heard, struct um_err *err)
{
    /* A transaction can be in the stream a moment before the source counts it among its own. */
    w->behind = um_position_reached(now, applied) ? 0 : w->behind + 1;
    if (w->behind >= LOOKS)
        return is_behind(applied, now, err);
    if (moved || um_position_reached(applied, now))
        w->silent = 0;
    else if (heard)
        w->silent++;
    if (w->silent < LOOKS)
        return 0;
    w->silent = 0;
    return um_fail(err, UM_E_SOURCE_LOST,
                   "the source is at %s:%llu, and its stream brings nothing after %s:%llu",
                   now->file, (unsigned long long)now->offset, applied->file,
                   (unsigned long long)applied->offset);
}

int um_history_look(struct um_history_watch *w, const struct um_position *applied, bool heard,
                    struct um_err *err)
{
    int64_t us = um_now_us();
    if (us < w->next_look)
        return 0;
    w->next_look = us + LOOK_US;
    bool moved = strcmp(w->file, applied->file) != 0 || w->offset != applied->offset;
    snprintf(w->file, sizeof w->file, "%s", applied->file);
    w->offset = applied->offset;

    /* A source that cannot be asked is the stream's business. */
    struct um_err unreachable;
    struct um_position now = {0};
    if (!w->source && !(w->source = um_conn_open(&w->job->config->source, &unreachable)))
        return 0;
    if (um_server_position(w->source, &now, &unreachable) != 0) {
        um_history_watch_clear(w);
        return 0;
    }
    int result = judge(w, applied, &now, moved, heard, err);
    um_position_clear(&now);
    return result;
}

void um_history_watch_clear(struct um_history_watch *w)
{
    um_conn_close(w->source);
    w->source = NULL;
    w->behind = w->silent = 0;
}
