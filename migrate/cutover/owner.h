#ifndef MIGRATE_CUTOVER_OWNER_H
#define MIGRATE_CUTOVER_OWNER_H

#include "cutover/journal.h"

/*
 * Who owns the application's writes, by the journals of both directions: the way there has its own
 * on the job's target, the way back on the job's source. The last cutover decides, and it has the
 * higher term.
 */
struct um_ownership {
    bool source_owns; /* the job may apply; a cutover in this direction may begin */
    bool target_owns;
    /* Neither: a cutover is under way, or was left alone. It is this one, or the other way's. */
    bool under_way, other_way;
    uint64_t term; /* the last one's; 0: there was none */
};

int um_ownership_read(struct um_conn *source, struct um_conn *target,
                      const struct um_config *config, struct um_ownership *out, struct um_err *err);

/* May the job's changes be applied to its target? Only as long as the source owns the writes:
   UM_E_CUTOVER_DONE, UM_E_CUTOVER_UNDER_WAY. */
int um_ownership_check(struct um_conn *target, const struct um_config *config, struct um_err *err);

#endif
