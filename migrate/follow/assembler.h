#ifndef MIGRATE_FOLLOW_ASSEMBLER_H
#define MIGRATE_FOLLOW_ASSEMBLER_H

#include "apply/coverage.h"
#include "change/change.h"
#include "job/job.h"

/*
 * Events to transactions: keeps the 64-bit position, the table maps and the transaction that is
 * being put together. No I/O: the reader feeds it, and takes what it hands out.
 */
struct um_assembler;

/* Takes a finished fragment over; -1 stops the assembler. */
typedef int um_assembler_emit(void *context, struct um_txn *txn);

/* Of tables whose copy is later, and of those that none was left of, it hands out nothing: by the
   part of the coverage that any thread may ask. Of those that are `aside` (NULL: none) it only
   tells that something came. */
struct um_assembler *um_assembler_new(const struct um_job *job, const struct um_coverage *coverage,
                                      const bool *aside, const struct um_position *from,
                                      size_t fragment_bytes, um_assembler_emit *emit,
                                      void *context);
void um_assembler_delete(struct um_assembler *a);
/* One raw event. 0; 1: emit asked to stop; -1: error, with file and position in its text. */
int um_assembler_feed(struct um_assembler *a, const uint8_t *bytes, size_t len, struct um_err *err);

#endif
