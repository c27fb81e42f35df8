#include "apply/worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "apply/gate.h"
#include "apply/write.h"
#include "base/clock.h"

struct worker {
    struct um_workers *all;
    struct um_writer *writer;
    pthread_t thread;
    bool started;
    struct um_batch *given; /* guarded by all->lock */
};

struct um_workers {
    struct um_worker_setup setup;
    struct um_gate *gate;
    pthread_mutex_t lock; /* a leaf */
    pthread_cond_t work, done;
    struct um_batch *finished, **finished_end;
    bool stopping;
    unsigned count;
    struct worker workers[UM_SCHEDULE_SLOTS];
};

static struct um_batch *wait_for_work(struct worker *w)
{
    pthread_mutex_lock(&w->all->lock);
    while (!w->given && !w->all->stopping)
        pthread_cond_wait(&w->all->work, &w->all->lock);
    struct um_batch *batch = w->given;
    pthread_mutex_unlock(&w->all->lock);
    return batch;
}

static void hand_back(struct worker *w, struct um_batch *batch)
{
    struct um_workers *all = w->all;
    pthread_mutex_lock(&all->lock);
    w->given = NULL;
    batch->next = NULL;
    *all->finished_end = batch;
    all->finished_end = &batch->next;
    pthread_cond_signal(&all->done);
    pthread_mutex_unlock(&all->lock);
    if (all->setup.finished)
        all->setup.finished(all->setup.context);
}

static void *worker_main(void *context)
{
    struct worker *w = context;
    struct um_batch *batch;
    um_mysql_thread_begin();
    while ((batch = wait_for_work(w)) != NULL) {
        batch->result = um_writer_apply(w->writer, batch, &batch->err);
        um_gate_leave(w->all->gate, batch->order, batch->result == 0);
        hand_back(w, batch);
    }
    um_mysql_thread_end();
    return NULL;
}

static int start(struct um_workers *all, unsigned i, struct um_err *err)
{
    struct worker *w = &all->workers[i];
    w->all = all;
    w->writer = um_writer_new(&all->setup, all->gate, i, err);
    if (!w->writer)
        return -1;
    if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
        return um_fail(err, UM_E_SYSTEM, "a thread that applies changes could not be started");
    w->started = true;
    return 0;
}

struct um_workers *um_workers_start(const struct um_worker_setup *setup, struct um_err *err)
{
    UM_ASSERT(setup->count <= UM_SCHEDULE_SLOTS);
    struct um_workers *w = um_alloc(sizeof *w);
    w->setup = *setup;
    w->gate = um_gate_new(setup->in_order);
    w->finished_end = &w->finished;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (w->count = 0; w->count < setup->count; w->count++) {
        if (start(w, w->count, err) != 0) {
            w->count++;
            um_workers_stop(w);
            return NULL;
        }
    }
    return w;
}

void um_workers_stop(struct um_workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->work);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->count; i++) {
        if (w->workers[i].started)
            pthread_join(w->workers[i].thread, NULL);
        um_writer_delete(w->workers[i].writer);
    }
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->done);
    um_gate_delete(w->gate);
    free(w);
}

void um_workers_give(struct um_workers *w, struct um_batch *batch)
{
    um_gate_enter(w->gate, batch->order);
    pthread_mutex_lock(&w->lock);
    UM_ASSERT(batch->slot < w->count && !w->workers[batch->slot].given);
    w->workers[batch->slot].given = batch;
    pthread_cond_broadcast(&w->work);
    pthread_mutex_unlock(&w->lock);
}

struct um_batch *um_workers_finished(struct um_workers *w, int64_t wait_us)
{
    pthread_mutex_lock(&w->lock);
    struct timespec deadline = um_deadline(wait_us > 0 ? wait_us : 0);
    while (!w->finished && wait_us != 0) {
        if (wait_us < 0)
            pthread_cond_wait(&w->done, &w->lock);
        else if (pthread_cond_timedwait(&w->done, &w->lock, &deadline) != 0)
            break;
    }
    struct um_batch *batch = w->finished;
    if (batch) {
        w->finished = batch->next;
        if (!w->finished)
            w->finished_end = &w->finished;
    }
    pthread_mutex_unlock(&w->lock);
    return batch;
}
