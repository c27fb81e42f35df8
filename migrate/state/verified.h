#ifndef MIGRATE_STATE_VERIFIED_H
#define MIGRATE_STATE_VERIFIED_H

#include "state/state.h"

/*
 * job_verified: what a verification has compared so far, so that one that was stopped can be gone
 * on with. Of each table one row for each time that the verification was begun and came to it: how
 * far the part reaches (all ranges up to a mark, behind those of the parts before), at which
 * position it was compared, and which ranges of it differed.
 *
 * Written by the session that holds the verification's lock, so by one at a time: whoever has lost
 * the lock has lost the session. The job's origin is the fence against a job that was begun anew.
 */
struct um_state_verified {
    char *schema, *name;
    uint32_t part; /* from 1 */
    struct um_position at;
    bool at_or_later;
    char *hi, *differing;
    uint64_t settled, chunks, rows_source, rows_target;
    uint64_t generation, conflicts;
    char definition[33];
};
struct um_state_verifieds {
    struct um_state_verified *items; /* by table, then by part */
    size_t count, cap;
};
void um_state_verified_clear(struct um_state_verified *v);
void um_state_verifieds_clear(struct um_state_verifieds *v);

int um_state_load_verified(struct um_conn *c, const struct um_config *config,
                           struct um_state_verifieds *out, struct um_err *err);
/* All in one statement. *there: the job is still the one of that origin; else nothing is written.
 */
int um_state_put_verified(struct um_conn *c, const struct um_config *config, const char *origin,
                          const struct um_state_verified *rows, size_t count, bool *there,
                          struct um_err *err);
/* Of one table, or with NULL of all. */
int um_state_forget_verified(struct um_conn *c, const struct um_config *config, const char *schema,
                             const char *name, struct um_err *err);

/* What was compared holds for as long as this stays as it was: the applier has carried out every
   change of the table since, exactly, on the table that was compared. */
struct um_state_standing {
    char *schema, *name;
    uint64_t generation; /* of its model: another one when it is altered or copied again */
    uint64_t conflicts;  /* changes of it that were overwritten or passed over */
};
struct um_state_standings {
    struct um_state_standing *items; /* by schema and name */
    size_t count;
};
void um_state_standings_clear(struct um_state_standings *s);
int um_state_load_standings(struct um_conn *c, const struct um_config *config,
                            struct um_state_standings *out, struct um_err *err);
/* NULL: nothing is known of it. */
const struct um_state_standing *um_state_standing(const struct um_state_standings *s,
                                                  const char *schema, const char *name);

#endif
