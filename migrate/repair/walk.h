#ifndef MIGRATE_REPAIR_WALK_H
#define MIGRATE_REPAIR_WALK_H

#include "ops/throttle.h"
#include "repair/batch.h"

/*
 * Along the damage of a table, piece by piece, through as many aligned moments as it takes: each
 * may last for a while only, because the migration stands still meanwhile.
 */
struct um_repair_walk {
    const struct um_damage *damage;
    struct um_repair_table table;
    size_t range, name; /* what comes next */
    struct um_bound lo; /* within the range, once it is begun; open: it is not */
};
void um_repair_walk_clear(struct um_repair_walk *w);

/* Goes on until all is done, or, having done something, until_us (um_now_us) is over or the
   throttle is held: *more. */
int um_repair_walk_on(struct um_repair_walk *w, const struct um_repair_moment *m, int64_t until_us,
                      const struct um_throttle *throttle, bool *more, struct um_err *err);

#endif
