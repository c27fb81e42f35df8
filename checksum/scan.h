#ifndef CHECKSUM_SCAN_H
#define CHECKSUM_SCAN_H

#include "checksum/pairing.h"
#include "checksum/row_hash.h"
#include "mysql/conn.h"

/*
 * Reading the rows of a range, hashed, in no particular order and holding one at a time.
 */

/* Gets each row; values are in the order of the pairing's select list. -1 ends the scan. */
typedef int um_row_sink(void *context, const char *const *values, const unsigned long *lengths,
                        const struct um_row_hash *hash, struct um_err *err);

/* One side. limit 0: all rows. Fails with UM_E_STOPPED soon after a stop was asked for. */
int um_scan_side(struct um_conn *conn, const struct um_pairing *p, enum um_side side,
                 const struct um_bound *lo, const struct um_bound *hi, uint64_t limit,
                 um_row_sink *sink, void *context, struct um_err *err);

/* Both sides at once: the target's on a thread of its own, with context[UM_TARGET]. When one side
   fails, the other one's connection is aborted and the first error is what is reported. */
int um_scan_pair(struct um_conn *const conn[2], const struct um_pairing *p,
                 const struct um_bound *lo, const struct um_bound *hi, um_row_sink *sink,
                 void *const context[2], struct um_err *err);

/* Adds up a range on both sides. */
int um_scan_sums(struct um_conn *const conn[2], const struct um_pairing *p,
                 const struct um_bound *lo, const struct um_bound *hi, struct um_row_sum sums[2],
                 struct um_err *err);

#endif
