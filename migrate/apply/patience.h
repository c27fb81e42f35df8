#ifndef MIGRATE_APPLY_PATIENCE_H
#define MIGRATE_APPLY_PATIENCE_H

#include "base/clock.h"
#include "base/err.h"

/* How long one piece of work is tried again because somebody was in the way. One thread. */
struct um_patience {
    struct um_backoff pause; /* between attempts */
    unsigned attempt;
    int64_t since_us; /* of um_now_us */
};
struct um_patience um_patience_begin(void);
/* After an attempt that ended with `err`: may there be another one? Says so when a lock lasts, and
   not before `*next_warning`, which it moves on. An error that is no lock is a batch before this
   one that asked for room. */
bool um_patience_lasts(struct um_patience *p, int64_t limit_us, int64_t *next_warning,
                       const struct um_err *err);

#endif
