#include "base/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

struct entry {
    void *item;
    size_t bytes;
};

struct um_queue {
    pthread_mutex_t lock; /* a leaf */
    pthread_cond_t filled, drained;
    struct entry *ring;
    size_t cap, head, count, bytes, max_bytes;
    bool closed, nudged;
};

struct um_queue *um_queue_new(size_t max_bytes)
{
    struct um_queue *q = um_alloc(sizeof *q);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->filled, &monotonic);
    pthread_cond_init(&q->drained, &monotonic);
    pthread_condattr_destroy(&monotonic);
    q->max_bytes = max_bytes;
    return q;
}

void um_queue_delete(struct um_queue *q)
{
    if (!q)
        return;
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->filled);
    pthread_cond_destroy(&q->drained);
    free(q->ring);
    free(q);
}

static void make_room(struct um_queue *q)
{
    if (q->count < q->cap)
        return;
    UM_ASSERT(q->count == q->cap);
    size_t cap = q->cap ? q->cap * 2 : 64;
    struct entry *ring = um_alloc_array(cap, sizeof *ring);
    for (size_t i = 0; i < q->count; i++)
        ring[i] = q->ring[(q->head + i) % q->cap];
    free(q->ring);
    q->ring = ring;
    q->cap = cap;
    q->head = 0;
}

int um_queue_push(struct um_queue *q, void *item, size_t bytes)
{
    pthread_mutex_lock(&q->lock);
    while (!q->closed && q->count && q->bytes + bytes > q->max_bytes)
        pthread_cond_wait(&q->drained, &q->lock);
    int result = q->closed ? -1 : 0;
    if (result == 0) {
        make_room(q);
        q->ring[(q->head + q->count++) % q->cap] = (struct entry){item, bytes};
        q->bytes += bytes;
        pthread_cond_signal(&q->filled);
    }
    pthread_mutex_unlock(&q->lock);
    return result;
}

void *um_queue_pop(struct um_queue *q, int64_t wait_us)
{
    void *item = NULL;
    struct timespec deadline = um_deadline(wait_us > 0 ? wait_us : 0);
    pthread_mutex_lock(&q->lock);
    while (!q->count && !q->closed && !q->nudged && wait_us != 0) {
        if (wait_us < 0)
            pthread_cond_wait(&q->filled, &q->lock);
        else if (pthread_cond_timedwait(&q->filled, &q->lock, &deadline) != 0)
            break;
    }
    if (q->count) {
        struct entry e = q->ring[q->head];
        q->head = (q->head + 1) % q->cap;
        q->count--;
        q->bytes -= e.bytes;
        item = e.item;
        pthread_cond_broadcast(&q->drained);
    } else {
        q->nudged = false;
    }
    pthread_mutex_unlock(&q->lock);
    return item;
}

void um_queue_nudge(struct um_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->nudged = true;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

void um_queue_close(struct um_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->filled);
    pthread_cond_broadcast(&q->drained);
    pthread_mutex_unlock(&q->lock);
}

bool um_queue_closed(struct um_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool closed = q->closed;
    pthread_mutex_unlock(&q->lock);
    return closed;
}

size_t um_queue_bytes(struct um_queue *q)
{
    pthread_mutex_lock(&q->lock);
    size_t bytes = q->bytes;
    pthread_mutex_unlock(&q->lock);
    return bytes;
}
