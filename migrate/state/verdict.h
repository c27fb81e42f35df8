#ifndef MIGRATE_STATE_VERDICT_H
#define MIGRATE_STATE_VERDICT_H

#include "state/state.h"

/* What the last verification of all rows of all tables has found; one row per job. */
struct um_last_verdict {
    bool exists, equal;
    double age_seconds;       /* by the target's clock */
    uint64_t conflicts_since; /* recorded behind the position that it was as of; or all of them */
};
/* The last conflict that is recorded by now, for a verification that begins; 0: none. */
int um_state_last_conflict(struct um_conn *c, const struct um_config *config, uint64_t *out,
                           struct um_err *err);
int um_state_put_verdict(struct um_conn *c, const struct um_config *config, bool equal,
                         uint64_t last_conflict, const struct um_position *at, struct um_err *err);
/* Of a state of UM_STATE_VERSION_CUTOVER or later. */
int um_state_load_verdict(struct um_conn *c, const struct um_config *config,
                          struct um_last_verdict *out, struct um_err *err);

#endif
