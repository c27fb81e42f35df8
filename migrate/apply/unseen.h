#ifndef MIGRATE_APPLY_UNSEEN_H
#define MIGRATE_APPLY_UNSEEN_H

#include "apply/statement.h"

/*
 * Updates that MySQL does not see. It leaves a row alone when all that an UPDATE assigns is equal
 * to what is there, and finds documents equal whose numbers are, be they 1, 1.0 or of another type.
 * A REPLACE on the source had written such a row all the same.
 */

/* The target found the row as the update would have it: was there something that it did not see? */
bool um_unseen_update(const struct um_row_change *c);
/* The same as a delete and an insert; false when the images lack a part of the row. Frees with
 *row, which holds what is inserted. */
bool um_unseen_in_two(const struct um_row_change *c, struct um_row_change *goes,
                      struct um_row_change *comes, struct um_value **row);
/* Otherwise: a statement that makes other documents of those that the update assigns, for it to be
   seen. */
int um_unseen_disturb(struct um_buf *sql, const struct um_row_change *c, struct um_err *err);

#endif
