#ifndef MIGRATE_APPLY_IN_THE_WAY_H
#define MIGRATE_APPLY_IN_THE_WAY_H

#include "apply/statement.h"

/*
 * Rows of the target that stand in the way of a change: they have a value of a unique key that the
 * after image has too. The row that an update itself is about is none of them.
 */
struct um_in_the_way {
    struct um_buf where; /* a condition, with no table's name in it; empty: there can be none */
    struct um_buf rows;  /* JSON, an array */
    uint64_t count;
};
void um_in_the_way_clear(struct um_in_the_way *w);

/* Finds them, and with `lock` keeps them as they are for this transaction. */
int um_in_the_way_find(struct um_conn *target, const struct um_row_change *c, bool lock,
                       struct um_in_the_way *out, struct um_err *err);

/* Would rows of other tables refer to nothing, if the after image were in their place?
   UM_E_APPLY_UNSETTLED names the first such foreign key. */
int um_in_the_way_check_children(struct um_conn *target, const struct um_row_change *c,
                                 const struct um_in_the_way *w, struct um_err *err);

#endif
