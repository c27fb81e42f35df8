#ifndef MIGRATE_FOLLOW_ROW_CHANGES_H
#define MIGRATE_FOLLOW_ROW_CHANGES_H

#include "binlog/rows.h"
#include "change/change.h"
#include "schema/table.h"

/* The rows of an event as changes of the table, added to the fragment; values live in its arena or
   borrow from the event. `offset`: where the event ends. UM_E_APPLY_IMAGE where the images do not
   tell what happened. */
int um_row_changes(struct um_rows *rows, const struct um_table *table, bool mariadb,
                   uint64_t offset, struct um_txn *t, struct um_err *err);

#endif
