#ifndef MIGRATE_STATE_ARM_H
#define MIGRATE_STATE_ARM_H

#include "state/state.h"

/*
 * A job that begins by following: what the way back of a cutover is. Its tables are on its target
 * already, equal to those of its source. The state is made in two parts, since the application
 * waits for the second one.
 */
struct um_state_armed {
    uint64_t identity;
    const char *source_uuid;
    const struct um_table *const *tables; /* what they are on its source */
    char *const *models;                  /* of these, as JSON */
    size_t table_count;
    struct um_state_object *triggers; /* of its target: they go before anything is applied */
    size_t trigger_count;
    const struct um_strv *added; /* names that joined beside the configuration's (state/added.h) */
};
/* What was there of a job of that name goes, the journal of its cutovers aside. It has no position
   yet, so nothing can be applied. */
int um_state_arm(struct um_state *s, const struct um_state_armed *job, struct um_err *err);
/* From there on. */
int um_state_arm_at(struct um_state *s, const struct um_position *at, struct um_err *err);

#endif
