#ifndef CHECKSUM_RANGE_H
#define CHECKSUM_RANGE_H

#include "checksum/work.h"

/* One range of a table, and what becomes of a table with its last one. Private to this folder. */
struct um_range_work {
    struct um_work_table *table;
    uint64_t number, rows_wanted;
    bool again; /* the number is that of a range which an earlier verification has left */
    struct um_bound lo, hi;
    struct um_row_sum sums[2];
};
void um_range_work_clear(struct um_range_work *r);

/* Reads it on both sides, and where these differ goes down to the rows. */
int um_range_read(struct um_worker *worker, struct um_range_work *r, struct um_err *err);
/* All ranges are read: what is found becomes the report. */
int um_range_end_table(struct um_worker *worker, struct um_work_table *t, struct um_err *err);

#endif
