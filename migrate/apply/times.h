#ifndef MIGRATE_APPLY_TIMES_H
#define MIGRATE_APPLY_TIMES_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Where the time goes between the source's binlog and the target's commit, in microseconds of wall
 * clock. The threads of a session add to it, each to its own fields; it is read when they have
 * ended.
 */
struct um_times {
    /* The thread that reads. What is missing to the whole: it waited, because much was under way.
     */
    _Atomic int64_t read_us;   /* until the source's next event was there */
    _Atomic int64_t decode_us; /* events into transactions */
    /* The thread that says who applies what, and when. */
    _Atomic int64_t schedule_us;
    /* All workers together. */
    _Atomic int64_t prepare_us; /* folding, making statements */
    _Atomic int64_t server_us;  /* statements and commits of the target */
    _Atomic int64_t turn_us; /* apply.commit_order=source: what comes before has to commit first */
};

/* "reading 0.9 s, decoding …, over 5.1 s" */
void um_times_print(const struct um_times *t, int64_t whole_us, unsigned workers,
                    struct um_buf *out);

#endif
