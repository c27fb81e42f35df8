#ifndef CHECKSUM_SETTLE_H
#define CHECKSUM_SETTLE_H

#include "checksum/range.h"

/*
 * Comparing without a lock on the source, while it is written to and the target follows.
 *
 * The target is looked at first, then the source. What the target shows then, the source had
 * before it was looked at: so a range, or a row, that is equal has been compared, as of the
 * source's look. What it was before does not matter: the changes in between make of a row that is
 * equal already the same row.
 *
 * What is not equal may only be on its way. So the keys that differ are looked at again, in rounds:
 * the target catches up with what the source had when the row was last seen there; then the row is
 * read on the source, on the target, and on the source again. Equal: compared. Where neither side
 * has changed, round after round, the row differs: the target has all that made it what it is. Rows
 * that change all the time are undecided in the end.
 *
 * Rows that no key tells apart are taken together, as all that a table has.
 */

/* A new look at both sides, each session in a snapshot of its own. */
int um_settle_look(struct um_worker *worker, struct um_err *err);

/* A range whose sums differ. *equal: no row of it differs, and none is undecided; else they are
   among the table's findings. Ends the look. */
int um_settle(struct um_worker *worker, struct um_range_work *r, bool *equal, struct um_err *err);

#endif
