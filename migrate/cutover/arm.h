#ifndef MIGRATE_CUTOVER_ARM_H
#define MIGRATE_CUTOVER_ARM_H

#include "job/job.h"

/*
 * The way back: a job of the same name whose target is this one's source. It needs no copy, as
 * both sides are equal when it is armed. Its state is made beforehand; what the application has to
 * wait for is the position, from which on it follows the new owner.
 */
struct um_arm {
    struct um_config config; /* reversed; `state` points to it */
    struct um_state *state;  /* holds the lock of the way back, on this job's source */
    uint64_t digest;         /* of the tables and triggers that it was made for */
};

/* Takes the lock and makes the state. `job` has its target's tables read. */
int um_arm_begin(struct um_arm *a, const struct um_job *job, struct um_err *err);
/* Both sides stand still: from where the target stands now. What DDL has changed since is taken in
   first. */
int um_arm_at(struct um_arm *a, const struct um_job *job, struct um_conn *target,
              struct um_err *err);
void um_arm_end(struct um_arm *a); /* gives the lock back */

#endif
