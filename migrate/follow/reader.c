#include "follow/reader.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "follow/assembler.h"
#include "follow/events.h"

struct um_reader {
    const struct um_job *job;
    struct um_events *events;
    struct um_assembler *assembler;
    struct um_queue *queue;
    struct um_times *times;
    int64_t emit_us; /* what the event at hand spent in handing over */
    pthread_t thread;
    struct um_err err; /* written by the thread before it closes the queue */
};

static int emit(void *context, struct um_txn *txn)
{
    struct um_reader *r = context;
    int64_t begun = um_now_us();
    int closed = um_queue_push(r->queue, txn, txn->bytes);
    r->emit_us += um_now_us() - begun;
    if (!closed)
        return 0;
    um_txn_delete(txn);
    return -1;
}

static void read_stream(struct um_reader *r)
{
    for (;;) {
        const uint8_t *bytes;
        size_t len;
        int64_t begun = um_now_us();
        int more = um_events_next(r->events, &bytes, &len, &r->err);
        int64_t read = um_now_us();
        r->times->read_us += read - begun;
        if (more < 0)
            return;
        r->emit_us = 0;
        if (um_fault(UM_FAULT_FOLLOW_EVENT, &r->err) != 0 ||
            um_assembler_feed(r->assembler, bytes, len, &r->err) != 0)
            return;
        r->times->decode_us += um_now_us() - read - r->emit_us;
    }
}

static void *reader_main(void *context)
{
    struct um_reader *r = context;
    um_mysql_thread_begin();
    read_stream(r);
    um_queue_close(r->queue);
    um_mysql_thread_end();
    return NULL;
}

struct um_reader *um_reader_start(const struct um_job *job, const struct um_coverage *coverage,
                                  const bool *aside, const struct um_position *from,
                                  struct um_times *times, struct um_err *err)
{
    struct um_reader *r = um_alloc(sizeof *r);
    r->job = job;
    r->times = times;
    r->events = um_events_open(job, from, err);
    if (!r->events) {
        free(r);
        return NULL;
    }
    r->queue = um_queue_new(job->config->apply.memory / 2);
    r->assembler =
        um_assembler_new(job, coverage, aside, from, job->config->apply.memory / 4, emit, r);
    if (pthread_create(&r->thread, NULL, reader_main, r) != 0) {
        um_fail(err, UM_E_SYSTEM, "the thread that reads the stream could not be started");
        um_events_close(r->events);
        um_assembler_delete(r->assembler);
        um_queue_delete(r->queue);
        free(r);
        return NULL;
    }
    return r;
}

void um_reader_stop(struct um_reader *r)
{
    if (!r)
        return;
    um_queue_close(r->queue);
    um_events_abort(r->events);
    pthread_join(r->thread, NULL);
    struct um_txn *txn;
    while ((txn = um_queue_pop(r->queue, 0)) != NULL)
        um_txn_delete(txn);
    um_events_close(r->events);
    um_assembler_delete(r->assembler);
    um_queue_delete(r->queue);
    free(r);
}

struct um_txn *um_reader_next(struct um_reader *r, int64_t wait_us)
{
    return um_queue_pop(r->queue, wait_us);
}

void um_reader_nudge(struct um_reader *r)
{
    um_queue_nudge(r->queue);
}

int um_reader_error(struct um_reader *r, struct um_err *err)
{
    if (!um_queue_closed(r->queue) || um_queue_bytes(r->queue) != 0)
        return 0;
    *err = r->err;
    return -1;
}
