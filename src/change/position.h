#ifndef UM_CHANGE_POSITION_H
#define UM_CHANGE_POSITION_H

#include "change/gtid.h"

/*
 * A place in the source's history: file and 64-bit offset, and where the source has GTIDs the set
 * of transactions that lie before it. Files of one source order by their numeric suffix.
 */
struct um_position {
    char file[256]; /* "" when only the set is known */
    uint64_t offset;
    struct um_gtid_set *gtids; /* owned; NULL without GTIDs */
};

void um_position_copy(struct um_position *to, const struct um_position *from); /* deep */
void um_position_clear(struct um_position *p);
/* "binlog.000012:4711 (uuid:1-77)" */
void um_position_print(const struct um_position *p, struct um_buf *out);
/* <0, 0, >0 by file and offset. */
int um_position_compare(const struct um_position *a, const struct um_position *b);

/* Does `at` hold everything that `goal` holds? By GTID sets where both have one, else by file and
   offset. */
bool um_position_reached(const struct um_position *at, const struct um_position *goal);

/* True when the transaction that ends at file:offset and carries g (kind NONE without GTIDs)
   lies after p: by GTID where both have one, else by file and offset. */
bool um_position_before(const struct um_position *p, const char *file, uint64_t end_offset,
                        const struct um_gtid *g);

#endif
