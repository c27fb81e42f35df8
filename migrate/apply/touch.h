#ifndef MIGRATE_APPLY_TOUCH_H
#define MIGRATE_APPLY_TOUCH_H

#include "apply/key_hash.h"
#include "apply/statement.h"

/*
 * What a change touches: values of unique keys, parents by foreign keys, whole tables; each as a
 * number. Two transactions that touch one thing, one of them exclusively, have to be applied in
 * the source's order; all others may go in any.
 *
 * Every change shares its table. One whose keys cannot be told (no key, an index on an expression,
 * an image that lacks a part, cascades that the source does not log) has the table for itself.
 */
struct um_touch {
    uint64_t thing;
    bool exclusive;
};

struct um_touches {
    struct um_touch *items;
    size_t count, cap;
};
void um_touches_clear(struct um_touches *t); /* keeps the memory */
void um_touches_free(struct um_touches *t);

/* The job's tables, compiled: after their target models are known. Immutable, so threads share it.
 */
struct um_toucher;
struct um_toucher *um_toucher_new(const struct um_job *job);
void um_toucher_delete(struct um_toucher *t);

void um_touch_change(const struct um_toucher *t, const struct um_row_change *c,
                     struct um_touches *out);
void um_touch_table(const struct um_job_table *table, bool exclusive, struct um_touches *out);

/* All unique keys of a table, as the source's indexes say. */
struct um_touch_keys {
    struct um_key_plan row, *unique; /* rows are found by `row`; the others are `unique` */
    size_t unique_count;
};

/*
 * May changes of this table go in another order within one target transaction, as long as each row
 * ends as it should, and no unique value is taken before it is free? Not where foreign keys look at
 * other rows; nor where a second unique key is and conflicts are settled (apply.on_conflict): which
 * rows meet then depends on the order. The table's keys, or NULL; they live as long as `t`.
 */
const struct um_touch_keys *um_touch_free_keys(const struct um_toucher *t,
                                               const struct um_job_table *table);

#endif
