#include "ops/progress.h"

#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "ops/progress_text.h"

enum { LIVE_EVERY_US = 250000, LINE_EVERY_US = 30000000 };

struct um_progress {
    char *job;
    bool live, json, quiet;
    int64_t started_us;

    pthread_mutex_t lock; /* a leaf; guards what follows */
    pthread_cond_t wake;
    struct um_numbers now;
    struct um_since since;
    bool stopping;

    pthread_t thread;
    bool has_thread;
    unsigned lines_on_screen; /* only touched under the log's lock */
};

/* The log's hooks carry no context: there is one live block on a terminal. */
static struct um_progress *on_screen;

static void *print_loop(void *context);

/* ---- the live block ---- */

static void erase_block(void)
{
    struct um_progress *p = on_screen;
    for (; p && p->lines_on_screen; p->lines_on_screen--)
        fputs("\033[1A\033[2K", stderr);
}

static unsigned columns(void)
{
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 80;
}

static void put_screen_line(struct um_progress *p, const char *text)
{
    size_t len = strnlen(text, columns() - 1);
    while (len && ((uint8_t)text[len] & 0xc0) == 0x80)
        len--; /* not in the middle of a character */
    fprintf(stderr, "%.*s\n", (int)len, text);
    p->lines_on_screen++;
}

static void draw_block(void)
{
    struct um_progress *p = on_screen;
    if (!p)
        return;
    struct um_buf b = {0};
    pthread_mutex_lock(&p->lock);
    struct um_numbers n = p->now;
    int64_t now = um_now_us();
    struct um_rates r = um_rates_of(&p->since, &n, now);
    pthread_mutex_unlock(&p->lock);

    um_buf_fmt(&b, "── job %s ── %s ── ", p->job, n.phase);
    um_progress_time(&b, now - p->started_us);
    put_screen_line(p, b.data);
    um_buf_clear(&b);
    um_progress_line(&b, &n, &r);
    put_screen_line(p, b.data);
    um_buf_clear(&b);
    um_progress_waits(&b, &n);
    if (b.len)
        put_screen_line(p, b.data);
    um_buf_clear(&b);
    for (int i = 0; i < UM_WORKERS_SHOWN; i++) {
        if (n.workers[i][0])
            um_buf_fmt(&b, "%s%s", b.len ? ", " : "now: ", n.workers[i]);
    }
    if (b.len)
        put_screen_line(p, b.data);
    um_buf_free(&b);
}

/* ---- printing ---- */

static void print_json(const struct um_progress *p, const struct um_numbers *n,
                       const struct um_rates *r)
{
    json_t *line =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:s, s:I}", "job",
                  p->job, "phase", n->phase, "steps", (json_int_t)n->steps, "steps_done",
                  (json_int_t)n->steps_done, "tables", (json_int_t)n->tables, "tables_copied",
                  (json_int_t)n->tables_done, "rows_total", (json_int_t)n->rows, "rows_copied",
                  (json_int_t)n->rows_done, "bytes_copied", (json_int_t)n->bytes_done,
                  "transactions", (json_int_t)n->transactions, "changes", (json_int_t)n->changes,
                  "rows_per_second", r->rows, "file", n->file, "position", (json_int_t)n->offset);
    json_object_set_new(line, "lag_seconds",
                        n->lag_us < 0 ? json_null() : json_real((double)n->lag_us / 1e6));
    json_object_set_new(line, "eta_seconds",
                        r->eta_us < 0 ? json_null() : json_real((double)r->eta_us / 1e6));
    json_object_set_new(line, "bottleneck",
                        n->bottleneck ? json_string(n->bottleneck) : json_null());
    json_object_set_new(line, "throttled",
                        n->throttled[0] ? json_string(n->throttled) : json_null());
    char *text = json_dumps(line, JSON_COMPACT);
    fprintf(stdout, "%s\n", text);
    fflush(stdout);
    free(text);
    json_decref(line);
}

static void print_now(struct um_progress *p)
{
    pthread_mutex_lock(&p->lock);
    int64_t now = um_now_us();
    struct um_numbers n = p->now;
    struct um_rates r = um_rates_of(&p->since, &n, now);
    p->since.before = n;
    p->since.before_us = now;
    pthread_mutex_unlock(&p->lock);
    if (p->json) {
        print_json(p, &n, &r);
        return;
    }
    struct um_buf b = {0};
    um_progress_line(&b, &n, &r);
    if (n.throttled[0])
        um_buf_str(&b, "  ");
    um_progress_waits(&b, &n);
    um_info("%s", b.data);
    um_buf_free(&b);
}

/* A clean stop can take as long as a server takes to answer: who pressed Ctrl-C wants to know. */
static void tell_of_stop(bool *told)
{
    if (*told || !um_stop_requested())
        return;
    um_info("Stopping cleanly; a second signal ends it at once, and loses nothing either.");
    *told = true;
}

static void *print_loop(void *context)
{
    struct um_progress *p = context;
    bool told_of_stop = false;
    int64_t next_line = um_now_us() + (p->json ? 1000000 : LINE_EVERY_US);
    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        int64_t ns = until.tv_nsec + (int64_t)LIVE_EVERY_US * 1000;
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        pthread_cond_timedwait(&p->wake, &p->lock, &until);
        pthread_mutex_unlock(&p->lock);
        tell_of_stop(&told_of_stop);
        if (p->live) {
            um_log_redraw();
        } else if (!p->quiet && um_now_us() >= next_line) {
            print_now(p);
            next_line = um_now_us() + (p->json ? 1000000 : LINE_EVERY_US);
        }
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- the interface ---- */

struct um_progress *um_progress_start(const char *job, enum um_progress_style style)
{
    struct um_progress *p = um_alloc(sizeof *p);
    p->job = um_strdup(job);
    p->json = style == UM_PROGRESS_JSON;
    p->quiet = style == UM_PROGRESS_NONE;
    p->live = style == UM_PROGRESS_AUTO && isatty(STDERR_FILENO);
    p->started_us = p->since.before_us = p->since.begun_us = um_now_us();
    p->now.lag_us = -1;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (p->live) {
        on_screen = p;
        um_log_set_terminal_hooks(erase_block, draw_block);
    }
    p->has_thread = pthread_create(&p->thread, NULL, print_loop, p) == 0;
    return p;
}

void um_progress_stop(struct um_progress *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    if (p->has_thread)
        pthread_join(p->thread, NULL);
    if (p->live) {
        um_log_redraw();
        um_log_set_terminal_hooks(NULL, NULL);
        on_screen = NULL;
    } else if (p->json) {
        print_now(p);
    }
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    free(p->job);
    free(p);
}

void um_progress_phase(struct um_progress *p, const char *phase)
{
    pthread_mutex_lock(&p->lock);
    snprintf(p->now.phase, sizeof p->now.phase, "%s", phase);
    p->now.bottleneck = NULL;
    p->now.steps = p->now.steps_done = 0;
    p->since.begun_us = um_now_us();
    pthread_mutex_unlock(&p->lock);
}

void um_progress_steps(struct um_progress *p, uint64_t steps)
{
    pthread_mutex_lock(&p->lock);
    p->now.steps = steps;
    p->now.steps_done = 0;
    p->since.begun_us = um_now_us();
    pthread_mutex_unlock(&p->lock);
}

void um_progress_step_done(struct um_progress *p)
{
    pthread_mutex_lock(&p->lock);
    p->now.steps_done++;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_copy_total(struct um_progress *p, uint64_t tables, uint64_t rows, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    p->now.tables = tables;
    p->now.rows = rows;
    p->now.bytes = bytes;
    p->now.tables_done = p->now.rows_done = p->now.bytes_done = p->now.rows_before = 0;
    p->since.before.rows_done = p->since.before.bytes_done = 0;
    p->since.begun_us = um_now_us();
    pthread_mutex_unlock(&p->lock);
}

void um_progress_copied(struct um_progress *p, uint64_t rows, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    p->now.rows_done += rows;
    p->now.bytes_done += bytes;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_copied_before(struct um_progress *p, uint64_t rows, uint64_t bytes)
{
    um_progress_copied(p, rows, bytes);
    pthread_mutex_lock(&p->lock);
    p->now.rows_before += rows;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_table_done(struct um_progress *p)
{
    pthread_mutex_lock(&p->lock);
    p->now.tables_done++;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_worker(struct um_progress *p, unsigned worker, const char *table)
{
    if (worker >= UM_WORKERS_SHOWN)
        return;
    pthread_mutex_lock(&p->lock);
    snprintf(p->now.workers[worker], sizeof p->now.workers[worker], "%s", table ? table : "");
    pthread_mutex_unlock(&p->lock);
}

void um_progress_applied(struct um_progress *p, uint64_t transactions, uint64_t changes)
{
    pthread_mutex_lock(&p->lock);
    p->now.transactions += transactions;
    p->now.changes += changes;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_lag(struct um_progress *p, int64_t lag_us)
{
    pthread_mutex_lock(&p->lock);
    p->now.lag_us = lag_us;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_bottleneck(struct um_progress *p, const char *what)
{
    pthread_mutex_lock(&p->lock);
    p->now.bottleneck = what;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_position(struct um_progress *p, const char *file, uint64_t offset)
{
    pthread_mutex_lock(&p->lock);
    snprintf(p->now.file, sizeof p->now.file, "%s", file);
    p->now.offset = offset;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_throttled(struct um_progress *p, const char *reason)
{
    size_t len = reason ? strnlen(reason, sizeof p->now.throttled - 1) : 0;
    while (len && reason[len] && ((uint8_t)reason[len] & 0xc0) == 0x80)
        len--; /* not in the middle of a character */
    pthread_mutex_lock(&p->lock);
    snprintf(p->now.throttled, sizeof p->now.throttled, "%.*s", (int)len, reason ? reason : "");
    pthread_mutex_unlock(&p->lock);
}
