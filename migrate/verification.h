#ifndef MIGRATE_VERIFICATION_H
#define MIGRATE_VERIFICATION_H

#include "moment.h"
#include "verify_resume.h"

/* A verification of a job, through all of its passes. Private to verify_job.c and
   verify_repair.c. */
struct verification {
    const struct um_config *config;
    struct um_config with_added; /* what it leads to */
    struct um_strv added;        /* to the tables of the job, by its state */
    struct um_conn *control;     /* to the target */
    struct um_tables source, target;
    const struct um_table **source_tables; /* for the lock */
    struct um_verify_table *pairs;         /* of the pass at hand */
    size_t pair_count;
    enum um_lock_method lock;
    bool job_exists;
    unsigned version; /* of the job's state */
    char *origin;     /* of the job */
    bool repair, go_on;
    bool began;             /* the first pass has its position; */
    uint64_t last_conflict; /* the last one that was recorded by then */
    unsigned sample;
    struct um_throttle *throttle;
    struct um_verify_resume *record; /* of the pass at hand; NULL: it is not recorded */
    struct um_resume *resume;        /* what is left of an earlier one, for each pair */
};

struct um_moment um_verification_moment(const struct verification *v, bool to_write);
int um_verification_pass(struct verification *v, struct um_verify_table *pairs, size_t count,
                         struct um_damage *damage, struct um_verify_report *report,
                         struct um_err *err);
/* Repairs what the report says, and compares it once more, which the report says then. */
int um_verification_repair(struct verification *v, struct um_damage *damage,
                           struct um_verify_table *pairs, struct um_verify_report *report,
                           struct um_err *err);

#endif
