#ifndef MIGRATE_APPLY_COVERAGE_H
#define MIGRATE_APPLY_COVERAGE_H

#include "change/change.h"
#include "job/job.h"

/*
 * Which changes the copy has already. One rule: a row change is applied if and only if its
 * position is later than the position of the chunk that its key belongs to. The before image and
 * the after image of an update are judged apart, so a row that moves between chunks is right too.
 *
 * Immutable but for um_coverage_reached, which concerns um_coverage_passed and um_coverage_settled;
 * these are for the thread that schedules.
 */
struct um_coverage;

/* From job->data, which holds the manifest and the snapshots. */
struct um_coverage *um_coverage_new(const struct um_job *job);
void um_coverage_delete(struct um_coverage *c);

/* Has the stream passed the latest snapshot? From then on everything is applied. */
bool um_coverage_passed(const struct um_coverage *c);
/* Everything up to `at` is applied. */
void um_coverage_reached(struct um_coverage *c, const struct um_position *at);
/* Has the stream passed all snapshots that this table was read from? */
bool um_coverage_settled(const struct um_coverage *c, const struct um_job_table *t);

/*
 * Which side of a place of the stream the rows of a table were read from. A change that stands
 * there is applied to the table where they are EARLIER, and in its copy already where they are
 * LATER. MIXED: some of its chunks are this, others that. Any thread may ask.
 */
enum um_side { UM_SIDE_EARLIER, UM_SIDE_LATER, UM_SIDE_MIXED };
struct um_place {
    const char *file;
    uint64_t offset; /* where the event, or the transaction, ends */
    const struct um_gtid *gtid;
};
enum um_side um_coverage_side(const struct um_coverage *c, const struct um_job_table *t,
                              struct um_place place);
/* Of a name that no table of the job has. LATER up to the latest snapshot: there, whatever is
   wanted and there is of the job, so no table of that name was left. But not if one had the name
   that has left since: then another may have been there. */
enum um_side um_coverage_side_of_unknown(const struct um_coverage *c, const char *schema,
                                         const char *name, struct um_place place);
/* Is the place before the latest snapshot? */
bool um_coverage_is_before_latest(const struct um_coverage *c, struct um_place place);
/* True when chunks of this table were read at different positions. */
bool um_coverage_is_mixed(const struct um_coverage *c, const struct um_job_table *t);
/* True when the rows of both tables are as of one position by now: read at one, or the stream has
   passed all that they were read at. */
bool um_coverage_together(const struct um_coverage *c, const struct um_job_table *a,
                          const struct um_job_table *b);

/* Is a change of this row (all columns of the image), made by this event, later than its chunk? */
bool um_coverage_applies(const struct um_coverage *c, const struct um_job_table *t,
                         const struct um_value *row, const struct um_txn *txn, uint64_t offset);

#endif
