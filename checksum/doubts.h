#ifndef CHECKSUM_DOUBTS_H
#define CHECKSUM_DOUBTS_H

#include "checksum/work.h"

/* The rows of which it has to be found out whether they differ. Private to this folder. */
struct um_seen {
    bool there;
    struct um_row_hash hash;
};
struct um_doubt {
    const char *name; /* as um_pairing_name_row has it; in the arena */
    size_t len;
    struct um_seen now[2];  /* by enum um_side */
    bool looked[2];         /* at all so far */
    bool moved;             /* in this round one side was not as it had been before */
    unsigned rounds, still; /* the latest in which nothing moved */
    bool over;
};
struct um_doubts {
    struct um_doubt *items;
    size_t count, cap;
    struct um_arena names;
};
void um_doubts_add(struct um_doubts *d, const char *name, size_t len);
void um_doubts_clear(struct um_doubts *d);

/* What a round says. Pure. */
enum um_doubt_answer {
    UM_DOUBT_LOOK_AGAIN,
    UM_DOUBT_EQUAL,
    UM_DOUBT_DIFFERENT,
    UM_DOUBT_UNDECIDED
};
void um_doubt_look(struct um_doubt *d, int side, const struct um_seen *seen);
/* At the end of a round: the target has caught up, then it was looked at the source, the target and
   the source once more. */
enum um_doubt_answer um_doubt_answer(struct um_doubt *d);

/* Looks until each is answered; what differs or is undecided becomes a finding. *equal is set to
   false where any is. */
int um_doubts_settle(struct um_worker *worker, struct um_work_table *t, uint64_t range,
                     struct um_doubts *d, bool *equal, struct um_err *err);

#endif
