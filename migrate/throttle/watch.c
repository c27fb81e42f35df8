#include "throttle/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "throttle/look.h"

/* TELL_US: a lag that changes from second to second is no reason to write as often. */
enum { LOOK_US = 1000000, TELL_US = 5000000, STATE_S = 6 };

struct um_watch {
    const struct um_config *config;
    enum um_throttling who;
    bool has_state;
    struct um_progress *progress;
    struct um_throttle *throttle;
    struct um_looks looks;

    struct um_conn *state; /* to the target; NULL: not connected */
    bool told_state;       /* what is in the state is what `told` says */
    char *told;            /* the reason, NULL: none */
    int64_t told_us;
    char *order; /* by hand, as it was read last */

    char *causes; /* of the reason that holds; NULL: there is none */
    int64_t held_since;

    pthread_mutex_t lock; /* guards `stopping` alone: the rest belongs to the thread */
    pthread_cond_t wake;
    bool stopping;
    bool started;
    pthread_t thread;
};

/* ---- the state ---- */

static bool reach_state(struct um_watch *w)
{
    struct um_err err;
    if (w->has_state && !w->state)
        w->state = um_conn_open_for(&w->config->target, STATE_S, &err);
    return w->state != NULL;
}

/* Whoever works finds out by himself that the target is gone: here it is only tried again. */
static void lose_state(struct um_watch *w, const struct um_err *err)
{
    um_debug("The state cannot be asked for an order to wait: %s", err->text);
    um_conn_close(w->state);
    w->state = NULL;
}

static void read_order(struct um_watch *w, struct um_reasons *out)
{
    struct um_throttlings now;
    struct um_err err;
    if (reach_state(w) && um_state_load_throttlings(w->state, w->config, &now, &err) != 0) {
        lose_state(w, &err);
    } else if (w->state) {
        free(w->order);
        w->order = now.reasons[UM_THROTTLED_BY_HAND];
        now.reasons[UM_THROTTLED_BY_HAND] = NULL;
        um_throttlings_clear(&now);
    }
    if (w->order)
        um_reasons_add(out, "hand", "%s", w->order);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Another cause at once, other numbers of the same one now and then. */
static void tell_state(struct um_watch *w, const char *reason, bool at_once)
{
    struct um_err err;
    int64_t now = um_now_us();
    if (w->told_state && (same_text(w->told, reason) || (!at_once && now - w->told_us < TELL_US)))
        return;
    w->told_state = false;
    if (!reach_state(w))
        return;
    if (um_state_put_throttling(w->state, w->config, w->who, reason, &err) != 0) {
        lose_state(w, &err);
        return;
    }
    free(w->told);
    w->told = reason ? um_strdup(reason) : NULL;
    w->told_us = now;
    w->told_state = true;
}

/* ---- holding ---- */

static void log_change(struct um_watch *w, const struct um_reasons *now)
{
    if (now->text.len)
        um_info("Throttled: %s.", now->text.data);
    else
        um_info("No longer throttled, after %.0f s.",
                (double)(um_now_us() - w->held_since) / 1000000);
}

static void hold(struct um_watch *w, const struct um_reasons *now)
{
    const char *reason = now->text.len ? now->text.data : NULL;
    const char *causes = now->text.len ? now->causes.data : NULL;
    bool changed = !same_text(w->causes, causes);
    um_throttle_set(w->throttle, reason != NULL);
    if (w->progress)
        um_progress_throttled(w->progress, reason);
    if (changed) {
        if (!w->causes)
            w->held_since = um_now_us();
        log_change(w, now);
        free(w->causes);
        w->causes = causes ? um_strdup(causes) : NULL;
    }
    tell_state(w, reason, changed);
}

/* ---- looking ---- */

/* A source that does not come back ends the work as it does elsewhere: nobody would notice while
   all wait. */
static bool is_given_up(const struct um_watch *w, const struct um_look *l, const struct um_err *err)
{
    return l->ask == um_look_ask_source && um_err_is_lost(err) &&
           um_now_us() - l->failing_since > w->config->follow.reconnect_timeout_us;
}

static int look(struct um_watch *w, bool first, struct um_err *err)
{
    struct um_reasons found = {0};
    int result = 0;
    read_order(w, &found);
    um_look_at_file(w->config, &found);
    for (size_t i = 0; result == 0 && i < w->looks.count; i++) {
        struct um_look *l = &w->looks.items[i];
        if (um_look_take(l, &found, err) == 0)
            continue;
        if (first ? !um_look_may_pass(err) : is_given_up(w, l, err))
            result = -1;
    }
    if (result == 0)
        hold(w, &found);
    um_reasons_clear(&found);
    return result;
}

static bool sleep_on(struct um_watch *w)
{
    struct timespec until = um_deadline(LOOK_US);
    pthread_mutex_lock(&w->lock);
    while (!w->stopping && pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0)
        ;
    bool on = !w->stopping;
    pthread_mutex_unlock(&w->lock);
    return on;
}

static void *watch_main(void *context)
{
    struct um_watch *w = context;
    struct um_err err = {0};
    um_mysql_thread_begin();
    while (sleep_on(w)) {
        if (look(w, false, &err) != 0)
            um_throttle_fail(w->throttle, &err);
    }
    um_mysql_thread_end();
    return NULL;
}

/* ---- the interface ---- */

static struct um_watch *new_watch(const struct um_config *config)
{
    struct um_watch *w = um_alloc(sizeof *w);
    w->config = config;
    w->throttle = um_throttle_new();
    um_looks_begin(&w->looks, config);
    pthread_condattr_t monotonic;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return w;
}

struct um_watch *um_watch_start(const struct um_config *config, enum um_throttling who,
                                bool has_state, struct um_progress *progress, struct um_err *err)
{
    struct um_watch *w = new_watch(config);
    w->who = who;
    w->has_state = has_state;
    w->progress = progress;
    int result = look(w, true, err);
    if (result == 0 && pthread_create(&w->thread, NULL, watch_main, w) != 0)
        result = um_fail(err, UM_E_SYSTEM, "the thread that throttles could not be started");
    w->started = result == 0;
    if (result == 0)
        return w;
    um_watch_stop(w);
    return NULL;
}

static void join(struct um_watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
}

void um_watch_stop(struct um_watch *w)
{
    if (!w)
        return;
    if (w->started)
        join(w);
    if (w->progress)
        um_progress_throttled(w->progress, NULL);
    if (w->told || !w->told_state)
        tell_state(w, NULL, true);
    um_conn_close(w->state);
    um_looks_end(&w->looks);
    um_throttle_delete(w->throttle);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w->told);
    free(w->order);
    free(w->causes);
    free(w);
}

struct um_throttle *um_watch_throttle(struct um_watch *w)
{
    return w->throttle;
}
