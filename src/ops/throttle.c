#include "ops/throttle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"

/* Stops, and the end of what waits, are looked for so often. */
enum { POLL_US = 100000 };

struct um_throttle {
    atomic_bool held; /* read without the lock by whoever need not wait */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct um_err failed; /* id UM_E_NONE: not */
};

struct um_throttle *um_throttle_new(void)
{
    struct um_throttle *t = um_alloc(sizeof *t);
    pthread_condattr_t monotonic;
    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&t->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return t;
}

void um_throttle_delete(struct um_throttle *t)
{
    if (!t)
        return;
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

void um_throttle_set(struct um_throttle *t, bool held)
{
    pthread_mutex_lock(&t->lock);
    um_err_clear(&t->failed);
    t->held = held;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

void um_throttle_fail(struct um_throttle *t, const struct um_err *err)
{
    pthread_mutex_lock(&t->lock);
    t->failed = *err;
    t->held = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

bool um_throttle_is_held(const struct um_throttle *t)
{
    return t && t->held;
}

static int wait_held(struct um_throttle *t, um_throttle_over *over, void *context,
                     struct um_err *err)
{
    while (t->held) {
        if (t->failed.id != UM_E_NONE) {
            *err = t->failed;
            return -1;
        }
        if (um_stop_requested())
            return um_fail(err, UM_E_STOPPED, "stopped while it was throttled");
        /* Without the lock: whoever is asked may take one of his own. */
        pthread_mutex_unlock(&t->lock);
        bool is_over = over && over(context);
        pthread_mutex_lock(&t->lock);
        if (is_over)
            return 0;
        struct timespec until = um_deadline(POLL_US);
        if (t->held && t->failed.id == UM_E_NONE)
            pthread_cond_timedwait(&t->changed, &t->lock, &until);
    }
    return 0;
}

int um_throttle_wait(struct um_throttle *t, um_throttle_over *over, void *context,
                     struct um_err *err)
{
    if (!um_throttle_is_held(t))
        return 0;
    pthread_mutex_lock(&t->lock);
    int result = wait_held(t, over, context, err);
    pthread_mutex_unlock(&t->lock);
    return result;
}
