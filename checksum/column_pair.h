#ifndef CHECKSUM_COLUMN_PAIR_H
#define CHECKSUM_COLUMN_PAIR_H

#include "base/buf.h"
#include "schema/table.h"

/*
 * A column here and the one of the same name there. Pure.
 */

/* Equal values have equal texts and different ones different texts, as um_column_pair_select
   prints them. Integers of different width can be compared, DATETIME and DATETIME(6) cannot. */
bool um_columns_comparable(const struct um_column *a, const struct um_column *b);
/* The stronger: um_column_select's own forms are alike, so that a key's bound holds on both. */
bool um_columns_same_form(const struct um_column *a, const struct um_column *b);
/* What the one's um_column_select prints, the other takes for the same value. */
bool um_columns_written_alike(const struct um_column *from, const struct um_column *to);
/* For columns of the same form: both servers order all their values alike. */
bool um_columns_same_order(const struct um_column *a, const struct um_column *b, bool same_flavour);
/* What to select for `own` so that its text can be compared with `other`'s. */
void um_column_pair_select(struct um_buf *b, const struct um_column *own,
                           const struct um_column *other, bool same_flavour);

#endif
