#ifndef MIGRATE_REPAIR_BATCH_H
#define MIGRATE_REPAIR_BATCH_H

#include "checksum/damage.h"
#include "checksum/pairing.h"
#include "checksum/verify.h"
#include "job/job.h"
#include "state/repair.h"

/*
 * A few rows of one table are made on the target what they are on the source, in one transaction of
 * the target, which also records what they were and what they are (state/repair.h).
 *
 * Both sides have to stand at one position: then a row that differs is wrong, whatever the stream
 * has yet to bring.
 */
struct um_repair_moment {
    const struct um_config *config;
    struct um_conn *conn[2]; /* the source's inside its snapshot, the target's idle */
    const struct um_repair_fence *fence;
    const struct um_position *at;
    uint64_t run;
};

struct um_repair_table {
    const struct um_pairing *pairing;
    const struct um_job_table *models; /* for the forms in which rows are written; no job's own */
    struct um_repair_report *report;
    unsigned max_keys;
};

/* Why rows of the table cannot be repaired one by one, malloc'd; or NULL. */
char *um_repair_refusal(const struct um_pairing *p);

/* The first *done of these rows, one at least: how many depends on their size. A row that turns out
   to be equal is left alone. */
int um_repair_batch(const struct um_repair_moment *m, const struct um_repair_table *t,
                    const struct um_damage_name *names, size_t count, size_t *done,
                    struct um_err *err);

#endif
