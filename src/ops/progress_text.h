#ifndef UM_OPS_PROGRESS_TEXT_H
#define UM_OPS_PROGRESS_TEXT_H

#include "base/buf.h"

/* What the progress says of its numbers. Pure; private to this folder. */

enum { UM_WORKERS_SHOWN = 8 };

struct um_numbers {
    char phase[16];
    uint64_t steps, steps_done;
    uint64_t tables, tables_done, rows, rows_done, bytes, bytes_done;
    uint64_t rows_before; /* of rows_done: by earlier runs */
    uint64_t transactions, changes;
    const char *bottleneck;
    int64_t lag_us;
    char file[256];
    uint64_t offset;
    char throttled[512]; /* the reason, or "" */
    char workers[UM_WORKERS_SHOWN][64];
};

struct um_since {
    struct um_numbers before; /* at the last print, for rates */
    int64_t before_us;
    int64_t begun_us; /* what there is to do now: phase, steps or copy */
};

struct um_rates {
    double rows, bytes, transactions, changes; /* per second */
    int64_t eta_us;                            /* < 0: not known */
};

struct um_rates um_rates_of(const struct um_since *since, const struct um_numbers *n, int64_t now);

/* "1h02m" */
void um_progress_time(struct um_buf *b, int64_t us);
void um_progress_line(struct um_buf *b, const struct um_numbers *n, const struct um_rates *r);
/* Nothing, unless the work waits. */
void um_progress_waits(struct um_buf *b, const struct um_numbers *n);

#endif
