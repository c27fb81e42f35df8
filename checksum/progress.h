#ifndef CHECKSUM_PROGRESS_H
#define CHECKSUM_PROGRESS_H

#include "checksum/damage.h"
#include "checksum/row_hash.h"

/*
 * How far the comparison of one table is, so that it can be gone on with after the verification was
 * stopped: all ranges up to a mark are compared, whatever the order in which they ended. Of those
 * that differed the bounds are kept, and the mark does not pass more of them than fit. Pure.
 */
struct um_verified {
    bool whole;               /* the mark is the table's end … */
    struct um_bound hi;       /* … or here; open: nothing is compared behind one another */
    uint64_t chunks, rows[2]; /* of the ranges below the mark that were equal */
    struct um_damage differing;
};
void um_verified_clear(struct um_verified *v);
void um_verified_copy(struct um_verified *to, const struct um_verified *from); /* deep */

/* What an earlier verification of the table has left. */
struct um_resume {
    bool whole;
    struct um_bound hi;     /* where to go on */
    struct um_damage again; /* its ranges below that differed: compared again, first */
};
void um_resume_clear(struct um_resume *r);

struct um_compared {
    uint64_t number; /* of the range, along the key */
    struct um_bound lo, hi;
    uint64_t rows[2];
    bool equal;
};
struct um_compared_progress {
    struct um_verified now; /* of this verification */
    bool *again_done;       /* which of the earlier one's ranges were compared again */
    bool changed;           /* since it was looked at last */
    bool stuck;             /* at one range more that differs than are kept */
    uint64_t next;          /* number of the range behind the mark */
    struct um_compared *ahead;
    size_t ahead_count, ahead_cap;
};
/* `from`: NULL where nothing is left. */
void um_compared_begin(struct um_compared_progress *p, const struct um_resume *from);
void um_compared_end(struct um_compared_progress *p);
/* Copies the bounds. */
void um_compared_add(struct um_compared_progress *p, const struct um_compared *range);
/* The i-th of the ranges that were left. */
void um_compared_again(struct um_compared_progress *p, size_t i, const struct um_compared *range);

#endif
