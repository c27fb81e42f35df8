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

enum { WORKERS_SHOWN = 8, LIVE_EVERY_US = 250000, LINE_EVERY_US = 30000000 };

struct numbers {
    char phase[16];
    uint64_t tables, tables_done, rows, rows_done, bytes, bytes_done;
    uint64_t transactions, changes;
    const char *bottleneck;
    int64_t lag_us;
    char file[256];
    uint64_t offset;
    char throttled[512]; /* the reason, or "" */
    char workers[WORKERS_SHOWN][64];
};

struct um_progress {
    char *job;
    bool live, json, quiet;
    int64_t started_us;

    pthread_mutex_t lock; /* a leaf; guards what follows */
    pthread_cond_t wake;
    struct numbers now, before; /* before: at the last print, for rates */
    int64_t before_us;
    bool stopping;

    pthread_t thread;
    bool has_thread;
    unsigned lines_on_screen; /* only touched under the log's lock */
};

/* The log's hooks carry no context: there is one live block on a terminal. */
static struct um_progress *on_screen;

static void *print_loop(void *context);

/* ---- writing the state down ---- */

static void human_bytes(struct um_buf *b, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t u = 0;
    for (; bytes >= 1024 && u < 4; u++)
        bytes /= 1024;
    um_buf_fmt(b, u ? "%.1f %s" : "%.0f %s", bytes, units[u]);
}

static void human_count(struct um_buf *b, uint64_t n)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            um_buf_char(b, ',');
        um_buf_char(b, digits[i]);
    }
}

static void human_time(struct um_buf *b, int64_t us)
{
    int64_t s = us / 1000000;
    if (s >= 3600)
        um_buf_fmt(b, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
    else if (s >= 60)
        um_buf_fmt(b, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
    else
        um_buf_fmt(b, "%.1fs", (double)us / 1e6);
}

struct rates {
    double rows, bytes, transactions, changes; /* per second */
    int64_t eta_us;                            /* < 0: not known */
};

static struct rates rates_of(const struct um_progress *p, const struct numbers *n, int64_t now)
{
    double s = (double)(now - p->before_us) / 1e6;
    struct rates r = {.eta_us = -1};
    if (s <= 0)
        return r;
    r.rows = (double)(n->rows_done - p->before.rows_done) / s;
    r.bytes = (double)(n->bytes_done - p->before.bytes_done) / s;
    r.transactions = (double)(n->transactions - p->before.transactions) / s;
    r.changes = (double)(n->changes - p->before.changes) / s;
    double overall = (double)n->rows_done / ((double)(now - p->started_us) / 1e6 + 0.001);
    if (n->rows_done && overall > 0)
        r.eta_us = n->rows > n->rows_done
                       ? (int64_t)((double)(n->rows - n->rows_done) / overall * 1e6)
                       : 0;
    return r;
}

static void write_copy(struct um_buf *b, const struct numbers *n, const struct rates *r)
{
    um_buf_fmt(b, "tables %" PRIu64 "/%" PRIu64 "  rows ", n->tables_done, n->tables);
    human_count(b, n->rows_done);
    um_buf_str(b, "/~");
    human_count(b, n->rows);
    um_buf_str(b, "  ");
    human_bytes(b, (double)n->bytes_done);
    um_buf_str(b, "  ");
    human_count(b, (uint64_t)r->rows);
    um_buf_str(b, " rows/s  ");
    human_bytes(b, r->bytes);
    um_buf_str(b, "/s  ETA ");
    if (r->eta_us < 0)
        um_buf_char(b, '?');
    else
        human_time(b, r->eta_us);
}

static void write_follow(struct um_buf *b, const struct numbers *n, const struct rates *r)
{
    um_buf_str(b, "applied ");
    human_count(b, n->transactions);
    um_buf_str(b, " transactions, ");
    human_count(b, n->changes);
    um_buf_fmt(b, " rows  %.0f rows/s  lag ", r->changes);
    if (n->lag_us < 0)
        um_buf_char(b, '?');
    else
        human_time(b, n->lag_us);
    if (n->file[0])
        um_buf_fmt(b, "  at %s:%" PRIu64, n->file, n->offset);
    if (n->bottleneck)
        um_buf_fmt(b, "  bottleneck: %s", n->bottleneck);
}

static void write_line(struct um_buf *b, const struct numbers *n, const struct rates *r)
{
    um_buf_fmt(b, "%-6s  ", n->phase);
    if (strcmp(n->phase, "copy") == 0)
        write_copy(b, n, r);
    else if (strcmp(n->phase, "follow") == 0)
        write_follow(b, n, r);
}

static void write_throttled(struct um_buf *b, const struct numbers *n)
{
    if (n->throttled[0])
        um_buf_fmt(b, "throttled: %s", n->throttled);
}

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
    struct numbers n = p->now;
    int64_t now = um_now_us();
    struct rates r = rates_of(p, &n, now);
    pthread_mutex_unlock(&p->lock);

    um_buf_fmt(&b, "── job %s ── %s ── ", p->job, n.phase);
    human_time(&b, now - p->started_us);
    put_screen_line(p, b.data);
    um_buf_clear(&b);
    write_line(&b, &n, &r);
    put_screen_line(p, b.data);
    um_buf_clear(&b);
    write_throttled(&b, &n);
    if (b.len)
        put_screen_line(p, b.data);
    um_buf_clear(&b);
    for (int i = 0; i < WORKERS_SHOWN; i++) {
        if (n.workers[i][0])
            um_buf_fmt(&b, "%s%s", b.len ? ", " : "now: ", n.workers[i]);
    }
    if (b.len)
        put_screen_line(p, b.data);
    um_buf_free(&b);
}

/* ---- printing ---- */

static void print_json(const struct um_progress *p, const struct numbers *n, const struct rates *r)
{
    json_t *line =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:s, s:I}", "job", p->job,
                  "phase", n->phase, "tables", (json_int_t)n->tables, "tables_copied",
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
    struct numbers n = p->now;
    struct rates r = rates_of(p, &n, now);
    p->before = n;
    p->before_us = now;
    pthread_mutex_unlock(&p->lock);
    if (p->json) {
        print_json(p, &n, &r);
        return;
    }
    struct um_buf b = {0};
    write_line(&b, &n, &r);
    if (n.throttled[0])
        um_buf_str(&b, "  ");
    write_throttled(&b, &n);
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
    p->started_us = p->before_us = um_now_us();
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
    pthread_mutex_unlock(&p->lock);
}

void um_progress_copy_total(struct um_progress *p, uint64_t tables, uint64_t rows, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    p->now.tables = tables;
    p->now.rows = rows;
    p->now.bytes = bytes;
    p->now.tables_done = p->now.rows_done = p->now.bytes_done = 0;
    p->before.rows_done = p->before.bytes_done = 0;
    pthread_mutex_unlock(&p->lock);
}

void um_progress_copied(struct um_progress *p, uint64_t rows, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    p->now.rows_done += rows;
    p->now.bytes_done += bytes;
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
    if (worker >= WORKERS_SHOWN)
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
