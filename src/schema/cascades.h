#ifndef UM_SCHEMA_CASCADES_H
#define UM_SCHEMA_CASCADES_H

#include "schema/table.h"

/*
 * Foreign keys that cascade in a circle: what begins in a table comes back to it. Left out are rows
 * that only lose their reference to rows of their own table: there it ends.
 *
 * Cascades that the source does not log happen on the target. MySQL's SQL layer, which carries them
 * out from 9.6 on unless innodb_native_foreign_keys is ON, loses a part of them in such a circle,
 * or gives up with error 6575 (seen with 9.7.4). InnoDB does it whole.
 */

/* Called once for each circle, with the key that closes it. Names are compared without case. */
typedef void um_cascade_circle(void *context, const struct um_table *child,
                               const struct um_foreign_key *closing);
void um_cascade_circles(const struct um_table *const *tables, size_t count,
                        um_cascade_circle *found, void *context);

/* The parent does not come along: does the key change rows without a word of it in the binlog? */
bool um_cascade_is_lost(const struct um_foreign_key *fk, bool logged);

#endif
