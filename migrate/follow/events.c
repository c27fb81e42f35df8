#include "follow/events.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/log.h"
#include "job/replica_id.h"
#include "spool/cursor.h"

struct um_events {
    const struct um_job *job;
    struct um_spool_cursor *spool; /* NULL: from the source */
    pthread_mutex_t lock;          /* guards the two below against who aborts */
    struct um_stream *source;
    bool aborted;
};

static int open_source(struct um_events *e, const struct um_position *from, struct um_err *err)
{
    const struct um_config *config = e->job->config;
    struct um_stream_options options = {.heartbeat_us = config->follow.heartbeat_us};
    um_replica_id(config, e->job->data.origin, &options);
    struct um_stream *source = um_stream_open(&config->source, from, &options, err);
    if (!source)
        return -1;
    pthread_mutex_lock(&e->lock);
    e->source = source;
    bool aborted = e->aborted;
    pthread_mutex_unlock(&e->lock);
    return aborted ? um_fail(err, UM_E_STOPPED, "the stream is not wanted any more") : 0;
}

struct um_events *um_events_open(const struct um_job *job, const struct um_position *from,
                                 struct um_err *err)
{
    struct um_events *e = um_alloc(sizeof *e);
    int64_t any = 0;
    e->job = job;
    pthread_mutex_init(&e->lock, NULL);
    if (um_spool_holds(job->spool, from, &any))
        e->spool = um_spool_cursor_open(job->spool, from);
    else if (open_source(e, from, err) != 0) {
        um_events_close(e);
        return NULL;
    }
    return e;
}

/* Nothing is added to it any more, and all of it was read: the source goes on from its end. */
static int leave_spool(struct um_events *e, struct um_err *err)
{
    struct um_buf text = {0};
    um_position_print(um_spool_cursor_position(e->spool), &text);
    um_info("The spool is read: following from the source, from %s.", text.data);
    um_buf_free(&text);
    int result = um_fault(UM_FAULT_SPOOL_LEFT, err);
    if (result == 0)
        result = open_source(e, um_spool_cursor_position(e->spool), err);
    um_spool_cursor_close(e->spool);
    e->spool = NULL;
    return result;
}

int um_events_next(struct um_events *e, const uint8_t **bytes, size_t *len, struct um_err *err)
{
    if (e->spool) {
        int more = um_spool_cursor_next(e->spool, bytes, len, err);
        if (more == 0) {
            um_spool_stop(e->job->spool);
            more = um_spool_cursor_next(e->spool, bytes, len, err);
        }
        if (more == 0)
            more = leave_spool(e, err);
        if (more != 0)
            return more;
    }
    int more = um_stream_next(e->source, bytes, len, err);
    return more != 0 ? more
                     : um_fail(err, UM_E_SOURCE_LOST, "the source ended the replication stream");
}

void um_events_abort(struct um_events *e)
{
    pthread_mutex_lock(&e->lock);
    e->aborted = true;
    if (e->source)
        um_stream_abort(e->source);
    pthread_mutex_unlock(&e->lock);
}

void um_events_close(struct um_events *e)
{
    um_spool_cursor_close(e->spool);
    um_stream_close(e->source);
    pthread_mutex_destroy(&e->lock);
    free(e);
}
