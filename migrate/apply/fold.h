#ifndef MIGRATE_APPLY_FOLD_H
#define MIGRATE_APPLY_FOLD_H

#include "apply/schedule.h"

/*
 * Several transactions as one: what they do to a row in the end, in an order in which many rows
 * go into one statement. Only for tables whose rows have nothing to do with each other
 * (um_touch_free_key); changes of other tables stay as they are, in the source's order, before.
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
