#ifndef MIGRATE_APPLY_FOLD_H
#define MIGRATE_APPLY_FOLD_H

#include "apply/schedule.h"

/*
 * Several transactions as one: what they do to a row in the end, in an order in which many rows
 * go into one statement. Only for tables that um_touch_free_keys allows; changes of other tables
 * stay as they are, in the source's order, before.
 *
 * Where a table has other unique keys beside that of its rows, rows that change a value of one are
 * deleted and inserted, and all that goes does so before anything comes. So at each moment there
 * are only values that the source had together, be it before or after. And each value is written
 * that a row has had: before one is lost that is not yet written, folding begins anew (a section).
 *
 * Pure; changes borrow from the tasks.
 */
struct um_fold {
    struct um_row_change *changes;
    size_t count, cap;
};
/* Of the tasks, those that are late, or those that are not. */
void um_fold_tasks(struct um_fold *f, const struct um_toucher *toucher, const struct um_task *tasks,
                   bool late);
void um_fold_free(struct um_fold *f);

#endif
