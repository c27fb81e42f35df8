#ifndef UM_MYSQL_RANGE_NUMBER_H
#define UM_MYSQL_RANGE_NUMBER_H

#include "mysql/range.h"

/*
 * Private to this folder: where a range of about so many rows ends, by a key of one integer.
 * Nothing is read but the first and the last key: how many rows lie between two numbers is what the
 * optimizer estimates from a few pages of the index. A bound need not be the key of a row.
 */

bool um_range_is_by_number(const struct um_table *t, const struct um_key *key);

/* As um_range_next. *found is false where the estimates did not lead to a range of about that size;
   then the rows have to be counted. */
int um_range_next_number(struct um_conn *c, const struct um_table *t, const struct um_key *key,
                         const struct um_bound *lo, const struct um_bound *end, uint64_t rows,
                         struct um_bound *hi, bool *found, struct um_err *err);

#endif
