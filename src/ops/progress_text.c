#include "ops/progress_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

void um_progress_time(struct um_buf *b, int64_t us)
{
    int64_t s = us / 1000000;
    if (s >= 3600)
        um_buf_fmt(b, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
    else if (s >= 60)
        um_buf_fmt(b, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
    else
        um_buf_fmt(b, "%.1fs", (double)us / 1e6);
}

/* By what this run has done of it so far; < 0: not known. */
static int64_t time_left(const struct um_since *since, const struct um_numbers *n, int64_t now)
{
    bool steps = n->steps > 0;
    uint64_t total = steps ? n->steps : n->rows, done = steps ? n->steps_done : n->rows_done;
    uint64_t here = steps ? n->steps_done : n->rows_done - n->rows_before;
    /* The rows are an estimate, and behind them come indexes. */
    if (done >= total)
        return !steps && n->tables_done < n->tables ? -1 : 0;
    if (!here)
        return -1;
    return (int64_t)((double)(now - since->begun_us) / (double)here * (double)(total - done));
}

struct um_rates um_rates_of(const struct um_since *since, const struct um_numbers *n, int64_t now)
{
    double s = (double)(now - since->before_us) / 1e6;
    struct um_rates r = {.eta_us = -1};
    if (s <= 0)
        return r;
    r.rows = (double)(n->rows_done - since->before.rows_done) / s;
    r.bytes = (double)(n->bytes_done - since->before.bytes_done) / s;
    r.transactions = (double)(n->transactions - since->before.transactions) / s;
    r.changes = (double)(n->changes - since->before.changes) / s;
    r.eta_us = time_left(since, n, now);
    return r;
}

static void write_time_left(struct um_buf *b, const struct um_rates *r)
{
    um_buf_str(b, "  ETA ");
    if (r->eta_us < 0)
        um_buf_char(b, '?');
    else
        um_progress_time(b, r->eta_us);
}

static void write_steps(struct um_buf *b, const struct um_numbers *n, const struct um_rates *r)
{
    um_buf_fmt(b, "tables %" PRIu64 "/%" PRIu64, n->steps_done, n->steps);
    write_time_left(b, r);
}

static void write_copy(struct um_buf *b, const struct um_numbers *n, const struct um_rates *r)
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
    um_buf_str(b, "/s");
    write_time_left(b, r);
}

static void write_follow(struct um_buf *b, const struct um_numbers *n, const struct um_rates *r)
{
    um_buf_str(b, "applied ");
    human_count(b, n->transactions);
    um_buf_str(b, " transactions, ");
    human_count(b, n->changes);
    um_buf_fmt(b, " rows  %.0f rows/s  lag ", r->changes);
    if (n->lag_us < 0)
        um_buf_char(b, '?');
    else
        um_progress_time(b, n->lag_us);
    if (n->file[0])
        um_buf_fmt(b, "  at %s:%" PRIu64, n->file, n->offset);
    if (n->bottleneck)
        um_buf_fmt(b, "  bottleneck: %s", n->bottleneck);
}

void um_progress_line(struct um_buf *b, const struct um_numbers *n, const struct um_rates *r)
{
    um_buf_fmt(b, "%-6s  ", n->phase);
    if (n->steps)
        write_steps(b, n, r);
    else if (strcmp(n->phase, "copy") == 0)
        write_copy(b, n, r);
    else if (strcmp(n->phase, "follow") == 0)
        write_follow(b, n, r);
}

void um_progress_waits(struct um_buf *b, const struct um_numbers *n)
{
    if (n->throttled[0])
        um_buf_fmt(b, "throttled: %s", n->throttled);
}
