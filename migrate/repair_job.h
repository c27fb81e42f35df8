#ifndef MIGRATE_REPAIR_JOB_H
#define MIGRATE_REPAIR_JOB_H

#include "checksum/damage.h"
#include "checksum/verify.h"
#include "moment.h"

/*
 * Makes the rows that a verification found to differ what they are on the source, in aligned
 * moments (moment.h) of about a second: a migration stands still for no longer at a time.
 */
struct um_repair_job {
    struct um_moment *moment; /* its tables are filled in here */
    struct um_throttle *throttle;
    const struct um_verify_table *pairs;
    const struct um_damage *damage;
    struct um_table_report *const *reports;
    size_t count; /* of the three */
    uint64_t run;
};

/* Tables that are not repaired get the reason into their reports; so do those that are, how many
   rows were written. */
int um_repair(const struct um_repair_job *job, struct um_err *err);

#endif
