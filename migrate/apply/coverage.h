#ifndef MIGRATE_APPLY_COVERAGE_H
#define MIGRATE_APPLY_COVERAGE_H

#include "change/change.h"
#include "job/job.h"

/*
 * Which changes the copy has already. One rule: a row change is applied if and only if its
 * position is later than the position of the chunk that its key belongs to. The before image and
 * the after image of an update are judged apart, so a row that moves between chunks is right too.
 *
 * Immutable but for um_coverage_reached; used by the thread that schedules.
 */
struct um_coverage;

/* From job->data, which holds the manifest and the snapshots. */
struct um_coverage *um_coverage_new(const struct um_job *job);
void um_coverage_delete(struct um_coverage *c);

/* Has the stream passed the latest snapshot? From then on everything is applied. */
bool um_coverage_passed(const struct um_coverage *c);
/* Everything up to `at` is applied. */
void um_coverage_reached(struct um_coverage *c, const struct um_position *at);
/* True when chunks of this table were read at different positions. */
bool um_coverage_is_mixed(const struct um_coverage *c, const struct um_job_table *t);
/* True when all chunks of both tables were read at one position. */
bool um_coverage_together(const struct um_coverage *c, const struct um_job_table *a,
                          const struct um_job_table *b);

/* Is a change of this row (all columns of the image), made by this event, later than its chunk? */
bool um_coverage_applies(const struct um_coverage *c, const struct um_job_table *t,
                         const struct um_value *row, const struct um_txn *txn, uint64_t offset);

#endif
