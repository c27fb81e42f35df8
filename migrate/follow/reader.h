#ifndef MIGRATE_FOLLOW_READER_H
#define MIGRATE_FOLLOW_READER_H

#include "apply/coverage.h"
#include "apply/times.h"
#include "base/queue.h"
#include "change/change.h"
#include "job/job.h"

/*
 * The stream's thread: raw events in, um_txn fragments out, in the source's order. Transactions
 * that touch none of the job's tables arrive empty, so that the position moves.
 */
struct um_reader;

/* Opens the stream at `from` and starts the thread, which adds to `times` until it is stopped.
   `aside`: as for the assembler. */
struct um_reader *um_reader_start(const struct um_job *job, const struct um_coverage *coverage,
                                  const bool *aside, const struct um_position *from,
                                  struct um_times *times, struct um_err *err);
/* Stops the thread and frees what nobody popped. */
void um_reader_stop(struct um_reader *r);
/* The next fragment, owned by the caller from then on. NULL: nothing came within wait_us, or the
   stream ended: then um_reader_error is not 0. */
struct um_txn *um_reader_next(struct um_reader *r, int64_t wait_us);
/* Makes a wait of um_reader_next end early, once. From any thread. */
void um_reader_nudge(struct um_reader *r);
/* -1 and the reason once the stream has ended and everything before was popped. */
int um_reader_error(struct um_reader *r, struct um_err *err);

#endif
